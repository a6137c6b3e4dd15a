// Package cli is the command line: one file per command, each of which reads
// its flags, calls what does the work, and prints the answer.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/plugin"
)

// Program is what the command line works with.
type Program struct {
	Plugins []plugin.Plugin
	Args    []string
	Environ []string
	Stdout  io.Writer
	Stderr  io.Writer
}

// Exit codes.
const (
	exitOK       = 0
	exitFault    = 1 // anything not below
	exitUsage    = 2 // the command line or the settings are wrong
	exitNotThere = 3 // what was named does not exist or cannot be reached
)

func exitCode(err error) int {
	switch fault.Of(err) {
	case "":
		return exitOK
	case fault.Config, fault.Unsupported:
		return exitUsage
	case fault.NotFound, fault.Unreachable, fault.Refused:
		return exitNotThere
	default:
		return exitFault
	}
}

// Main runs the command that the arguments name, until it is done or the
// process is asked to stop, and returns the exit code.
func Main(p Program) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot(p)
	root.SetArgs(p.Args)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(p.Stderr, "unity:", err)
	if hint := fault.Hint(err); hint != "" {
		fmt.Fprintln(p.Stderr, "hint:", hint)
	}
	if fault.Of(err) == fault.Internal && !errors.As(err, new(*fault.Error)) {
		// cobra's own complaints about flags and arguments.
		return exitUsage
	}
	return exitCode(err)
}

// options are the flags that every command has.
type options struct {
	program Program
	file    string
	data    string
	listen  string
}

func (o *options) config() (config.Config, error) { return config.Load(o.input()) }

// input says where the settings come from.
func (o *options) input() config.Input {
	overrides := make(map[string]any)
	if o.data != "" {
		overrides["data"] = o.data
	}
	if o.listen != "" {
		overrides["listen"] = o.listen
	}
	return config.Input{File: o.file, Environ: o.program.Environ, Overrides: overrides}
}

func newRoot(p Program) *cobra.Command {
	o := &options{program: p}
	serve := newServe(o)
	root := &cobra.Command{
		Use:           "unity",
		Short:         "Watch a homelab",
		Long:          "Unity watches a homelab: it collects from this machine and from the services around it,\nkeeps what it measures, and shows it in the browser. Without a command it serves.",
		Args:          cobra.NoArgs,
		RunE:          serve.RunE,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&o.file, "config", "", "settings file (default: unity.yaml, if it is there)")
	root.PersistentFlags().StringVar(&o.data, "data", "", "folder for the database and the journal (default: ./data)")
	root.Flags().AddFlagSet(serve.Flags())
	root.AddCommand(serve, newPlugins(o), newSources(o), newConfig(o), newDatabase(o), newExport(o), newImport(o), newQuery(o),
		newAuth(o), newUser(o), newToken(o), newSecrets(o), newDemo(o), newVersion(o))
	return root
}

// Version returns the version of the program, as the build stamped it.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "dev"
	}
	return info.Main.Version
}
