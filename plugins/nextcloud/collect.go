package nextcloud

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// sight is all that one collection saw. What was not told is nil.
type sight struct {
	status  *status
	info    *info
	updates *updates
}

// updates are what there is to update. They are asked for now and then, and told
// again until the next time.
type updates struct {
	At        time.Time `json:"at"`
	For       string    `json:"for"` // the version of Nextcloud then
	Installed *float64  `json:"installed,omitempty"`
	Available *float64  `json:"available,omitempty"`
	Apps      []app     `json:"apps,omitempty"`
	Server    *bool     `json:"server,omitempty"`
	Version   string    `json:"version,omitempty"`
}

// app is one with an update.
type app struct {
	ID      string `json:"app"`
	Version string `json:"version"`
}

const (
	// keyUpdates is where updates are kept over a restart of Unity.
	keyUpdates = "updates"
	// maxApps bounds the apps of the snapshot.
	maxApps = 200
	// updatesRest is how long they are left alone when asking went wrong.
	updatesRest = time.Hour
)

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	said, err := c.status(ctx)
	if err != nil {
		return err
	}
	s := &sight{status: said}
	if c.canAsk() && !said.Maintenance && !said.NeedsUpdate {
		s.info, err = c.info(ctx, false)
		switch kind := fault.Of(err); {
		case maintenance(err):
			said.Maintenance = true
		case kind == fault.Auth, kind == fault.RateLimited, kind == fault.Config, ctx.Err() != nil && err != nil:
			return err
		default:
			out.Problem(err)
		}
	}
	if s.info != nil {
		out.Problem(c.lookForUpdates(ctx, s))
	}
	s.emit(out)
	out.Problem(tell(c.host.State, s, out))
	out.SetSnapshot(s.document())
	return nil
}

// lookForUpdates asks for updates when it is time, or when Nextcloud was updated.
func (c *collector) lookForUpdates(ctx context.Context, s *sight) error {
	if !c.config.AppUpdates && !c.config.ServerUpdate {
		return nil
	}
	now, every := c.host.Now(), c.config.UpdatesEvery.Std()
	kept, known := plugin.Recall[updates](c.host.State, keyUpdates)
	if age := now.Sub(kept.At); known && age >= 0 && age < 2*every {
		s.updates = &kept
		if age < every && kept.For == s.status.Full {
			return nil
		}
	}
	if now.Before(c.missed.Add(updatesRest)) {
		return nil
	}
	said, err := c.info(ctx, true)
	if err != nil {
		c.missed = now
		return fault.Wrap(err, "looking for updates")
	}
	fresh := newUpdates(said, c.config)
	fresh.At, fresh.For = now, s.status.Full
	s.updates = fresh
	return plugin.Keep(c.host.State, keyUpdates, fresh)
}

// newUpdates takes of an answer what it says of updates. Before version 28 it has
// the apps always, and never says whether there is a newer Nextcloud.
func newUpdates(said *info, config config) *updates {
	u := new(updates)
	if apps := said.Nextcloud.System.Apps.Pointer(); apps != nil && config.AppUpdates {
		u.Installed, u.Available = apps.Installed.value(), apps.Available.value()
		if list := apps.Updates.Pointer(); list != nil {
			for id, version := range *list {
				u.Apps = append(u.Apps, app{ID: plugin.Shorten(id, 60), Version: plugin.Shorten(version, 40)})
			}
		}
		slices.SortFunc(u.Apps, func(a, b app) int { return cmp.Compare(a.ID, b.ID) })
		u.Apps = u.Apps[:min(len(u.Apps), maxApps)]
	}
	if update := said.Nextcloud.System.Update.Pointer(); update != nil && config.ServerUpdate {
		u.Server, u.Version = update.Available.Pointer(), plugin.Shorten(update.Version, 40)
	}
	return u
}
