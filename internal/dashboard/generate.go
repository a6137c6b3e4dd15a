package dashboard

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/plugin"
)

// What the IDs of generated dashboards begin with. Those of stored ones have no
// dot.
const (
	hostPrefix   = "host."
	pluginPrefix = "plugin."
)

func isGenerated(id string) bool { return strings.Contains(id, ".") }

// Sizes of generated dashboards.
const (
	panelsPerSource = 3 // on the page of a host
	panelWidth      = 4
	panelHeight     = 6
	titleHeight     = 1
)

// generated makes a dashboard for each host and for each plugin of which there
// is a source.
func (s *Service) generated(ctx context.Context) ([]Dashboard, error) {
	hosts, err := s.Hosts(ctx)
	if err != nil {
		return nil, err
	}
	sources := s.Sources()
	var all []Dashboard
	for _, host := range hosts {
		all = append(all, s.ofHost(host, sources))
	}
	for _, p := range s.Plugins {
		if d, ok := ofPlugin(p, sources); ok {
			all = append(all, d)
		}
	}
	return all, nil
}

// ofHost shows what is first of every source of a host, the host itself before
// the rest.
func (s *Service) ofHost(host inventory.Host, sources []inventory.Source) Dashboard {
	d := Dashboard{
		ID: hostPrefix + string(host.ID), Origin: Generated, Revision: 1, Created: host.Created.UTC(), Updated: host.Created.UTC(),
		Document: Document{
			Name: host.Name, Description: "What is watched on " + host.Name + ".", Tags: []string{"host"},
			RangeSeconds: 3600, Panels: []Panel{},
		},
	}
	order := plugin.Categories()
	type shown struct {
		source inventory.Source
		m      plugin.Manifest
	}
	var own []shown
	for _, source := range sources {
		if source.Host != host.ID {
			continue
		}
		if source.Updated.After(d.Updated) {
			d.Updated = source.Updated
		}
		p, err := plugin.Find(s.Plugins, source.Plugin)
		if err != nil || len(p.Manifest().Panels) == 0 {
			continue
		}
		own = append(own, shown{source, p.Manifest()})
	}
	slices.SortStableFunc(own, func(a, b shown) int {
		return slices.Index(order, a.m.Category) - slices.Index(order, b.m.Category)
	})
	page := pageOf(&d)
	for _, each := range own {
		panels := each.m.Panels[:min(len(each.m.Panels), panelsPerSource)]
		if len(d.Panels)+len(panels)+1 > maxPanels {
			break
		}
		page.title(string(each.source.ID), each.source.Name)
		for n, panel := range panels {
			page.add(fmt.Sprintf("%s-%d", each.source.ID, n+1), panel, each.m.ID, string(each.source.ID))
		}
	}
	return d
}

// ofPlugin shows every panel of a plugin for the sources that are chosen.
func ofPlugin(p plugin.Plugin, sources []inventory.Source) (Dashboard, bool) {
	m := p.Manifest()
	d := Dashboard{
		ID: pluginPrefix + m.ID, Origin: Generated, Revision: 1,
		Document: Document{
			Name: m.Name, Description: m.Summary, Tags: []string{"plugin", string(m.Category)}, RangeSeconds: 3600,
			Variables: []Variable{{Name: "source", Label: "Source", Kind: SourceVariable, Plugin: m.ID, Multiple: true}},
			Panels:    []Panel{},
		},
	}
	for _, source := range sources {
		if source.Plugin != m.ID {
			continue
		}
		if d.Created.IsZero() || source.Created.Before(d.Created) {
			d.Created = source.Created.UTC()
		}
		if source.Updated.After(d.Updated) {
			d.Updated = source.Updated.UTC()
		}
	}
	if d.Created.IsZero() || len(m.Panels) == 0 {
		return Dashboard{}, false
	}
	page := pageOf(&d)
	for n, panel := range m.Panels[:min(len(m.Panels), maxPanels)] {
		page.add(fmt.Sprintf("panel-%d", n+1), panel, m.ID, "$source")
	}
	return d, true
}

// page puts panels beside and below each other.
type page struct {
	d    *Dashboard
	x, y int
}

func pageOf(d *Dashboard) *page { return &page{d: d} }

// line begins a new line unless one was just begun.
func (p *page) line() {
	if p.x > 0 {
		p.x, p.y = 0, p.y+panelHeight
	}
}

func (p *page) title(id, name string) {
	p.line()
	p.d.Panels = append(p.d.Panels, Panel{
		ID: trim(id), Kind: Text, Text: "## " + escape(name), Grid: Grid{X: 0, Y: p.y, W: columns, H: titleHeight},
	})
	p.y += titleHeight
}

func (p *page) add(id string, from plugin.Panel, pluginID, source string) {
	width := panelWidth
	if from.Wide {
		width = columns
	}
	if p.x+width > columns {
		p.line()
	}
	p.d.Panels = append(p.d.Panels, panelOf(trim(id), from, pluginID, source, Grid{X: p.x, Y: p.y, W: width, H: panelHeight}))
	if p.x += width; p.x >= columns {
		p.line()
	}
}

// panelOf returns a panel of a plugin as one of a dashboard.
func panelOf(id string, from plugin.Panel, pluginID, source string, grid Grid) Panel {
	p := Panel{ID: id, Title: from.Title, Kind: Kind(from.Kind), Grid: grid, Unit: from.Unit, Min: from.Min, Max: from.Max, Help: from.Help, Levels: from.Levels}
	switch from.Kind {
	case plugin.Stacked:
		p.Kind, p.Stacked = Area, true
	case plugin.Timeline:
		p.Kind = Status
	}
	small := from.Warning != nil && from.Critical != nil && *from.Critical < *from.Warning
	if from.Warning != nil {
		p.Thresholds = append(p.Thresholds, Threshold{Value: *from.Warning, Level: Warning, Below: small})
	}
	if from.Critical != nil {
		p.Thresholds = append(p.Thresholds, Threshold{Value: *from.Critical, Level: Critical, Below: small})
	}
	for _, query := range from.Queries {
		match := map[string]string{"source": source}
		for name, value := range query.Match {
			match[name] = value
		}
		own := Query{
			Metric: query.Metric, Plugin: pluginID, Match: match, Legend: query.Legend, Top: query.Top, Negative: query.Negative,
		}
		if query.Rate {
			own.Func = Rate
		}
		p.Queries = append(p.Queries, own)
	}
	return p
}

// trim keeps an ID within its bounds. The end of it tells panels of a source
// apart.
func trim(id string) string {
	if len(id) > maxID {
		id = id[:maxID/2] + id[len(id)-maxID/2:]
	}
	return id
}

// escape returns text that Markdown shows as it is.
func escape(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune("\\`*_{}[]()<>#+-.!|~", r) {
			b.WriteByte('\\')
		}
		if r == '\n' || r == '\r' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}
