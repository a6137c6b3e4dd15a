package cli

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/internal/api"
)

func newToken(o *options) *cobra.Command {
	command := &cobra.Command{Use: "token", Short: "Look after the tokens by which programs get in"}
	command.AddCommand(newTokenList(o), newTokenCreate(o), newTokenRevoke(o))
	return command
}

func newTokenList(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the tokens of everybody",
		Args:  cobra.NoArgs,
		RunE: o.asking(func(cmd *cobra.Command, c *client, _ []string) error {
			users, err := c.users(cmd.Context())
			if err != nil {
				return err
			}
			names := make(map[string]string, len(users))
			for _, user := range users {
				names[user.ID] = user.Name
			}
			var answer struct{ Items []api.Token }
			if err := c.call(cmd.Context(), http.MethodGet, "/tokens?everybody=true", &answer); err != nil {
				return err
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "ID\tUSER\tSCOPE\tSOURCES\tEXPIRES\tLAST USED\tNAME")
			for _, token := range answer.Items {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", token.ID, names[token.User], token.Scope,
					cmp.Or(strings.Join(token.Sources, ","), "all"), dateOr(token.Expires, "never"), dateOr(token.LastUsed, "never"), token.Name)
			}
			return table.Flush()
		}),
	}
}

func dateOr(t *time.Time, otherwise string) string {
	if t == nil {
		return otherwise
	}
	return t.Local().Format(time.DateTime)
}

func newTokenCreate(o *options) *cobra.Command {
	var user, scope string
	var sources []string
	var days int
	command := &cobra.Command{
		Use:     "create NAME --user USER",
		Short:   "Make a token, and print it",
		Example: `  unity token create Grafana --user ann --scope read --days 365`,
		Args:    cobra.ExactArgs(1),
		RunE: o.asking(func(cmd *cobra.Command, c *client, args []string) error {
			draft := api.NewToken{Name: args[0], Scope: scope, User: user, Sources: sources}
			if days > 0 {
				expires := time.Now().AddDate(0, 0, days).UTC()
				draft.Expires = &expires
			}
			var made api.MadeToken
			if err := c.send(cmd.Context(), http.MethodPost, "/tokens", draft, &made); err != nil {
				return err
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), made.Secret)
			return err
		}),
	}
	command.Flags().StringVar(&user, "user", "", "name of the account it belongs to")
	command.Flags().StringSliceVar(&sources, "source", nil, "ID of a source that it is for, several times or with commas; all when absent")
	command.Flags().StringVar(&scope, "scope", "read", "read, write or admin")
	command.Flags().IntVar(&days, "days", 0, "how long it is good (default: for ever)")
	return command
}

func newTokenRevoke(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID",
		Short: "Revoke a token",
		Args:  cobra.ExactArgs(1),
		RunE: o.asking(func(cmd *cobra.Command, c *client, args []string) error {
			return c.call(cmd.Context(), http.MethodDelete, "/tokens/"+url.PathEscape(args[0]), nil)
		}),
	}
}
