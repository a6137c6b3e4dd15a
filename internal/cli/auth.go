package cli

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/internal/api"
)

func newAuth(o *options) *cobra.Command {
	command := &cobra.Command{Use: "auth", Short: "Get in"}
	command.AddCommand(&cobra.Command{
		Use:   "setup-code",
		Short: "Make a code that makes one administrator, in the browser",
		Long: "Setup-code asks the running server for a code that makes one administrator account.\n" +
			"It is good for an hour, and an older one is not good any more.",
		Args: cobra.NoArgs,
		RunE: o.asking(func(cmd *cobra.Command, c *client, _ []string) error {
			var made api.SetupCode
			if err := c.call(cmd.Context(), http.MethodPost, "/auth/setup-code", &made); err != nil {
				return err
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), made.Code)
			return err
		}),
	})
	return command
}
