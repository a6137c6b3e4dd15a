// Package app builds every part of Unity and runs it. It is the only place that
// knows them all.
package app

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/api"
	"github.com/unity-homelab/unity/internal/cache"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/live"
	"github.com/unity-homelab/unity/internal/pipeline"
	"github.com/unity-homelab/unity/internal/promql"
	"github.com/unity-homelab/unity/internal/schedule"
	"github.com/unity-homelab/unity/internal/sourcefile"
	"github.com/unity-homelab/unity/internal/sources"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/web"
)

// Settings are what the program is started with.
type Settings struct {
	Config  config.Config
	Plugins []plugin.Plugin
	Version string
	// File is the settings file, which need not be there; empty when there is to be
	// none.
	File string
	// Origins says where each setting comes from; what is not in it has its default.
	Origins map[string]config.Origin
	Log     *slog.Logger
	// Level is from which level on Log writes, so that the setting log.level can be
	// changed while Unity runs; nil when it cannot.
	Level *slog.LevelVar
	// Announce is told once the web interface answers.
	Announce func(Announcement)
	// Demo says that what is shown is made up.
	Demo bool
}

// Announcement is what whoever starts Unity has to know.
type Announcement struct {
	// Address is where the web interface is.
	Address string
	// SetupCode makes the first account; empty when there is one.
	SetupCode string
	// DemoPassword is that of DemoUser; empty when this is no demo.
	DemoPassword string
}

// Serve runs Unity until ctx ends, then finishes what is running and returns.
func Serve(ctx context.Context, settings Settings) error {
	files := newFiles(settings.Config.Host)
	host := inventory.Host{
		ID:       inventory.HostID(hostName(settings.Config.Host, files)),
		Platform: runtime.GOOS + "/" + runtime.GOARCH,
		LastSeen: time.Now(),
	}
	host.Name = string(host.ID)

	if err := makeDataFolder(settings.Config.Data); err != nil {
		return err
	}
	db, err := openDatabase(ctx, settings.Config, settings.Log)
	if err != nil {
		return err
	}
	if db.Unfinished() {
		return errors.Join(fault.New(fault.Conflict, "the database has a part of the data only: an import into it, or a copy, was interrupted").
			WithHint("Run that again; it begins from the start."), db.Close())
	}
	err = serve(ctx, settings, db, files, host)
	if closeErr := db.Close(); err == nil {
		err = fault.Wrap(closeErr, "closing the database")
	}
	return err
}

func serve(ctx context.Context, settings Settings, db *sqlstore.DB, files plugin.Files, host inventory.Host) error {
	first, err := register(ctx, db, &host)
	if err != nil {
		return err
	}
	sealer, err := newVault(settings.Config)
	if err != nil {
		return err
	}
	accounts := newAccounts(settings, db, sealer)
	provider, err := newProvider(settings.Config.Auth.OIDC, sealer)
	if err != nil {
		return err
	}
	mirror, err := newMirror(ctx, settings, db)
	if err != nil {
		return err
	}
	latest := cache.New()
	if err := latest.Prime(ctx, db); err != nil {
		return fault.Wrap(err, "reading the latest of every source")
	}
	var scheduler *schedule.Scheduler
	hub := live.New(live.Config{Next: func(id inventory.SourceID) time.Time { return scheduler.Next(id) }})
	pipes := pipeline.New(db, pipeline.Config{Snapshots: db, Log: settings.Log}, mirror.sinks(latest, hub)...)
	world := world{name: host.Name, files: files, log: settings.Log}
	scheduler = schedule.New(schedule.Config{
		Concurrency: settings.Config.Schedule.Concurrency,
		PerGroup:    settings.Config.Schedule.PerHost,
		Host:        host.ID,
		Log:         settings.Log,
	}, sink{pipes}, world.hostFor)
	watched := sources.New(sources.Settings{
		Plugins: settings.Plugins, Store: sources.Seal(db, sealer, settings.Plugins), Notes: db.Notes(), Scheduler: scheduler, Teller: pipes,
		Forget:  func(id inventory.SourceID) { pipes.Forget(id); latest.Forget(id); mirror.forget(id) },
		HostFor: world.hostFor, Host: host.ID, Log: settings.Log, Now: time.Now,
	})
	system := &system{version: settings.Version, started: time.Now(), db: db, pipes: pipes, mirror: mirror, scheduler: scheduler}
	chosen, err := newPreferences(ctx, settings, db, watched)
	if err != nil {
		return err
	}
	file := sourcefile.New(sourcefile.Settings{
		File: settings.File, Sources: watched, Notes: db.Notes(), Sealer: sealer, Teller: pipes, Auto: settings.Config.Apply != config.ApplyManually,
		Log: settings.Log, Now: time.Now,
	})
	names := namesOf(host.Name, settings.Config.Hosts)
	queries := promql.New(queryOptions(settings.Config.Query, db, watched))
	handlers := api.New(api.Settings{
		Sources: watched, Plugins: settings.Plugins, Latest: latest, History: db, Series: db,
		Queries: queries, Dashboards: newDashboards(settings.Plugins, db, watched, queries), Live: hub, LiveLimits: liveLimits(settings.Config.Live), System: system,
		Preferences: chosen, File: file, Answers: answers{db.Answers()},
		Auth: accounts, Secrets: secrets{vault: sealer, watched: watched, accounts: accounts}, Proxy: api.Proxy{Trusted: settings.Config.Auth.TrustedPrefixes(), UserHeader: settings.Config.Auth.ProxyUserHeader},
		Web: web.FS(), Version: settings.Version, Hosts: names, Log: settings.Log, Now: time.Now, Elsewhere: provider, Demo: settings.Demo,
	})
	certificates, err := newCertificates(settings.Config, names)
	if err != nil {
		return err
	}
	address, socket, err := listeners(ctx, settings.Config)
	if err != nil {
		return err
	}
	if err := watched.Start(ctx); err != nil {
		return errors.Join(err, address.Close(), socket.Close())
	}
	if settings.File != "" {
		file.Look(ctx)
	}
	announcement := Announcement{Address: addressOf(ctx, address, certificates != nil)}
	if announcement.SetupCode, err = accounts.FirstCode(ctx); err != nil {
		return errors.Join(err, address.Close(), socket.Close())
	}

	// Storing outlives collecting, so that a run that is told of is kept.
	storing, stopStoring := context.WithCancel(context.WithoutCancel(ctx))
	defer stopStoring()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return db.Run(storing) })
	group.Go(func() error {
		defer stopStoring()
		return scheduler.Run(ctx)
	})
	group.Go(func() error { return watched.Run(ctx) })
	group.Go(func() error { return file.Run(ctx) })
	group.Go(func() error { return hub.Run(ctx) })
	group.Go(func() error { return system.Run(ctx) })
	group.Go(func() error { return mirror.run(ctx) })
	group.Go(func() error { return giveBack(ctx) })
	group.Go(func() error { return accounts.Run(ctx) })
	group.Go(func() error { return serveHTTP(ctx, traced(handlers.Web, settings.Log), address, certificates) })
	group.Go(func() error { return serveHTTP(ctx, traced(handlers.Socket, settings.Log), socket, nil) })
	if first && settings.Config.Schedule.Detect {
		adopt(ctx, watched, settings.Log)
	}
	settings.Announce(announcement)
	return group.Wait()
}
