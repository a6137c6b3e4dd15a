package api

import (
	"bufio"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/metric"
)

// family is everything of one name that is scraped.
type family struct {
	help, kind string
	lines      []string
}

// serveMetrics answers a scrape: the latest of every source, and Unity's own
// figures. A source whose last run did not succeed says so by its metric up; its
// older values are left out, for a scrape stands for now.
func (s *server) serveMetrics(w http.ResponseWriter, r *http.Request) {
	families := make(map[string]*family)
	who := visitOf(r.Context()).who
	for _, source := range s.Sources.List() {
		if !who.Sees(string(source.ID)) || !source.Enabled {
			continue
		}
		s.scrape(families, source)
	}
	if !who.Restricted() {
		s.scrapeOwn(families, r)
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	out := bufio.NewWriter(w)
	names := make([]string, 0, len(families))
	for name := range families {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		each := families[name]
		if each.help != "" {
			_, _ = out.WriteString("# HELP " + name + " " + helpEscaper().Replace(each.help) + "\n")
		}
		_, _ = out.WriteString("# TYPE " + name + " " + each.kind + "\n")
		for _, line := range each.lines {
			_, _ = out.WriteString(line)
		}
	}
	_ = out.Flush() // the client may be gone; there is nobody left to tell
}

func (s *server) scrape(families map[string]*family, source inventory.Source) {
	p, err := s.Sources.Plugin(source.Plugin)
	if err != nil {
		return
	}
	m := p.Manifest()
	own := []metric.Label{{Name: "host", Value: string(source.Host)}, {Name: "source", Value: string(source.ID)}}
	state, known := s.Latest.State(source.ID)
	if !known || state.LastRun.IsZero() {
		return
	}
	up := 0.0
	if state.Failures == 0 {
		up = 1
	}
	put(families, "up", "Whether the last run of the source succeeded.", "gauge", own, up)
	if state.Failures > 0 {
		return
	}
	_, samples, _ := s.Latest.Latest(source.ID)
	for _, sample := range samples {
		definition, declared := m.Metric(sample.Name)
		if !declared {
			continue
		}
		put(families, sample.Name, definition.Help, string(definition.Kind), append(slices.Clone(own), sample.Labels...), sample.Value)
	}
}

// scrapeOwn adds how Unity itself is doing.
func (s *server) scrapeOwn(families map[string]*family, r *http.Request) {
	health := s.System.Health(r.Context())
	for _, each := range []struct {
		name, help, kind string
		value            float64
	}{
		{"unity_uptime_seconds", "How long Unity has been running.", "gauge", health.UptimeSeconds},
		{"unity_memory_bytes", "What the program takes of the machine, as far as its runtime knows.", "gauge", float64(health.MemoryBytes)},
		{"unity_goroutines", "Goroutines of the program.", "gauge", float64(health.Goroutines)},
		{"unity_schedule_running", "Runs at this moment.", "gauge", float64(health.Schedule.Running)},
		{"unity_schedule_waiting", "Runs that are due and wait for a place.", "gauge", float64(health.Schedule.Waiting)},
		{"unity_schedule_stuck", "Calls that ignored their deadline and have not ended.", "gauge", float64(health.Schedule.Stuck)},
		{"unity_schedule_lag_seconds", "The longest that a run started after it was due, within the last minute.", "gauge", health.Schedule.LagSeconds},
		{"unity_schedule_runs_total", "Runs that ended.", "counter", float64(health.Schedule.Runs)},
		{"unity_schedule_abandoned_total", "Runs that ignored their deadline.", "counter", float64(health.Schedule.Abandoned)},
		{"unity_schedule_panicked_total", "Runs that panicked.", "counter", float64(health.Schedule.Panicked)},
		{"unity_schedule_skipped_total", "Times at which a source was still busy.", "counter", float64(health.Schedule.Skipped)},
		{"unity_journal_bytes", "Size of the journal.", "gauge", float64(health.Queues.JournalBytes)},
		{"unity_open_samples", "Samples that are not in the database yet.", "gauge", float64(health.Queues.OpenSamples)},
		{"unity_lost_samples_total", "Samples that gave way.", "counter", float64(health.Queues.LostSamples)},
	} {
		put(families, each.name, each.help, each.kind, nil, each.value)
	}
	if health.Database != nil {
		put(families, "unity_database_bytes", "Size of the database.", "gauge", nil, float64(health.Database.Bytes))
		put(families, "unity_database_series", "Series that are known.", "gauge", nil, float64(health.Database.Series))
	}
	put(families, "unity_build_info", "What runs here.", "gauge", []metric.Label{{Name: "version", Value: health.Version}}, 1)
}

func helpEscaper() *strings.Replacer { return strings.NewReplacer(`\`, `\\`, "\n", `\n`) }

func labelEscaper() *strings.Replacer {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
}

func put(families map[string]*family, name, help, kind string, labels []metric.Label, value float64) {
	of := families[name]
	if of == nil {
		of = &family{help: help, kind: kind}
		families[name] = of
	}
	var line strings.Builder
	line.WriteString(name)
	escaper := labelEscaper()
	for i, label := range labels {
		line.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		line.WriteString(label.Name + `="` + escaper.Replace(label.Value) + `"`)
	}
	if len(labels) > 0 {
		line.WriteByte('}')
	}
	line.WriteString(" " + strconv.FormatFloat(value, 'g', -1, 64) + "\n")
	of.lines = append(of.lines, line.String())
}
