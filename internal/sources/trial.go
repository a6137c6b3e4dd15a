package sources

import (
	"cmp"
	"context"
	"encoding/json"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/schedule"
	"github.com/unity-homelab/unity/plugin"
)

// Trial is what a config would give.
type Trial struct {
	Duration time.Duration
	Batch    *plugin.Batch
	// Err is why there is no batch.
	Err error
	// Problems are what is missing in the batch, in words that name no secret.
	Problems []error
}

// Try collects once with a config and keeps nothing. When id names a source,
// secrets shown as stars are taken from it. A config that is not valid is an
// error; a target that does not answer is part of the trial.
func (s *Service) Try(ctx context.Context, pluginID string, id inventory.SourceID, config json.RawMessage) (Trial, error) {
	p, err := s.Plugin(pluginID)
	if err != nil {
		return Trial{}, err
	}
	config = cmpRaw(config)
	source := inventory.Source{ID: cmp.Or(id, "trial")}
	if existing, err := s.Get(id); err == nil && existing.Plugin == p.ID() {
		source, config = existing, p.Unredact(existing.Config, config)
	}
	if problems := configProblems(p.Validate(config)); problems != nil {
		return Trial{}, problems
	}
	ctx, cancel := context.WithTimeout(ctx, timeoutOf(p, source))
	defer cancel()
	start := s.Now()
	batch, err := schedule.Try(ctx, p, config, s.HostFor(source, p.Manifest()))
	trial := Trial{Duration: s.Now().Sub(start), Batch: batch, Err: err}
	if batch != nil {
		for _, problem := range batch.Problems() {
			trial.Problems = append(trial.Problems, p.HideIn(config, problem))
		}
	}
	return trial, nil
}

// Detection is something that could be watched.
type Detection struct {
	Plugin plugin.Plugin
	plugin.Finding
	Config json.RawMessage
	// Source is the one that watches it already, or empty.
	Source inventory.SourceID
}

// detectTimeout bounds the search of one plugin.
const detectTimeout = 2 * time.Second

// Detect asks every plugin what there is to watch. A plugin that cannot tell is
// left out and logged.
func (s *Service) Detect(ctx context.Context) []Detection {
	ctx, cancel := context.WithTimeout(ctx, detectTimeout)
	defer cancel()
	found := make([][]Detection, len(s.Plugins))
	var searching sync.WaitGroup
	for n, p := range s.Plugins {
		if !p.CanDetect() || !p.Manifest().Supported() {
			continue
		}
		searching.Go(func() { found[n] = s.detect(ctx, p) })
	}
	searching.Wait()
	return slices.Concat(found...)
}

func (s *Service) detect(ctx context.Context, p plugin.Plugin) []Detection {
	findings, err := s.find(ctx, p)
	if err != nil {
		s.Log.Info("plugin cannot look for things to watch", "plugin", p.ID(), "reason", err)
		return nil
	}
	var found []Detection
	for _, finding := range findings {
		config, err := json.Marshal(finding.Config)
		if err != nil || string(config) == "null" {
			config = json.RawMessage("{}")
		}
		found = append(found, Detection{Plugin: p, Finding: finding, Config: config, Source: s.watching(p.ID(), config)})
	}
	return found
}

// find asks a plugin and turns a panic into an error of that plugin.
func (s *Service) find(ctx context.Context, p plugin.Plugin) (found []plugin.Finding, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			s.Log.Error("plugin panicked while it looked for things to watch", "plugin", p.ID(), "panic", reason, "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "the plugin panicked: %v", reason)
		}
	}()
	return p.Detect(ctx, s.HostFor(inventory.Source{ID: "detect", Plugin: p.ID()}, p.Manifest()))
}

// watching returns the source of the plugin that watches what the config names.
// Without a target in the config, any source of the plugin does.
func (s *Service) watching(pluginID string, config json.RawMessage) inventory.SourceID {
	for _, source := range s.List() {
		if source.Plugin == pluginID && (group(config) == "" || group(config) == group(source.Config)) {
			return source.ID
		}
	}
	return ""
}

// Adopt begins to watch everything that was detected and needs nothing more. It
// returns the names of what it began to watch.
func (s *Service) Adopt(ctx context.Context) ([]string, error) {
	var names []string
	for _, detection := range s.Detect(ctx) {
		if !detection.Ready || detection.Source != "" {
			continue
		}
		source, err := s.Create(ctx, Draft{
			Plugin: detection.Plugin.ID(), Name: strings.TrimSpace(detection.Name), Enabled: true,
			Config: detection.Config, Origin: inventory.Detected,
		})
		if err != nil {
			return names, fault.Wrap(err, "watching %s", detection.Plugin.Manifest().Name)
		}
		names = append(names, source.Name)
	}
	return names, nil
}
