package app

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/dashboard"
	"github.com/unity-homelab/unity/internal/demo"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

// DemoUser is who may sign in to a demo.
const DemoUser = "demo"

// Demo serves a made-up homelab from a folder of its own, which it removes in the
// end. Of the settings it takes where to listen, the version and the log; nothing
// else that belongs to anybody is read or written.
func Demo(ctx context.Context, settings Settings, options demo.Options) (err error) {
	folder, err := os.MkdirTemp("", "unity-demo-")
	if err != nil {
		return fault.Wrap(err, "making a folder for the demo")
	}
	defer func() {
		if removed := os.RemoveAll(folder); err == nil {
			err = fault.Wrap(removed, "removing the folder of the demo")
		}
	}()
	options.Plugins = settings.Plugins
	lab := demo.New(options)
	own := config.Default()
	own.Data, own.Listen, own.Log = folder, settings.Config.Listen, settings.Config.Log
	own.Host.Name, own.Schedule.Detect = demo.HostName, false
	settings.Config, settings.Plugins, settings.File, settings.Origins, settings.Demo = own, lab.Plugins(), "", nil, true

	password := strings.ToLower(rand.Text()[:12])
	db, err := openNew(ctx, own)
	err = use(db, err, func(db *sqlstore.DB) error {
		if err := db.Load(ctx, "demo", lab.Items()); err != nil {
			return err
		}
		return furnish(ctx, settings, db, password)
	})
	if err != nil {
		return fault.Wrap(err, "making up a homelab")
	}
	announce := settings.Announce
	settings.Announce = func(told Announcement) {
		told.DemoPassword = password
		announce(told)
	}
	return Serve(ctx, settings)
}

// furnish makes the account of a demo, and dashboards that belong to it.
func furnish(ctx context.Context, settings Settings, db *sqlstore.DB, password string) error {
	sealer, err := newVault(settings.Config)
	if err != nil {
		return err
	}
	if _, err := newAccounts(settings, db, sealer).CreateAccount(ctx, DemoUser, password, auth.Admin); err != nil {
		return err
	}
	pages := dashboard.New(dashboard.Settings{
		Store: db.Dashboards(), Plugins: settings.Plugins, Hosts: db.Hosts, Now: time.Now,
		Parse: func(string) error { return nil }, // a test has parsed them
	})
	for _, document := range demo.Dashboards() {
		if _, err := pages.Create(ctx, DemoUser, document); err != nil {
			return err
		}
	}
	return nil
}
