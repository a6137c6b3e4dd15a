package app

import (
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

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
		Commands: command.New(command.Options{Allowed: manifest.Rights.Commands}),
		Log:      w.log.With("source", string(source.ID)),
		Now:      time.Now,
	}
}

func newFiles(settings config.Host) plugin.Files {
	return hostfs.New(hostfs.Options{Root: settings.Root, Proc: settings.Proc, Sys: settings.Sys, Etc: settings.Etc})
}
