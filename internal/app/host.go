package app

import (
	"context"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// dialTimeout bounds the making of one connection, whatever the run may take.
const dialTimeout = 10 * time.Second

// hostName returns the watched machine's name.
func hostName(settings config.Host, files plugin.Files) string {
	if settings.Name != "" {
		return settings.Name
	}
	if !files.Live() {
		// In a container, the machine's name is not the process's.
		if name, err := files.ReadFile("/etc/hostname"); err == nil && strings.TrimSpace(string(name)) != "" {
			return strings.TrimSpace(string(name))
		}
	}
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "localhost"
	}
	return name
}

// world makes what collectors may touch.
type world struct {
	name  string
	files plugin.Files
	log   *slog.Logger
}

// hostFor returns the world for collectors of a plugin. The schedule adds what
// belongs to one source.
func (w world) hostFor(source inventory.Source, manifest plugin.Manifest) plugin.Host {
	return plugin.Host{
		Name:     w.name,
		Dial:     (&net.Dialer{Timeout: dialTimeout}).DialContext,
		Files:    w.files,
		Commands: w.commands(manifest),
		Log:      w.log.With("source", string(source.ID)),
		Now:      time.Now,
	}
}

// commands returns what runs the programs of the watched machine. From inside a
// container only the container's own could be run, which would tell of the
// wrong machine.
func (w world) commands(manifest plugin.Manifest) plugin.Runner {
	if !w.files.Live() {
		return outOfReach{}
	}
	return command.New(command.Options{Allowed: manifest.Rights.Commands})
}

// outOfReach is the runner of a machine whose programs cannot be run.
type outOfReach struct{}

// Find implements plugin.Runner.
func (outOfReach) Find(name string) (string, error) {
	return "", fault.New(fault.NotInstalled, "%s belongs to the watched machine, whose programs cannot be run from inside a container", name).
		WithHint("run Unity on the machine itself for what needs its programs")
}

// Run implements plugin.Runner.
func (o outOfReach) Run(_ context.Context, c plugin.Command) (plugin.Output, error) {
	_, err := o.Find(c.Name)
	return plugin.Output{}, err
}

func newFiles(settings config.Host) plugin.Files {
	return hostfs.New(hostfs.Options{Root: settings.Root, Proc: settings.Proc, Sys: settings.Sys, Etc: settings.Etc})
}
