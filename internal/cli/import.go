package cli

import (
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/app"
)

func newImport(o *options) *cobra.Command {
	command := &cobra.Command{
		Use:   "import FILE|-",
		Short: "Put everything of an archive into an empty database",
		Long: "Import reads the whole archive first, and refuses one that is truncated or damaged before it changes anything.\n" +
			"Then it fills the database that the settings name, which must be empty or not there yet, and compares what is\n" +
			"in it with what the archive holds. No server may run. An import that was interrupted begins again from the\n" +
			"start when it is run again.",
		Example: "  unity import unity.archive\n  DATABASE_URL=postgres://unity@db/unity unity import unity.archive",
		Args:    cobra.ExactArgs(1),
	}
	asJSON := command.Flags().Bool("json", false, "print what was imported as JSON")
	command.RunE = func(cmd *cobra.Command, args []string) (err error) {
		o.saveMemory()
		settings, err := o.config()
		if err != nil {
			return err
		}
		archive, done, err := openArchive(cmd.InOrStdin(), args[0])
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, done()) }()
		step, end := o.steps()
		tallies, err := app.ImportDatabase(cmd.Context(), settings, archive, step)
		end()
		if err != nil {
			return err
		}
		return printTallies(cmd.OutOrStdout(), settings.DatabaseName(), tallies, *asJSON)
	}
	return command
}

// openArchive opens a file that can be read twice. Standard input is kept in a
// file meanwhile, for it cannot.
func openArchive(stdin io.Reader, name string) (archive *os.File, done func() error, err error) {
	if name != standard {
		archive, err := os.Open(name)
		if err != nil {
			return nil, nil, fault.As(fault.Config, err, "opening the archive")
		}
		return archive, archive.Close, nil
	}
	spool, err := os.CreateTemp("", "unity-*.archive")
	if err != nil {
		return nil, nil, fault.As(fault.Config, err, "making a file for what comes in").
			WithHint("It is made in the folder that TMPDIR names.")
	}
	done = func() error { return errors.Join(spool.Close(), os.Remove(spool.Name())) }
	if _, err := io.Copy(spool, stdin); err != nil {
		return nil, nil, errors.Join(fault.Wrap(err, "keeping what comes in in %s", spool.Name()), done())
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return nil, nil, errors.Join(fault.Wrap(err, "reading what came in"), done())
	}
	return spool, done, nil
}
