// Package plugin is the contract between Unity and what it watches.
//
// A plugin is a kind of thing that can be watched. It lives through five steps:
//
//  1. Define: the plugin declares itself with a [Manifest] (its metrics, panels,
//     tables, rules, the rights it needs), a typed config with defaults, and a
//     function that opens a collector.
//  2. Detect (optional): asked on first start and when a person looks for things
//     to watch, it says from cheap local evidence what there is, with a config.
//  3. Open: a valid config and a [Host] become a [Collector]. Nothing is
//     contacted yet that may be away. A collector is reused for as long as its
//     config stays the same; connections stay open.
//  4. Check (optional, see [Checker]): can the target be reached with this
//     config? Asked before a config is saved.
//  5. Collect: once per interval, into a [Batch]. At the end the collector is
//     closed, if it is an io.Closer.
//
// A collector touches the world through its Host only, so that it can be tested
// on recorded answers; package plugintest does that with one call.
package plugin

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// Collector takes the measurements of one source.
//
// Collect is called by one goroutine at a time. It returns when ctx ends. What
// it put into the batch before it returns an error is thrown away; a source
// that could deliver most of its data reports the rest with [Batch.Problem] and
// returns nil.
type Collector interface {
	Collect(ctx context.Context, out *Batch) error
}

// Checker is a collector that can tell whether its target can be reached
// without measuring anything. Without it, one collection is the check.
type Checker interface {
	Check(ctx context.Context) error
}

// Finding is something that could be watched.
type Finding struct {
	// Name tells findings of one plugin apart, such as a container's name. It
	// becomes part of the source's ID; empty for the one and only.
	Name string
	// Config is what the source would be configured with; defaults may be left
	// out.
	Config any
	// Evidence says in a few words why Unity thinks so: "socket /run/docker.sock".
	Evidence string
	// Ready means that the source needs nothing more, credentials least of all,
	// and may start by itself.
	Ready bool
	// Missing says what the user has to add when Ready is false.
	Missing string
}

// Plugin is a defined plugin. The zero value is not usable; make one with Define.
type Plugin struct {
	manifest Manifest
	config   *configType
	open     func(ctx context.Context, config json.RawMessage, host Host) (Collector, error)
	detect   func(ctx context.Context, host Host) ([]Finding, error)
}

// Option adds an optional ability to a plugin.
type Option func(*Plugin)

// WithDetect adds the search for things to watch. It must be cheap, local, and
// must never send credentials.
func WithDetect(detect func(ctx context.Context, host Host) ([]Finding, error)) Option {
	return func(p *Plugin) { p.detect = detect }
}

// Define makes a plugin from its manifest, the defaults of its config and the
// function that opens a collector with a valid config.
//
// C is a struct. Its fields are the settings; their tags say the rest:
//
//	json:"timeout"      the name, in snake_case
//	title:"Timeout"     the label in the form
//	help:"One sentence that says what it is for."
//	required:"true"     it must be given, and not be empty
//	enum:"auto,v4,v6"   the values it may have
//	min:"1" max:"60"    bounds of a number, a duration (min:"1s"), the length of
//	                    a text, or the number of elements of a list
//	pattern:"^[a-z]+$"  what a text looks like
//	format:"uri"        what sort of text it is
//	example:"10.0.0.1"  what could be typed
//	group:"advanced"    the section of the form
//
// Enum, pattern, format and example of a list or a map speak of its elements.
// Fields are texts, numbers, booleans, [Duration], [Secret], [Globs], structs
// (a group of settings), pointers to these (a setting that may be absent), and
// lists and maps of all these. An embedded struct puts its settings beside the
// others. A Validate() error method of C, or of a struct in it, is asked when
// the rest is right; it checks what involves more than one setting, and says
// where with [Invalid].
//
// Define panics when the config type is not well formed or the defaults hold a
// secret: that is a mistake in the source, which the plugin's own test finds.
func Define[C any](m Manifest, defaults C, open func(context.Context, C, Host) (Collector, error), options ...Option) Plugin {
	known := newConfigType(m.ID, defaults)
	p := Plugin{
		manifest: m.withDefaults(),
		config:   known,
		open: func(ctx context.Context, raw json.RawMessage, host Host) (Collector, error) {
			var config C
			if err := known.decode(raw, &config); err != nil {
				return nil, err
			}
			return open(ctx, config, host)
		},
	}
	for _, option := range options {
		option(&p)
	}
	return p
}

// ID returns the plugin's ID.
func (p Plugin) ID() string { return p.manifest.ID }

// Manifest returns what the plugin declares about itself.
func (p Plugin) Manifest() Manifest { return p.manifest }

// Documented returns the plugin with its documentation, in Markdown.
func (p Plugin) Documented(text string) Plugin {
	p.manifest.Documentation = text
	return p
}

// Posed returns the plugin as it shows things that are not there: with everything
// that it declares, and another way to open it. It looks for nothing.
func (p Plugin) Posed(open func(ctx context.Context, config json.RawMessage, host Host) (Collector, error)) Plugin {
	p.open, p.detect = open, nil
	return p
}

// Open makes a collector. The config is validated first; host is all that the
// collector may touch.
func (p Plugin) Open(ctx context.Context, config json.RawMessage, host Host) (Collector, error) {
	if err := p.Validate(config); err != nil {
		return nil, err
	}
	return p.open(ctx, config, host)
}

// CanDetect reports whether the plugin can look for things to watch.
func (p Plugin) CanDetect() bool { return p.detect != nil }

// Detect looks for things to watch. It finds nothing when the plugin cannot.
func (p Plugin) Detect(ctx context.Context, host Host) ([]Finding, error) {
	if p.detect == nil {
		return nil, nil
	}
	return p.detect(ctx, host)
}

// Find returns the plugin that a person may have meant: docker-monitor and docker
// are docker_monitor.
func Find(plugins []Plugin, typed string) (Plugin, error) {
	id := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(typed)), "-", "_")
	for _, p := range plugins {
		if p.ID() == id || p.ID() == id+"_monitor" || Folder(p.ID()) == id {
			return p, nil
		}
	}
	return Plugin{}, fault.New(fault.NotFound, "there is no plugin %q", typed).
		WithHint("unity plugins list shows every plugin")
}

// Folder returns the folder and package that a plugin lives in: vpn_mesh_monitor
// is in vpnmesh.
func Folder(id string) string {
	return strings.ReplaceAll(strings.TrimSuffix(id, "_monitor"), "_", "")
}
