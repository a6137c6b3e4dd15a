package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/api"
)

func newSourcesExport(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "export [SOURCE...]",
		Short: "Print sources as YAML, as under the key sources of unity.yaml; secrets are not printed",
		RunE: o.asking(func(cmd *cobra.Command, c *client, args []string) error {
			query := url.Values{"id": args}
			return c.stream(cmd.Context(), http.MethodGet, "/sources/export?"+query.Encode(), cmd.OutOrStdout())
		}),
	}
}

func newSourcesImport(o *options) *cobra.Command {
	var replace, trial bool
	command := &cobra.Command{
		Use:   "import FILE",
		Short: "Make the sources of a YAML file; - reads standard input",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := readInput(cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			c, err := o.client()
			if err != nil {
				return err
			}
			var result api.ConfigResult
			path := fmt.Sprintf("/sources/import?replace=%v&trial=%v", replace, trial)
			if err := c.sendText(cmd.Context(), path, "application/yaml", text, &result); err != nil {
				return err
			}
			return printResult(cmd.OutOrStdout(), result)
		},
	}
	command.Flags().BoolVar(&replace, "replace", false, "change those that are there already")
	command.Flags().BoolVar(&trial, "trial", false, "say what would be done, and do nothing")
	return command
}

func readInput(in io.Reader, name string) ([]byte, error) {
	if name == "-" {
		text, err := io.ReadAll(io.LimitReader(in, maxAnswer))
		return text, fault.Wrap(err, "reading standard input")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fault.As(fault.NotFound, err, "reading %s", name)
	}
	return text, nil
}

// newSourcesBulk makes a command that does the same to several sources.
func newSourcesBulk(o *options, action, short string) *cobra.Command {
	var until float64
	command := &cobra.Command{
		Use:   action + " SOURCE...",
		Short: short,
		Args:  cobra.MinimumNArgs(1),
		RunE: o.asking(func(cmd *cobra.Command, c *client, args []string) error {
			change := api.BulkChange{Action: action, IDs: args, SourcePause: api.SourcePause{Seconds: until * 3600}}
			var result api.BulkResult
			if err := c.send(cmd.Context(), http.MethodPost, "/sources/bulk", change, &result); err != nil {
				return err
			}
			for _, item := range result.Items {
				if item.Problem != nil {
					fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", item.ID, item.Problem.Message)
				}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d of %d\n", action, result.Succeeded, len(result.Items))
			if result.Failed > 0 {
				return fault.New(fault.Partial, "%d could not be changed", result.Failed)
			}
			return nil
		}),
	}
	if action == "pause" {
		command.Flags().Float64Var(&until, "hours", 1, "for how long")
	}
	return command
}
