package cli

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/api"
)

func newUser(o *options) *cobra.Command {
	command := &cobra.Command{Use: "user", Short: "Look after the accounts of the running server"}
	command.AddCommand(newUserList(o), newUserCreate(o), newUserPassword(o), newUserRole(o), newUserRemove(o))
	return command
}

func newUserList(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the accounts",
		Args:  cobra.NoArgs,
		RunE: o.asking(func(cmd *cobra.Command, c *client, _ []string) error {
			users, err := c.users(cmd.Context())
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "NAME\tROLE\tSECOND FACTOR\tLAST LOGIN")
			for _, user := range users {
				factor, last := "off", "never"
				if user.HasFactor {
					factor = "on"
				}
				if user.LastLogin != nil {
					last = user.LastLogin.Local().Format(time.DateTime)
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", user.Name, user.Role, factor, last)
			}
			return table.Flush()
		}),
	}
}

func newUserCreate(o *options) *cobra.Command {
	var role string
	var typed bool
	command := &cobra.Command{
		Use:   "create NAME",
		Short: "Make an account, and print its password",
		Args:  cobra.ExactArgs(1),
		RunE: o.asking(func(cmd *cobra.Command, c *client, args []string) error {
			password, err := choosePassword(cmd, typed)
			if err != nil {
				return err
			}
			err = c.send(cmd.Context(), http.MethodPost, "/users", api.NewUser{Name: args[0], Role: role, Password: password}, nil)
			if err != nil {
				return err
			}
			return printPassword(cmd.OutOrStdout(), args[0], password, typed)
		}),
	}
	command.Flags().StringVar(&role, "role", "viewer", "viewer, editor or admin")
	addTyped(command, &typed)
	return command
}

func newUserPassword(o *options) *cobra.Command {
	var typed bool
	command := &cobra.Command{
		Use:   "password NAME",
		Short: "Give an account a new password, and print it",
		Long: "Password gives an account a new password and turns its second factor off, for somebody\n" +
			"who lost one of them. All its sessions end.",
		Args: cobra.ExactArgs(1),
		RunE: o.asking(func(cmd *cobra.Command, c *client, args []string) error {
			password, err := choosePassword(cmd, typed)
			if err != nil {
				return err
			}
			change := api.UserChange{Password: &password, RemoveFactor: true}
			if err := c.changeUser(cmd.Context(), http.MethodPut, args[0], change); err != nil {
				return err
			}
			return printPassword(cmd.OutOrStdout(), args[0], password, typed)
		}),
	}
	addTyped(command, &typed)
	return command
}

func newUserRole(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "role NAME viewer|editor|admin",
		Short: "Give an account another role",
		Args:  cobra.ExactArgs(2),
		RunE: o.asking(func(cmd *cobra.Command, c *client, args []string) error {
			return c.changeUser(cmd.Context(), http.MethodPut, args[0], api.UserChange{Role: &args[1]})
		}),
	}
}

func newUserRemove(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME",
		Short: "Remove an account with its sessions and tokens",
		Args:  cobra.ExactArgs(1),
		RunE: o.asking(func(cmd *cobra.Command, c *client, args []string) error {
			return c.changeUser(cmd.Context(), http.MethodDelete, args[0], nil)
		}),
	}
}

func (c *client) users(ctx context.Context) ([]api.User, error) {
	var answer struct{ Items []api.User }
	err := c.call(ctx, http.MethodGet, "/users", &answer)
	return answer.Items, err
}

// changeUser changes or removes the account with a name.
func (c *client) changeUser(ctx context.Context, method, name string, change any) error {
	users, err := c.users(ctx)
	if err != nil {
		return err
	}
	for _, user := range users {
		if strings.EqualFold(user.Name, name) {
			return c.send(ctx, method, "/users/"+url.PathEscape(user.ID), change, nil)
		}
	}
	return fault.New(fault.NotFound, "there is no user %q", name).WithHint("unity user list shows who there is")
}

func addTyped(command *cobra.Command, typed *bool) {
	command.Flags().BoolVar(typed, "stdin", false, "read the password from standard input instead of making one")
}

// choosePassword returns a password that is read or made. It is no argument:
// those can be seen by everybody on the machine.
func choosePassword(cmd *cobra.Command, typed bool) (string, error) {
	if !typed {
		return strings.ToLower(rand.Text()), nil
	}
	line, err := bufio.NewReader(io.LimitReader(cmd.InOrStdin(), 1<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fault.Wrap(err, "reading the password")
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func printPassword(w io.Writer, name, password string, typed bool) error {
	if typed {
		return nil
	}
	_, err := fmt.Fprintf(w, "the password of %s is %s\n", name, password)
	return err
}
