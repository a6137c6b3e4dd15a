package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/internal/app"
)

func newDatabaseInit(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Make Unity's tables in an empty database",
		Long: "Init makes the tables, and says what an administrator of the database server has to do when Unity may not.\n" +
			"unity serve does the same at its first start, unless database.migrate is manual. A database that has the tables\n" +
			"already stays as it is.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := o.config()
			if err != nil {
				return err
			}
			schema, err := app.InitDatabase(cmd.Context(), settings)
			if err != nil {
				return err
			}
			done := "has its tables already"
			if schema.Changed {
				done = "has its tables now"
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s (%s) %s: version %d\n", schema.Location, schema.Engine, done, schema.Version)
			return err
		},
	}
}

func newDatabaseMigrate(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the tables of an older Unity up to date",
		Long: "Migrate changes the tables to what this Unity needs. unity serve does the same at its start, unless\n" +
			"database.migrate is manual: then it refuses to start until this was done.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := o.config()
			if err != nil {
				return err
			}
			schema, err := app.MigrateDatabase(cmd.Context(), settings)
			if err != nil {
				return err
			}
			done := "is up to date"
			if schema.Changed {
				done = "was brought up to date"
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s (%s) %s: version %d\n", schema.Location, schema.Engine, done, schema.Version)
			return err
		},
	}
}

func newDatabaseUpgrade(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "upgrade",
		Short: "Move a PostgreSQL database over to TimescaleDB",
		Long: "Upgrade is for a database on PostgreSQL that got the extension TimescaleDB after Unity was set up on it. It moves\n" +
			"the samples into hypertables, which are packed as they age. It can be interrupted and run again; nothing is lost.\n" +
			"No server may run meanwhile.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := o.config()
			if err != nil {
				return err
			}
			told := o.progress("moving", "rows")
			err = app.UpgradeDatabase(cmd.Context(), settings, told.tell)
			told.end()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s uses TimescaleDB now\n", settings.DatabaseName())
			return err
		},
	}
}
