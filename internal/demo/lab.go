package demo

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// Lab is the made-up homelab, as it is when a demo begins.
type Lab struct {
	start   float64
	zone    float64 // hours that local time is ahead of UTC
	history time.Duration
	sources int
	kinds   []kind
}

// Options say how much of a lab there is. The zero value of a field stands for
// its default.
type Options struct {
	// Start is when the demo begins; now.
	Start time.Time
	// History is how far back measurements go; a week.
	History time.Duration
	// Sources is how many there are at least; one lab, which are some 40 and one
	// for each of Plugins. More are copies, to see how Unity does with them.
	Sources int
	// Plugins are those of which there is a likeness besides.
	Plugins []plugin.Plugin
}

// New returns a lab.
func New(options Options) *Lab {
	if options.Start.IsZero() {
		options.Start = time.Now()
	}
	_, zone := options.Start.Zone()
	return &Lab{
		start: seconds(options.Start.Truncate(time.Second)), zone: float64(zone) / hour,
		history: cmp.Or(options.History, 7*24*time.Hour), sources: options.Sources,
		kinds: append(kinds(), posing(options.Plugins)...),
	}
}

func (l *Lab) kindOf(id string) kind {
	for _, k := range l.kinds {
		if k.manifest.ID == id {
			return k
		}
	}
	return kind{}
}

// HostName is the machine that the demo is said to run on.
const HostName = "homeserver"

// Plugins returns what the lab's sources are made with.
func (l *Lab) Plugins() []plugin.Plugin {
	var all []plugin.Plugin
	for _, k := range l.kinds {
		all = append(all, l.plugin(k))
	}
	return all
}

// host is a machine of the lab.
type host struct{ id, platform string }

func hosts() []host {
	return []host{
		{HostName, "linux/amd64"}, {"nas", "linux/amd64"}, {"mediabox", "linux/amd64"}, {"raspberrypi", "linux/arm64"}, {"offsite", "linux/amd64"},
	}
}

// source is one source of the lab.
type source struct {
	id, kind, name, host string
	config               config
	interval             time.Duration
	tags                 []string
	paused               bool
}

func (s source) raw(k kind) (json.RawMessage, error) {
	if k.posed != nil {
		return k.config, nil
	}
	return json.Marshal(s.config)
}
