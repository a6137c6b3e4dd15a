// Package unity is a homelab monitor in one program.
//
// The tree, from the words at the bottom to the program at the top:
//
//	metric, fault        words for measured data and for what goes wrong
//	plugin               the contract between Unity and a collector; below it what
//	                     collectors are made with, and the suite that tests them
//	plugins              the built-in plugins, a folder each, and their list
//	internal/inventory   the domain: what is watched and how it is going
//	internal/series      the domain: stored measurements
//	internal/auth        the domain: who may use Unity
//	internal/vault       seals secrets where they are stored
//	internal/schedule    when each source is collected
//	internal/pipeline    from collectors to sinks
//	internal/journal     the durable log in front of the database
//	internal/sqlstore    the database
//	internal/live        to whoever is watching now
//	internal/cache       the latest of everything
//	internal/sources     changes to what is watched
//	internal/demo        a made-up homelab, to look at Unity without one
//	internal/api         REST, WebSocket and the web interface
//	internal/app         joins all of these
//	internal/cli         the command line
//	web                  the interface and its build
//
// docs/architecture.md says why, and who may import whom.
//
// Whoever wants a plugin of their own in the program writes a main like the one
// in cmd/unity, with one more argument.
package unity

import (
	"os"

	"github.com/unity-homelab/unity/internal/cli"
	"github.com/unity-homelab/unity/plugin"
)

// Main is the whole program: it runs the command line with the plugins and ends
// the process.
func Main(plugins ...plugin.Plugin) {
	os.Exit(cli.Main(cli.Program{
		Plugins: plugins,
		Args:    os.Args[1:],
		Environ: os.Environ(),
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
	}))
}
