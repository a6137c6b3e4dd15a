package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/api"
)

func newConfigDiff(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "diff",
		Short: "Show where unity.yaml and what is stored do not agree about sources",
		Args:  cobra.NoArgs,
		RunE: o.asking(func(cmd *cobra.Command, c *client, _ []string) error {
			var found api.ConfigDifference
			if err := c.call(cmd.Context(), http.MethodGet, "/config/difference", &found); err != nil {
				return err
			}
			printDifference(cmd.OutOrStdout(), found)
			return nil
		}),
	}
}

func printDifference(w io.Writer, found api.ConfigDifference) {
	if len(found.Items) == 0 {
		fmt.Fprintln(w, "unity.yaml and what is stored agree")
	}
	for _, item := range found.Items {
		what := map[string]string{
			"file": "changed in unity.yaml; unity config apply", "stored": "changed in the interface; unity config write",
			"both": "changed on both sides; unity config apply " + item.ID + ", or unity config write " + item.ID,
		}[item.Side]
		switch {
		case !item.File:
			what = "not in unity.yaml any more; unity config apply"
		case !item.Stored && item.Side == "file":
			what = "new in unity.yaml; unity config apply"
		case !item.Stored:
			what = "deleted in the interface; unity config write"
		}
		fmt.Fprintf(w, "%s: %s\n", item.ID, what)
		for _, change := range item.Changes {
			fmt.Fprintf(w, "  %s\n  - %s\n  + %s\n", change.Path, orNone(change.Old), orNone(change.New))
		}
		for _, problem := range item.Errors {
			fmt.Fprintf(w, "  ! %s: %s\n", problem.Path, problem.Message)
		}
	}
}

func orNone(value []byte) string {
	if len(value) == 0 {
		return "nothing"
	}
	return string(value)
}

func newConfigApply(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "apply [SOURCE...]",
		Short: "Make what is stored as unity.yaml says; with names also where both sides were changed",
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.changeConfig(cmd.Context(), cmd.OutOrStdout(), "/config/apply", api.ConfigChoice{IDs: args})
		},
	}
}

func newConfigWrite(o *options) *cobra.Command {
	var all bool
	command := &cobra.Command{
		Use:   "write [SOURCE...]",
		Short: "Write what is stored into unity.yaml; secrets are not written",
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.changeConfig(cmd.Context(), cmd.OutOrStdout(), "/config/write", api.ConfigWrite{ConfigChoice: api.ConfigChoice{IDs: args}, All: all})
		},
	}
	command.Flags().BoolVar(&all, "all", false, "every source, also those that are not in the file yet")
	return command
}

func (o *options) changeConfig(ctx context.Context, w io.Writer, path string, in any) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	var result api.ConfigResult
	if err := c.send(ctx, http.MethodPost, path, in, &result); err != nil {
		return err
	}
	return printResult(w, result)
}

// printResult says what became of every source. Any that was refused makes the
// command one that did not succeed.
func printResult(w io.Writer, result api.ConfigResult) error {
	var refused []string
	for _, item := range result.Items {
		fmt.Fprintf(w, "%s: %s\n", item.ID, item.Action)
		if item.Problem == nil {
			continue
		}
		refused = append(refused, item.ID)
		fmt.Fprintf(w, "  %s\n", item.Problem.Message)
		for _, problem := range item.Errors {
			fmt.Fprintf(w, "  %s: %s\n", problem.Path, problem.Message)
		}
	}
	if len(result.Items) == 0 {
		fmt.Fprintln(w, "there is nothing to do")
	}
	if len(refused) > 0 {
		return fault.New(fault.Config, "not used: %s", strings.Join(refused, ", "))
	}
	return nil
}
