package cli

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/internal/app"
	"github.com/unity-homelab/unity/internal/config"
)

func newServe(o *options) *cobra.Command {
	command := &cobra.Command{
		Use:   "serve",
		Short: "Collect, keep and show (the default)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := o.config()
			if err != nil {
				return err
			}
			var level slog.LevelVar
			logger, err := o.logger(settings.Log, &level)
			if err != nil {
				return err
			}
			origins, err := config.Origins(o.input())
			if err != nil {
				return err
			}
			o.saveMemory()
			return app.Serve(cmd.Context(), app.Settings{
				Config: settings, Plugins: o.program.Plugins, Version: Version(), Log: logger, Level: &level, Origins: origins, File: config.FileName(o.input()),
				Announce: func(told app.Announcement) { announce(cmd.OutOrStdout(), told) },
			})
		},
	}
	command.Flags().StringVar(&o.listen, "listen", "", "address and port of the web interface (default: :8080)")
	return command
}

// announce says where Unity is and, on the first start, how to get in.
func announce(w io.Writer, told app.Announcement) {
	fmt.Fprintf(w, "Unity is at %s\n", told.Address)
	if told.SetupCode != "" {
		fmt.Fprintf(w, "Make the first account there with the setup code %s\n", told.SetupCode)
	}
}

// logger returns a logger from a level on, which may be changed later.
func (o *options) logger(settings config.Log, level *slog.LevelVar) (*slog.Logger, error) {
	first, err := settings.SlogLevel()
	if err != nil {
		return nil, err
	}
	level.Set(first)
	handlerOptions := &slog.HandlerOptions{Level: level}
	if settings.Format == "json" {
		return slog.New(slog.NewJSONHandler(o.program.Stderr, handlerOptions)), nil
	}
	return slog.New(slog.NewTextHandler(o.program.Stderr, handlerOptions)), nil
}
