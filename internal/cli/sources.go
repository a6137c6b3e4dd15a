package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/api"
)

func newSources(o *options) *cobra.Command {
	command := &cobra.Command{Use: "sources", Short: "Look at what is watched, and change it"}
	command.AddCommand(newSourcesList(o), newSourcesRun(o), newSourcesExport(o), newSourcesImport(o),
		newSourcesBulk(o, "enable", "Collect sources again"), newSourcesBulk(o, "disable", "Let sources rest"),
		newSourcesBulk(o, "pause", "Let sources rest for a time"), newSourcesBulk(o, "delete", "Stop watching sources"))
	return command
}

func (o *options) sources(cmd *cobra.Command) ([]api.Source, error) {
	c, err := o.client()
	if err != nil {
		return nil, err
	}
	var answer struct{ Items []api.Source }
	err = c.call(cmd.Context(), http.MethodGet, "/sources", &answer)
	return answer.Items, err
}

func newSourcesList(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the sources of the running server with their status",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sources, err := o.sources(cmd)
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "ID\tSTATUS\tEVERY\tLAST RUN\tPROBLEM")
			for _, source := range sources {
				last, problem := "never", ""
				if source.Status.LastRun != nil {
					last = source.Status.LastRun.Local().Format(time.DateTime)
				}
				if source.Status.Problem != nil {
					problem = source.Status.Problem.Message
				}
				every := time.Duration(source.IntervalSeconds * float64(time.Second))
				fmt.Fprintf(table, "%s\t%s\t%v\t%s\t%s\n", source.ID, source.Status.Status, every, last, problem)
			}
			return table.Flush()
		},
	}
}

func newSourcesRun(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "run SOURCE",
		Short: "Collect a source of the running server now and wait for the run",
		Args:  cobra.ExactArgs(1),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var ids []string
			if sources, err := o.sources(cmd); err == nil && len(args) == 0 {
				for _, source := range sources {
					ids = append(ids, source.ID+"\t"+source.Name)
				}
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: o.asking(func(cmd *cobra.Command, c *client, args []string) error {
			var run api.Run
			if err := c.call(cmd.Context(), http.MethodPost, "/sources/"+url.PathEscape(args[0])+"/run", &run); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d samples in %.3f s\n", run.Outcome, run.Samples, run.DurationSeconds)
			if run.Problem != nil {
				return fault.New(fault.Kind(run.Problem.Kind), "%s", run.Problem.Message).WithHint("%s", run.Problem.Hint)
			}
			return nil
		}),
	}
}
