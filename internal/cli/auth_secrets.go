package cli

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/internal/api"
)

func newSecrets(o *options) *cobra.Command {
	command := &cobra.Command{Use: "secrets", Short: "Look after the key under which passwords are stored"}
	command.AddCommand(&cobra.Command{
		Use:   "rotate",
		Short: "Seal every stored secret of the running server with a new key",
		Long: "Rotate makes a new key, seals the secrets of sources and second factors with it, and\n" +
			"removes the old one. A backup that was made before needs the key file from before.",
		Args: cobra.NoArgs,
		RunE: o.asking(func(cmd *cobra.Command, c *client, _ []string) error {
			var done api.Rotation
			if err := c.call(cmd.Context(), http.MethodPost, "/secrets/rotate", &done); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "sealed again: the secrets of %d sources, %d second factors\n", done.Sources, done.Factors)
			if done.Left > 0 {
				fmt.Fprintf(cmd.OutOrStdout(), "left alone, and the old key kept for it: %d that cannot be opened\n", done.Left)
			}
			return nil
		}),
	})
	return command
}
