package demo

import (
	"embed"
	"encoding/json"
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// likenesses is what a recorded thing of each built-in plugin was like, by the
// plugin's ID. `make likenesses` makes them from the cases of the plugins' tests.
//
//go:embed likenesses/*.json
var likenesses embed.FS

// likeness is what a plugin told of a recorded thing.
type likeness struct {
	Config   json.RawMessage `json:"config"`
	Now      time.Time       `json:"now"` // when it was asked
	Samples  []metric.Sample `json:"samples"`
	Snapshot any             `json:"snapshot"`
}

// likenessOf returns that of a plugin; false when there is none.
func likenessOf(id string) (likeness, bool) {
	raw, err := likenesses.ReadFile("likenesses/" + id + ".json")
	if err != nil {
		return likeness{}, false
	}
	var l likeness
	return l, json.Unmarshal(raw, &l) == nil
}

// posing returns a kind for each of some plugins that there is a likeness of.
func posing(plugins []plugin.Plugin) []kind {
	var all []kind
	for _, p := range plugins {
		l, ok := likenessOf(p.ID())
		if !ok {
			continue
		}
		posed := kind{
			manifest: p.Manifest(), posed: &p,
			config: p.ReplaceSecrets(l.Config, func(string) string { return "made up" }),
			lines:  func(t thing) []line { return l.lines(p.Manifest(), t) },
		}
		if l.Snapshot != nil {
			posed.document = func(t thing, at float64) any { return l.moved(l.Snapshot, t.start, at) }
		}
		all = append(all, posed)
	}
	return all
}

// lines brings what was recorded to life.
func (l likeness) lines(m plugin.Manifest, t thing) []line {
	var lines []line
	for _, sample := range l.Samples {
		definition, declared := m.Metric(sample.Name)
		if !declared {
			continue
		}
		var labels []string
		for _, label := range sample.Labels {
			labels = append(labels, label.Name, label.Value)
		}
		s := t.of(append([]string{sample.Name}, labels...)...)
		lines = append(lines, line{sample.Name, alive(definition, sample.Value, s, t, seconds(l.Now)), labels})
	}
	return lines
}

// moved returns a part of the snapshot with its moments where they belong in a demo.
func (l likeness) moved(value any, start, at float64) any {
	switch value := value.(type) {
	case map[string]any:
		all := make(map[string]any, len(value))
		for key, each := range value {
			all[key] = l.moved(each, start, at)
		}
		return all
	case []any:
		all := make([]any, len(value))
		for i, each := range value {
			all[i] = l.moved(each, start, at)
		}
		return all
	case string:
		if moment, err := time.Parse(time.RFC3339Nano, value); err == nil {
			moved := momentIn(seconds(moment), seconds(l.Now), start)(at)
			return time.Unix(int64(moved), 0).UTC().Format(time.RFC3339)
		}
	}
	return value
}

// momentIn returns where a moment of a recording is in a demo. What had just been,
// such as when something was last seen, comes along with the time; what was long
// ago or lay ahead stays.
func momentIn(moment, recorded, start float64) signal {
	if moment > recorded || moment < recorded-day {
		return always(moment + start - recorded)
	}
	return func(t float64) float64 { return moment + t - recorded }
}

// posing returns a source for each plugin that there is a likeness of.
func (l *Lab) posing() []source {
	var all []source
	for _, k := range l.kinds {
		if k.posed == nil {
			continue
		}
		name := k.manifest.ID
		all = append(all, source{
			id: plugin.Folder(name), kind: name, name: k.manifest.Name, host: machineOf(k.manifest.Category),
			config: config{Address: name, Mood: well}, tags: []string{string(k.manifest.Category)},
		})
	}
	return all
}

// machineOf returns on which machine of the lab things of a category are.
func machineOf(category plugin.Category) string {
	switch category {
	case plugin.Storage, plugin.Backup:
		return "nas"
	case plugin.Media:
		return "mediabox"
	default:
		return HostName
	}
}
