package cli

import (
	"net/http"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/internal/app"
	"github.com/unity-homelab/unity/internal/transfer"
)

func newDatabaseCheck(o *options) *cobra.Command {
	command := &cobra.Command{
		Use:   "check",
		Short: "Read everything in the database and say what is wrong with it",
		Long:  "Check asks the running server, which goes on working. When none runs, it opens the database itself.",
		Args:  cobra.NoArgs,
	}
	asJSON := command.Flags().Bool("json", false, "print what the database holds as JSON")
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		settings, err := o.config()
		if err != nil {
			return err
		}
		var tallies []transfer.Tally
		if app.Running(cmd.Context(), settings) {
			c, err := o.client()
			if err != nil {
				return err
			}
			var answer struct{ Sections []transfer.Tally }
			if err := c.call(cmd.Context(), http.MethodPost, "/database/check", &answer); err != nil {
				return err
			}
			tallies = answer.Sections
		} else {
			told := o.progress("reading", "series")
			tallies, err = app.CheckDatabase(cmd.Context(), settings, told.tell)
			told.end()
			if err != nil {
				return err
			}
		}
		return printTallies(cmd.OutOrStdout(), "the database is good; "+settings.DatabaseName(), tallies, *asJSON)
	}
	return command
}

func newDatabaseBackup(o *options) *cobra.Command {
	command := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a backup of everything while the server runs",
		Long: "Backup writes an archive as unity export does, and reads it again from the disk. unity import puts it back, also\n" +
			"into a database of another kind. It holds the secrets of the sources: keep it where nobody else can read it. Where\n" +
			"they are sealed, the key is not in it.",
		Example: "  unity database backup /mnt/backup/unity-$(date +%F).archive",
		Args:    cobra.ExactArgs(1),
	}
	asJSON := command.Flags().Bool("json", false, "print what the backup holds as JSON")
	command.RunE = func(cmd *cobra.Command, args []string) error {
		o.saveMemory()
		return o.export(cmd, args[0], *asJSON)
	}
	return command
}
