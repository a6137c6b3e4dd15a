package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newConfig(o *options) *cobra.Command {
	command := &cobra.Command{Use: "config", Short: "Look at the settings"}
	command.AddCommand(&cobra.Command{
		Use:   "check",
		Short: "Check the settings and name every problem",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := o.config()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "the settings are good: data in %s, database %s, listening on %s\n",
				settings.Data, settings.DatabaseName(), settings.Listen)
			return err
		},
	}, newConfigDiff(o), newConfigApply(o), newConfigWrite(o))
	return command
}
