package docker

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"strings"
	"syscall"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// endpoint is where an engine answers.
type endpoint struct {
	network string // unix or tcp
	address string // the socket's path, or host:port
	secure  bool   // TLS
}

// The ports that Docker documents for TCP.
const (
	plainPort  = "2375"
	securePort = "2376"
)

// parseEndpoint reads an endpoint as Docker writes it. A tcp:// endpoint uses
// TLS when a certificate is configured or the port is the one for TLS.
func parseEndpoint(text string, certificates bool) (endpoint, error) {
	if strings.HasPrefix(text, "/") {
		return endpoint{network: "unix", address: text}, nil
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme == "" {
		return endpoint{}, fault.New(fault.Config, "endpoint: %q is not an address", text).
			WithHint("write unix:///var/run/docker.sock, tcp://host:2375 or https://host:2376")
	}
	switch parsed.Scheme {
	case "unix":
		if path := parsed.Host + parsed.Path; strings.HasPrefix(path, "/") {
			return endpoint{network: "unix", address: path}, nil
		}
		return endpoint{}, fault.New(fault.Config, "endpoint: %q has no absolute path", text).
			WithHint("a socket has three slashes: unix:///var/run/docker.sock")
	case "tcp", "http", "https":
		return parseTCP(parsed, text, certificates)
	case "ssh":
		return endpoint{}, fault.New(fault.Config, "endpoint: ssh:// is not supported").
			WithHint("run an agent on that machine, or reach the engine over https:// with client certificates")
	default:
		return endpoint{}, fault.New(fault.Config, "endpoint: %s:// is not supported", parsed.Scheme).
			WithHint("write unix:///var/run/docker.sock, tcp://host:2375 or https://host:2376")
	}
}

func parseTCP(parsed *url.URL, text string, certificates bool) (endpoint, error) {
	if parsed.Hostname() == "" || (parsed.Path != "" && parsed.Path != "/") {
		return endpoint{}, fault.New(fault.Config, "endpoint: %q is not a host and a port", text).
			WithHint("write tcp://host:2375 or https://host:2376")
	}
	port := parsed.Port()
	secure := parsed.Scheme == "https" || parsed.Scheme == "tcp" && (certificates || port == securePort)
	if port == "" {
		port = plainPort
		if secure {
			port = securePort
		}
	}
	return endpoint{network: "tcp", address: net.JoinHostPort(parsed.Hostname(), port), secure: secure}, nil
}

// String writes the endpoint as it is configured.
func (e endpoint) String() string {
	switch {
	case e.network == "unix":
		return "unix://" + e.address
	case e.secure:
		return "https://" + e.address
	default:
		return "tcp://" + e.address
	}
}

// environment looks up an environment variable; "" when it is not set.
type environment func(name string) string

// candidates are the sockets that engines are known to listen on, in the order
// of preference, with the name of each as a finding.
func candidates(host plugin.Host, env environment) []candidate {
	list := []candidate{{"", "/var/run/docker.sock"}}
	runtimeDir := env("XDG_RUNTIME_DIR")
	if runtimeDir != "" {
		list = append(list, candidate{"rootless", runtimeDir + "/docker.sock"})
	}
	if home := env("HOME"); home != "" {
		list = append(list, candidate{"desktop", home + "/.docker/run/docker.sock"})
	}
	list = append(list, candidate{"podman", "/run/podman/podman.sock"})
	if runtimeDir != "" {
		list = append(list, candidate{"podman-rootless", runtimeDir + "/podman/podman.sock"})
	}
	// Engines of other users; seen only by who may look into their folders.
	users, err := host.Files.ReadDir("/run/user")
	if err != nil {
		return list
	}
	for _, user := range users {
		dir := "/run/user/" + user.Name()
		if dir == runtimeDir {
			continue
		}
		list = append(list,
			candidate{"user-" + user.Name(), dir + "/docker.sock"},
			candidate{"podman-user-" + user.Name(), dir + "/podman/podman.sock"})
	}
	return list
}

type candidate struct{ name, path string }

// reach dials a socket and returns the endpoint that answered. A socket that
// is there but may not be used is fault.Permission, one that is not there is
// fault.Unreachable. Where the machine's files are mounted below another root
// the socket is looked for there, too.
func reach(ctx context.Context, host plugin.Host, path string) (endpoint, error) {
	at := endpoint{network: "unix", address: path}
	err := knock(ctx, host, at)
	if elsewhere := host.Files.Path(path); err != nil && elsewhere != path && errors.Is(err, fs.ErrNotExist) {
		below := endpoint{network: "unix", address: elsewhere}
		if second := knock(ctx, host, below); second == nil || !errors.Is(second, fs.ErrNotExist) {
			return below, dialFault(second, below)
		}
	}
	return at, dialFault(err, at)
}

func knock(ctx context.Context, host plugin.Host, at endpoint) error {
	conn, err := host.Dial(ctx, at.network, at.address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// dialFault says what it means that no connection came about.
func dialFault(err error, at endpoint) error {
	switch {
	case err == nil:
		return nil
	case at.network == "unix" && errors.Is(err, fs.ErrNotExist):
		return fault.New(fault.Unreachable, "no Docker socket at %s", at.address).
			WithHint("is the engine running? With Podman, enable podman.socket")
	case at.network == "unix" && errors.Is(err, fs.ErrPermission):
		return fault.New(fault.Permission, "opening the Docker socket %s: permission denied", at.address).
			WithHint("%s", permissionHint)
	case at.network == "unix" && errors.Is(err, syscall.ECONNREFUSED):
		return fault.New(fault.Refused, "nobody listens on the Docker socket %s", at.address).
			WithHint("the engine has stopped; start it with: systemctl start docker")
	default:
		return explained(err, "connecting to "+at.String())
	}
}

// permissionHint is for a socket that is there and may not be used.
const permissionHint = "add the user that Unity runs as to the group docker (which amounts to root on this machine), " +
	"or point the endpoint at a read-only socket proxy"
