package homeassistant

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lenient"
)

// Bounds of what is kept of the entities.
const (
	maxAway     = 500
	maxExported = 200
	maxDomains  = 30
)

// The states of an entity that does not tell anything.
const (
	unavailable = "unavailable"
	unknown     = "unknown"
)

// The entities in which Home Assistant tells of its backups, since 2025.
const (
	lastBackup    = "sensor.backup_last_successful_automatic_backup"
	nextBackup    = "sensor.backup_next_scheduled_automatic_backup"
	backupManager = "sensor.backup_backup_manager_state"
)

// entity is a thing that has a state, with those attributes that are looked at.
type entity struct {
	ID         string       `json:"entity_id"`
	State      lenient.Text `json:"state"`
	Changed    moment       `json:"last_changed"`
	Attributes struct {
		Name      lenient.Text `json:"friendly_name"`
		Class     lenient.Text `json:"device_class"`
		Unit      lenient.Text `json:"unit_of_measurement"`
		Installed lenient.Text `json:"installed_version"`
		Latest    lenient.Text `json:"latest_version"`
		Title     lenient.Text `json:"title"`
		Picture   lenient.Text `json:"entity_picture"`
		Restored  lenient.Flag `json:"restored"`
	} `json:"attributes"`
}

// moment is a time, or none.
type moment struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler. What is no time is none.
func (m *moment) UnmarshalJSON(raw []byte) error {
	m.Time = time.Time{}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		m.Time = parseTime(text)
	}
	return nil
}

// parseTime reads a time as Home Assistant writes it; zero where it is none.
func parseTime(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.Year() < 2000 || at.Year() > 9000 {
		return time.Time{}
	}
	return at.UTC()
}

// counts are how many entities of a domain there are.
type counts struct{ all, unavailable, unknown float64 }

// away is an entity that does not tell anything.
type away struct {
	ID       string
	Name     string
	Since    time.Time
	Restored bool
}

// update is something that can be updated.
type update struct {
	Name      string
	Kind      string
	Installed string
	Latest    string
}

// battery is one that is low.
type battery struct {
	Name  string
	Ratio *float64 // nil where it says only that it is low
}

// exported is a value that is kept.
type exported struct {
	ID, Unit, Class string
	Value           float64
}

// entities is what is seen of all of them.
type entities struct {
	domains     map[string]*counts
	automations map[string]float64
	away        []away
	updates     []update
	low         []battery
	least       *float64 // of the charges
	batteries   bool
	exported    []exported
	last, next  time.Time // backups
	manager     string
}

func updateKinds() []string { return []string{"core", "os", "supervisor", "addon", "other"} }

// readEntities reads the states of all entities while they arrive; there may be
// megabytes of them.
func (c *collector) readEntities(ctx context.Context, now time.Time) (*entities, error) {
	all := newEntities()
	err := explain(c.Stream(ctx, fetch.Request{Path: "/api/states"}, fetch.Stream{Lists: fetch.Lists{
		"": fetch.Each(func(one entity) { all.add(one, c.config, now) }),
	}}))
	all.sort()
	return all, err
}

func newEntities() *entities {
	return &entities{
		domains:     make(map[string]*counts),
		automations: map[string]float64{"on": 0, "off": 0, unavailable: 0},
	}
}

// sort puts those that are away for the shortest time first, and the emptiest
// batteries.
func (all *entities) sort() {
	slices.SortStableFunc(all.away, func(a, b away) int { return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.ID, b.ID)) })
	slices.SortStableFunc(all.low, func(a, b battery) int {
		return cmp.Or(cmp.Compare(a.charge(), b.charge()), cmp.Compare(a.Name, b.Name))
	})
}

func (b battery) charge() float64 {
	if b.Ratio == nil {
		return 0
	}
	return *b.Ratio
}

// add looks at one entity.
func (all *entities) add(one entity, config config, now time.Time) {
	domain, _, ok := strings.Cut(one.ID, ".")
	if !ok || domain == "" {
		return
	}
	count := all.domains[domain]
	if count == nil {
		count = new(counts)
		all.domains[domain] = count
	}
	count.all++
	state, name := string(one.State), plugin.Shorten(cmp.Or(string(one.Attributes.Name), one.ID), 100)
	if (state == unavailable || state == unknown) && !config.Ignore.Match(one.ID) && !now.Before(one.Changed.Add(config.Grace.Std())) {
		if state == unknown {
			count.unknown++
		} else {
			count.unavailable++
			if len(all.away) < maxAway {
				all.away = append(all.away, away{plugin.Shorten(one.ID, 120), name, one.Changed.Time, bool(one.Attributes.Restored)})
			}
		}
	}
	if config.Export.Match(one.ID) {
		all.export(one)
	}
	switch {
	case domain == "automation":
		if _, known := all.automations[state]; known {
			all.automations[state]++
		}
	case domain == "update" && state == "on" && len(all.updates) < maxAway:
		all.updates = append(all.updates, update{
			Name: plugin.Shorten(cmp.Or(string(one.Attributes.Title), name), 100), Kind: one.updates(),
			Installed: plugin.Shorten(string(one.Attributes.Installed), 60), Latest: plugin.Shorten(string(one.Attributes.Latest), 60),
		})
	case one.Attributes.Class == "battery":
		all.addBattery(domain, state, name, config.Battery)
	case one.ID == lastBackup:
		all.last = parseTime(state)
	case one.ID == nextBackup:
		all.next = parseTime(state)
	case one.ID == backupManager && state != unavailable && state != unknown:
		all.manager = plugin.Shorten(state, 40)
	}
}

// addBattery looks at what tells of a battery: how full it is, or that it is low.
func (all *entities) addBattery(domain, state, name string, limit float64) {
	switch domain {
	case "sensor":
		percent, err := strconv.ParseFloat(state, 64)
		if err != nil || percent < 0 || percent > 100 {
			return
		}
		all.batteries = true
		ratio := percent / 100
		if all.least == nil || ratio < *all.least {
			all.least = &ratio
		}
		if ratio < limit && len(all.low) < maxAway {
			all.low = append(all.low, battery{name, &ratio})
		}
	case "binary_sensor":
		all.batteries = all.batteries || state == "on" || state == "off"
		if state == "on" && len(all.low) < maxAway {
			all.low = append(all.low, battery{name, nil})
		}
	}
}

// export keeps the value of an entity.
func (all *entities) export(one entity) {
	var value float64
	switch state := string(one.State); state {
	case "on":
		value = 1
	case "off":
	default:
		var err error
		if value, err = strconv.ParseFloat(state, 64); err != nil || value != value || value > 1e300 || value < -1e300 {
			return
		}
	}
	if len(all.exported) < maxExported && !slices.ContainsFunc(all.exported, func(e exported) bool { return e.ID == one.ID }) {
		all.exported = append(all.exported, exported{one.ID, plugin.Shorten(string(one.Attributes.Unit), 30), plugin.Shorten(string(one.Attributes.Class), 40), value})
	}
}

// updates is what an update is of.
func (e entity) updates() string {
	switch title := string(e.Attributes.Title); {
	case title == "Home Assistant Core":
		return "core"
	case title == "Home Assistant Operating System":
		return "os"
	case title == "Home Assistant Supervisor":
		return "supervisor"
	case strings.HasPrefix(string(e.Attributes.Picture), "/api/hassio/addons/"):
		return "addon"
	default:
		return "other"
	}
}

// largest are the domains with most entities; the others are taken together.
func (all *entities) largest() []domain {
	list := make([]domain, 0, len(all.domains))
	for name, count := range all.domains {
		list = append(list, domain{plugin.Shorten(name, 60), *count})
	}
	slices.SortFunc(list, func(a, b domain) int { return cmp.Or(cmp.Compare(b.all, a.all), cmp.Compare(a.Name, b.Name)) })
	if len(list) <= maxDomains {
		return list
	}
	others := domain{Name: "other"}
	for _, one := range list[maxDomains:] {
		others.all += one.all
		others.unavailable += one.unavailable
		others.unknown += one.unknown
	}
	return append(list[:maxDomains:maxDomains], others)
}

// domain is one, with its counts.
type domain struct {
	Name string
	counts
}
