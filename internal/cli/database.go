package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/api"
	"github.com/unity-homelab/unity/internal/app"
)

func newDatabase(o *options) *cobra.Command {
	command := &cobra.Command{Use: "database", Short: "Look after the database"}
	status := &cobra.Command{
		Use:   "status",
		Short: "Say what the database holds, and how it is doing",
		Long:  "Status asks the running server. When none runs, it opens the database itself.",
		Args:  cobra.NoArgs,
	}
	asJSON := status.Flags().Bool("json", false, "print it as JSON")
	status.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := o.client()
		if err != nil {
			return err
		}
		var status api.Database
		err = c.call(cmd.Context(), http.MethodGet, "/database", &status)
		if fault.Of(err) == fault.Unreachable {
			settings, settingsErr := o.config()
			if settingsErr != nil {
				return settingsErr
			}
			status, err = app.DatabaseStatus(cmd.Context(), settings)
		}
		if err != nil {
			return err
		}
		if *asJSON {
			return json.NewEncoder(cmd.OutOrStdout()).Encode(status)
		}
		return printDatabase(cmd.OutOrStdout(), status)
	}
	command.AddCommand(status, newDatabaseCopy(o), newDatabaseInit(o), newDatabaseMigrate(o), newDatabaseUpgrade(o),
		newDatabaseCheck(o), newDatabaseBackup(o))
	return command
}

func printDatabase(w io.Writer, status api.Database) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(table, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	row("engine", "%s", status.Engine)
	row("location", "%s", status.Location)
	row("size", "%s, and %s of journal", size(status.Bytes), size(status.JournalBytes))
	for _, tier := range status.Tiers {
		name, keep := "samples", time.Duration(tier.KeepSeconds*float64(time.Second))
		if tier.StepSeconds > 0 {
			name = "of " + lasting(time.Duration(tier.StepSeconds*float64(time.Second)))
		}
		if tier.Bytes > 0 {
			row(name, "%s, kept for %s", size(tier.Bytes), lasting(keep))
		} else {
			row(name, "kept for %s", lasting(keep))
		}
	}
	for _, one := range status.Packing {
		row("packed "+one.Table, "%s", packed(one))
	}
	row("series", "%d", status.Series)
	open := time.Duration(status.OpenSeconds) * time.Second
	row("not in it yet", "%d samples of the last %v", status.OpenSamples, open)
	for _, note := range status.Notes {
		row("note", "%s", note)
	}
	if status.LostSamples > 0 {
		row("given up", "%d samples: the database was away for longer than the journal has room", status.LostSamples)
	}
	if status.Problem != nil {
		row("problem", "%s", status.Problem.Message)
	}
	return table.Flush()
}

// packed says how a table is packed.
func packed(one api.Packing) string {
	span := func(seconds float64) string { return lasting(time.Duration(seconds * float64(time.Second))) }
	text := fmt.Sprintf("by %s in the order of %s, in pieces of %s", one.SegmentBy, one.OrderBy, span(one.ChunkSeconds))
	if one.AfterSeconds > 0 {
		text += " when they are " + span(one.AfterSeconds) + " old"
	} else {
		text += ", which no policy packs"
	}
	text += fmt.Sprintf(": %d of %d", one.PackedChunks, one.Chunks)
	if one.BytesBefore > 0 {
		text += fmt.Sprintf(", %s instead of %s", size(one.BytesAfter), size(one.BytesBefore))
	}
	return text
}

// lasting writes a length of time in its largest whole unit.
func lasting(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{365 * 24 * time.Hour, "year"}, {24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		switch n := d / unit.length; {
		case d%unit.length != 0 || n == 0:
		case n == 1:
			return "1 " + unit.name
		default:
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return d.String()
}

// size writes bytes in binary units.
func size(bytes int64) string {
	const unit = 1024
	if bytes < unit {
		return fmt.Sprintf("%d B", bytes)
	}
	value, prefix := float64(bytes)/unit, 0
	for value >= unit && prefix < 4 {
		value, prefix = value/unit, prefix+1
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTP"[prefix])
}
