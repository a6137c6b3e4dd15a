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
	"bytes"
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
	config   configType
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
// C is a struct; see [Schema] for the tags of its fields. Define panics when
// the manifest or the config type is not well formed: that is a mistake in the
// source, which the plugin's own test finds.
func Define[C any](m Manifest, defaults C, open func(context.Context, C, Host) (Collector, error), options ...Option) Plugin {
	p := Plugin{
		manifest: m.withDefaults(),
		config:   newConfigType(m.ID, defaults),
		open: func(ctx context.Context, raw json.RawMessage, host Host) (Collector, error) {
			config, err := decode(raw, defaults)
			if err != nil {
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

// decode reads raw over a deep copy of the defaults. It expects raw to have
// passed validation and still refuses unknown keys.
func decode[C any](raw json.RawMessage, defaults C) (C, error) {
	var config C
	base, err := marshalConfig(defaults)
	if err != nil {
		return config, fault.As(fault.Internal, err, "copying the default config")
	}
	if err := json.Unmarshal(base, &config); err != nil {
		return config, fault.As(fault.Internal, err, "copying the default config")
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return config, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&config); err != nil {
		return config, fault.As(fault.Config, err, "reading the config")
	}
	return config, nil
}

// ID returns the plugin's ID.
func (p Plugin) ID() string { return p.manifest.ID }

// Manifest returns what the plugin declares about itself.
func (p Plugin) Manifest() Manifest { return p.manifest }

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

// CanonicalID returns the ID that a person may have meant: docker-monitor is
// docker_monitor.
func CanonicalID(typed string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(typed)), "-", "_")
}
