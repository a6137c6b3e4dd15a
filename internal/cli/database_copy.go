package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/app"
)

func newDatabaseCopy(o *options) *cobra.Command {
	var from, to string
	command := &cobra.Command{
		Use:   "copy --to URL",
		Short: "Copy everything into an empty database of any kind",
		Long: "Copy puts everything that one database holds into another, which must be empty, and compares counts and\n" +
			"checksums of both at the end. The old one stays as it is. No server may run on either.\n\n" +
			"What a database server does not have yet is in the journal, in the data folder of the Unity that uses it: run\n" +
			"this command there, or name that folder with --data. SQLite has its journal beside its file.\n\n" +
			"A URL that begins with env: names a variable that holds it, so that no password is seen in the list of processes.",
		Example: "  unity database copy --to postgres://unity@db/unity\n  unity database copy --from postgres://unity@db/unity --to sqlite:///./unity.db\n" +
			"  unity database copy --to env:NEW_DATABASE_URL",
		Args: cobra.NoArgs,
	}
	command.Flags().StringVar(&from, "from", "", "the database to read (default: the one of the settings)")
	command.Flags().StringVar(&to, "to", "", "the empty database to fill")
	asJSON := command.Flags().Bool("json", false, "print what was copied as JSON")
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		o.saveMemory()
		settings, err := o.config()
		if err != nil {
			return err
		}
		if to == "" {
			return fault.New(fault.Config, "copying a database: nothing says where to").
				WithHint("Name an empty database: --to postgres://user:password@host/database")
		}
		for _, flag := range []*string{&from, &to} {
			if *flag, err = o.fromEnvironment(*flag); err != nil {
				return err
			}
		}
		step, end := o.steps()
		tallies, err := app.CopyDatabase(cmd.Context(), settings, from, to, step,
			func(note string) { fmt.Fprintln(cmd.ErrOrStderr(), "note:", note) })
		end()
		if err != nil {
			return err
		}
		settings.Database.URL = to
		if err := printTallies(cmd.OutOrStdout(), settings.DatabaseName(), tallies, *asJSON); err != nil || *asJSON {
			return err
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), "counts and checksums of both databases are equal; to use the new one, set database.url to it")
		return err
	}
	return command
}

// fromEnvironment returns what env:NAME stands for, and anything else as it is.
func (o *options) fromEnvironment(value string) (string, error) {
	name, named := strings.CutPrefix(value, "env:")
	if !named {
		return value, nil
	}
	for _, entry := range o.program.Environ {
		if content, found := strings.CutPrefix(entry, name+"="); found {
			return content, nil
		}
	}
	return "", fault.New(fault.Config, "there is no environment variable %s", name).WithHint("Set it to the URL of the database.")
}
