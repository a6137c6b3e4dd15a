package cli

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/app"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/demo"
)

const maxDemoHistory = 31 * 24 * time.Hour

func newDemo(o *options) *cobra.Command {
	command := &cobra.Command{
		Use:   "demo",
		Short: "Show Unity with a made-up homelab",
		Long: "Demo starts Unity with a made-up homelab that has something for every plugin, and a week of its history,\n" +
			"to look at and to play with. It keeps everything in a temporary folder that is gone afterwards, and reads no\n" +
			"settings: a Unity that runs here, and its data, are not touched.",
		Args: cobra.NoArgs,
	}
	// A port of its own, and not for others: everybody who reads the screen can sign in.
	listen := command.Flags().String("listen", "127.0.0.1:8090", "address and port of the web interface")
	sources := command.Flags().Int("sources", 0, "at least this many sources (default: one homelab, some 80)")
	history := command.Flags().Duration("history", 7*24*time.Hour, "how far back measurements go")
	verbose := command.Flags().Bool("verbose", false, "log as serve does")
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		if *sources < 0 || *sources > 2000 {
			return fault.New(fault.Config, "--sources %d is not between 0 and 2000", *sources)
		}
		if *history < time.Hour || *history > maxDemoHistory {
			return fault.New(fault.Config, "--history %v is not between 1h and %v", *history, maxDemoHistory)
		}
		settings := config.Default()
		settings.Listen = *listen
		if problems := settings.Validate(); problems != nil {
			return problems
		}
		logger := slog.New(slog.DiscardHandler)
		if *verbose {
			logger = slog.New(slog.NewTextHandler(o.program.Stderr, nil))
		}
		o.saveMemory()
		fmt.Fprintln(cmd.OutOrStdout(), "Making up a homelab and its history…")
		return app.Demo(cmd.Context(), app.Settings{
			Config: settings, Version: Version(), Log: logger, Plugins: o.program.Plugins,
			Announce: func(told app.Announcement) { announceDemo(cmd.OutOrStdout(), told) },
		}, demo.Options{Sources: *sources, History: *history})
	}
	return command
}

// announceDemo says where the demo is and how to get in.
func announceDemo(w io.Writer, told app.Announcement) {
	fmt.Fprintf(w, "The demo is at %s\nSign in as %s with the password %s\nCtrl-C ends it; nothing is kept.\n", told.Address, app.DemoUser, told.DemoPassword)
}
