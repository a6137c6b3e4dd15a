package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/app"
	"github.com/unity-homelab/unity/internal/transfer"
)

// standard is the name of a file that stands for standard input or output.
const standard = "-"

func newExport(o *options) *cobra.Command {
	command := &cobra.Command{
		Use:   "export FILE|-",
		Short: "Write everything in the database to one file",
		Long: "Export writes an archive: everything that the database holds, secrets included, whatever its kind. It asks the\n" +
			"running server, or opens the database itself when none runs. The file is read once more before it gets its name;\n" +
			"- writes to standard output. What unity import makes of it is the same on every kind of database.",
		Example: "  unity export unity.archive\n  unity export - | ssh nas 'cat > unity.archive'",
		Args:    cobra.ExactArgs(1),
	}
	asJSON := command.Flags().Bool("json", false, "print what the archive holds as JSON")
	command.RunE = func(cmd *cobra.Command, args []string) error {
		o.saveMemory()
		if args[0] == standard {
			return o.writeArchive(cmd.Context(), cmd.OutOrStdout())
		}
		return o.export(cmd, args[0], *asJSON)
	}
	return command
}

// export writes an archive to a file and prints what it holds.
func (o *options) export(cmd *cobra.Command, name string, asJSON bool) error {
	tallies, err := o.archive(cmd.Context(), name)
	if err != nil {
		return err
	}
	return printTallies(cmd.OutOrStdout(), name, tallies, asJSON)
}

// archive writes an archive to a file that is not there yet. It gets its name
// when all of it is on the disk and was read again.
func (o *options) archive(ctx context.Context, name string) (tallies []transfer.Tally, err error) {
	if _, err := os.Lstat(name); !errors.Is(err, os.ErrNotExist) {
		return nil, fault.New(fault.Conflict, "the file %s is there already", name).WithHint("Name another one, or move it away.")
	}
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*") // for nobody else to read
	if err != nil {
		return nil, fault.As(fault.Config, err, "making the file")
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	if err := o.fill(ctx, file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	step, end := o.steps()
	_, tallies, err = transfer.Verify(ctx, file, step(transfer.Verifying))
	end()
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	return tallies, fault.Wrap(os.Rename(file.Name(), name), "giving the archive its name")
}

// fill writes an archive to a file, sees to it that it is on the disk, and goes
// back to its beginning.
func (o *options) fill(ctx context.Context, file *os.File) error {
	told := o.progress("writing", "MiB")
	err := o.writeArchive(ctx, &counted{Writer: file, progress: told})
	told.end()
	if err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return fault.Wrap(err, "writing the archive")
	}
	_, err = file.Seek(0, io.SeekStart)
	return fault.Wrap(err, "reading the archive again")
}

// writeArchive writes what the running server gives, or the database when there
// is none.
func (o *options) writeArchive(ctx context.Context, w io.Writer) error {
	settings, err := o.config()
	if err != nil {
		return err
	}
	if !app.Running(ctx, settings) {
		_, err := app.ExportDatabase(ctx, settings, Version(), w, nil)
		return err
	}
	c, err := o.client()
	if err != nil {
		return err
	}
	return c.stream(ctx, http.MethodGet, "/database/archive", w)
}

// tallied is what an archive or a database holds, as JSON.
type tallied struct {
	Name     string           `json:"name"`
	Sections []transfer.Tally `json:"sections"`
}

func printTallies(w io.Writer, name string, tallies []transfer.Tally, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(tallied{Name: name, Sections: tallies})
	}
	fmt.Fprintf(w, "%s holds\n", name)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, tally := range tallies {
		fmt.Fprintf(table, "%d\t %s\t checksum %s\t\n", tally.Count, tally.Section, tally.Checksum)
	}
	return table.Flush()
}
