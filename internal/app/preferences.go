package app

import (
	"context"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/api"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/sources"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

// settingArea is where settings are kept that were changed while Unity ran.
const settingArea = "setting"

// preferences are Unity's own settings: those that it was started with, and
// above their defaults what was changed since. What a file, the environment or
// the command line says stands.
type preferences struct {
	started config.Config
	origins map[string]config.Origin
	db      *sqlstore.DB
	watched *sources.Service
	level   *slog.LevelVar

	mu      sync.Mutex
	changed map[string]string
	current config.Config
}

// newPreferences takes up what was changed before. What is not valid any more is
// left out, so that it keeps nobody from starting.
func newPreferences(ctx context.Context, settings Settings, db *sqlstore.DB, watched *sources.Service) (*preferences, error) {
	p := &preferences{
		started: settings.Config, origins: settings.Origins, db: db, watched: watched, level: settings.Level,
		changed: make(map[string]string), current: settings.Config,
	}
	kept, err := db.Notes().Notes(ctx, settingArea)
	if err != nil {
		return nil, fault.Wrap(err, "reading the settings that were changed")
	}
	for path, value := range kept {
		if p.why(path) != "" {
			continue
		}
		if err := p.wrong(path, value); err != nil {
			settings.Log.Warn("a changed setting is not used", "setting", path, "reason", err)
			continue
		}
		p.changed[path] = value
	}
	return p, p.use(ctx, p.changed)
}

// wrong returns what is wrong with a value of a setting, or nil.
func (p *preferences) wrong(path, value string) error {
	with, err := p.started.With(map[string]string{path: value})
	if err != nil {
		return err
	}
	for typed := range with.Schedule.IntervalOf() {
		if _, err := p.watched.Plugin(typed); err != nil {
			return err
		}
	}
	return nil
}

// use makes the settings with other values the current ones.
func (p *preferences) use(ctx context.Context, changed map[string]string) error {
	current, err := p.started.With(changed)
	if err != nil {
		return err
	}
	if err := p.watched.SetIntervals(ctx, current.Schedule.IntervalOf()); err != nil {
		return fault.Wrap(err, "using the setting schedule.intervals")
	}
	if level, err := current.Log.SlogLevel(); err == nil && p.level != nil {
		p.level.Set(level)
	}
	p.changed, p.current = changed, current
	storage := current.Storage
	p.db.SetLimits(sqlstore.Limits{
		Raw: storage.RawRetention.Std(), Runs: storage.RunRetention.Std(), Snapshots: storage.SnapshotRetention.Std(),
		Events: storage.EventRetention.Std(), MaxBytes: storage.MaxBytes.Bytes(), MaxWritePerDay: storage.MaxWritePerDay.Bytes(),
		Tiers: map[time.Duration]time.Duration{5 * time.Minute: storage.FineRetention.Std(), time.Hour: storage.HourlyRetention.Std()},
	})
	return nil
}

// why returns why a setting cannot be changed while Unity runs; "" when it can.
func (p *preferences) why(path string) string {
	switch origin := p.origins[path]; origin {
	case config.FromFile:
		return "unity.yaml sets it"
	case config.FromEnvironment:
		return "an environment variable sets it"
	case config.FromCommandLine:
		return "the command line sets it"
	}
	switch {
	case strings.HasPrefix(path, "storage.") && strings.HasSuffix(path, "_retention"),
		path == "storage.max_bytes", path == "storage.max_write_per_day", path == "schedule.intervals",
		path == "log.level" && p.level != nil:
		return ""
	}
	return "it takes effect at the start; write it into unity.yaml"
}

// Settings implements api.Preferences.
func (p *preferences) Settings() []api.Setting {
	p.mu.Lock()
	defer p.mu.Unlock()
	values := p.current.Written()
	var all []api.Setting
	for _, setting := range config.Paths() {
		one := api.Setting{
			Path: setting.Path, Value: values[setting.Path], Default: setting.Default, Help: setting.Help, Variable: setting.Variable,
			Origin: string(config.FromDefault), Why: p.why(setting.Path),
		}
		one.Changeable = one.Why == ""
		if origin, told := p.origins[setting.Path]; told {
			one.Origin = string(origin)
		} else if _, told := p.changed[setting.Path]; told {
			one.Origin = string(config.FromInterface)
		}
		all = append(all, one)
	}
	return all
}

// Change implements api.Preferences.
func (p *preferences) Change(ctx context.Context, values map[string]*string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	changed := maps.Clone(p.changed)
	known := make(map[string]bool)
	for _, setting := range config.Paths() {
		known[setting.Path] = true
	}
	var found sources.Invalid
	for path, value := range values {
		why := p.why(path)
		switch {
		case !known[path]:
			found = append(found, sources.Problem{Path: "values." + path, Message: "there is no such setting"})
		case why != "":
			found = append(found, sources.Problem{Path: "values." + path, Message: "cannot be changed here: " + why})
		case value == nil:
			delete(changed, path)
		default:
			if err := p.wrong(path, *value); err != nil {
				found = append(found, sources.Problem{Path: "values." + path, Message: cause(err, path)})
			}
			changed[path] = *value
		}
	}
	if len(found) > 0 {
		return found
	}
	for path, value := range values {
		var err error
		if value == nil {
			err = p.db.Notes().DeleteNote(ctx, settingArea, path)
		} else {
			err = p.db.Notes().SetNote(ctx, settingArea, path, *value)
		}
		if err != nil {
			return err
		}
	}
	return p.use(ctx, changed)
}

// cause returns what is wrong with one setting, without its name.
func cause(err error, path string) string {
	if _, rest, found := strings.Cut(err.Error(), path+": "); found {
		return rest
	}
	return err.Error()
}
