package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/app"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/plugin"
)

func newPlugins(o *options) *cobra.Command {
	command := &cobra.Command{Use: "plugins", Short: "Look at what can be watched, and try it"}
	command.AddCommand(newPluginsList(o), newPluginsShow(o), newPluginsTry(o))
	return command
}

func newPluginsList(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List every plugin",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "ID\tCATEGORY\tWHAT IT WATCHES")
			for _, p := range o.program.Plugins {
				m := p.Manifest()
				fmt.Fprintf(table, "%s\t%s\t%s\n", m.ID, m.Category, m.Summary)
			}
			return table.Flush()
		},
	}
}

// completePlugin completes the ID of a plugin as the only argument.
func (o *options) completePlugin(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var ids []string
	if len(args) == 0 {
		for _, p := range o.program.Plugins {
			ids = append(ids, p.ID()+"\t"+p.Manifest().Summary)
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

func newPluginsShow(o *options) *cobra.Command {
	return &cobra.Command{
		Use:               "show PLUGIN",
		Short:             "Show what a plugin measures and how it is configured",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: o.completePlugin,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := plugin.Find(o.program.Plugins, args[0])
			if err != nil {
				return err
			}
			return showPlugin(cmd.OutOrStdout(), p)
		},
	}
}

func showPlugin(w io.Writer, p plugin.Plugin) error {
	m := p.Manifest()
	fmt.Fprintf(w, "%s (%s), %s\n\n%s\n\n", m.Name, m.ID, m.Category, m.Description)
	fmt.Fprintf(w, "collected every %v, for at most %v\n", m.Interval, m.Timeout)
	if len(m.Rights.Commands) > 0 {
		fmt.Fprintf(w, "runs %s\n", strings.Join(m.Rights.Commands, ", "))
	}
	if m.Rights.Notes != "" {
		fmt.Fprintln(w, m.Rights.Notes)
	}
	fmt.Fprintln(w, "\nconfig, with its defaults:")
	var defaults map[string]any
	if err := json.Unmarshal(p.Defaults(), &defaults); err != nil {
		return fault.As(fault.Internal, err, "reading the default config of %s", m.ID)
	}
	indented, err := json.MarshalIndent(defaults, "", "  ")
	if err != nil {
		return fault.As(fault.Internal, err, "printing the default config of %s", m.ID)
	}
	fmt.Fprintf(w, "%s\n\nmetrics:\n", indented)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, definition := range m.Metrics {
		labels := ""
		if len(definition.Labels) > 0 {
			labels = "{" + strings.Join(definition.Labels, ",") + "}"
		}
		fmt.Fprintf(table, "  %s%s\t%s\t%s\t%s\n", definition.Name, labels, definition.Kind, definition.Unit, definition.Help)
	}
	return table.Flush()
}

func newPluginsTry(o *options) *cobra.Command {
	var configText, configFile, record string
	var settings []string
	command := &cobra.Command{
		Use:   "try PLUGIN",
		Short: "Collect once and print what was measured; nothing is kept",
		Long: "Try collects once with the given config and prints the samples, the problems and, with --snapshot, the\n" +
			"snapshot. With --record it also writes down what was read, as a test case; look through the file before\n" +
			"you give it away.",
		Example:           "  unity plugins try docker\n  unity plugins try web_service_monitor --set url=https://example.org\n  unity plugins try disk_monitor --record case.txtar",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: o.completePlugin,
	}
	snapshot := command.Flags().Bool("snapshot", false, "print the snapshot too")
	command.Flags().StringVar(&configText, "json", "", "config as JSON")
	command.Flags().StringVar(&configFile, "json-file", "", "file with the config as JSON")
	command.Flags().StringArrayVar(&settings, "set", nil, "one setting of the config: --set url=http://…; may be repeated")
	command.Flags().StringVar(&record, "record", "", "write a test case to this file")
	command.RunE = func(cmd *cobra.Command, args []string) error {
		p, err := plugin.Find(o.program.Plugins, args[0])
		if err != nil {
			return err
		}
		settingsOfUnity, err := o.config()
		if err != nil {
			return err
		}
		raw, err := tryConfig(p, configText, configFile, settings)
		if err != nil {
			return err
		}
		return try(cmd.Context(), cmd.OutOrStdout(), trial{
			plugin: p, config: raw, unity: settingsOfUnity, snapshot: *snapshot, record: record,
		})
	}
	return command
}

// tryConfig joins the ways to give a config; single settings win.
func tryConfig(p plugin.Plugin, text, file string, settings []string) (json.RawMessage, error) {
	if file != "" {
		read, err := os.ReadFile(file)
		if err != nil {
			return nil, fault.As(fault.Config, err, "reading the config")
		}
		text = string(read)
	}
	config := make(map[string]json.RawMessage)
	if text != "" {
		if err := json.Unmarshal([]byte(text), &config); err != nil {
			return nil, fault.As(fault.Config, err, "reading the config as JSON")
		}
	}
	for _, setting := range settings {
		key, value, found := strings.Cut(setting, "=")
		if !found {
			return nil, fault.New(fault.Config, "reading --set %s: there is no =", setting).WithHint("write --set name=value")
		}
		// true, 5 and ["a"] are themselves, unless the setting is a text.
		if json.Valid([]byte(value)) && !isText(p, key) {
			config[key] = json.RawMessage(value)
			continue
		}
		quoted, err := json.Marshal(value)
		if err != nil {
			return nil, fault.As(fault.Config, err, "reading --set %s", key)
		}
		config[key] = quoted
	}
	return json.Marshal(config)
}

func isText(p plugin.Plugin, name string) bool {
	return slices.ContainsFunc(p.Settings(), func(s plugin.Setting) bool {
		return s.Path == name && (s.Type == "text" || s.Type == "secret" || s.Type == "duration")
	})
}

type trial struct {
	plugin   plugin.Plugin
	config   json.RawMessage
	unity    config.Config
	snapshot bool
	record   string
}

func try(ctx context.Context, w io.Writer, t trial) error {
	batch, recorded, err := app.Try(ctx, t.unity, t.plugin, t.config, t.record != "")
	if t.record != "" && recorded != nil {
		if writeErr := os.WriteFile(t.record, recorded, 0o600); writeErr != nil {
			return fault.As(fault.Config, writeErr, "writing the test case")
		}
	}
	if err != nil {
		return err
	}
	lines := make([]string, 0, len(batch.Samples()))
	for _, sample := range batch.Samples() {
		lines = append(lines, sample.String())
	}
	slices.Sort(lines)
	for _, line := range lines {
		fmt.Fprintln(w, line)
	}
	for _, event := range batch.Events() {
		fmt.Fprintf(w, "# event %s: %s\n", event.Kind, event.Title)
	}
	for _, problem := range batch.Problems() {
		fmt.Fprintf(w, "# problem %s: %v\n", fault.Of(problem), problem)
	}
	if t.snapshot {
		var document any
		if err := json.Unmarshal(batch.Snapshot(), &document); err == nil {
			indented, err := json.MarshalIndent(document, "", "  ")
			if err != nil {
				return fault.As(fault.Internal, err, "printing the snapshot")
			}
			fmt.Fprintf(w, "%s\n", indented)
		}
	}
	return nil
}
