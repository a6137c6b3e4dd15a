package servers

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// daemon is a server that is told everything in one file of settings. In these
// {{port}} stands for the server's port and {{home}} for its folder.
type daemon struct {
	alone
	args func(settings string) []string
	// apart has the settings be a script for a shell in a network of its own.
	apart bool
}

// HAProxy is the HAProxy that is installed. Settings are lines of its
// configuration; something has to listen at 127.0.0.1:{{port}}.
func HAProxy() Engine {
	return daemon{
		alone: packaged("HAProxy", "haproxy", "haproxy", "Loading success"),
		args:  func(settings string) []string { return []string{"-W", "-db", "-f", settings} },
	}
}

// Caddy is the Caddy that is installed. Settings are lines of a Caddyfile, which
// has to begin with { and admin 127.0.0.1:{{port}}.
func Caddy() Engine {
	return daemon{
		alone: packaged("Caddy", "caddy", "caddy", "serving initial configuration"),
		args:  func(settings string) []string { return []string{"run", "--adapter", "caddyfile", "--config", settings} },
	}
}

// Nginx is the nginx that is installed. Settings are lines of its configuration;
// a server has to listen 127.0.0.1:{{port}}.
func Nginx() Engine {
	return daemon{
		alone: packaged("nginx", "nginx-light", "nginx", "start worker process "),
		args: func(settings string) []string {
			return []string{
				"-e", "stderr", "-p", filepath.Dir(settings), "-c", settings,
				"-g", "daemon off; error_log stderr notice; pid " + filepath.Join(filepath.Dir(settings), "pid") + ";",
			}
		},
	}
}

// OpenVPN is the OpenVPN that is installed. Settings are lines of a script that
// runs in a network of its own, which only root can make: it starts whom it likes,
// the server last and in its own place.
func OpenVPN() Engine {
	return daemon{alone: packaged("OpenVPN", "openvpn", "openvpn", "Initialization Sequence Completed"), apart: true}
}

// packaged describes a server by its name, its Debian package, its program, which
// may be one for root only, and what it says when it answers.
func packaged(name, debian, program, ready string) alone {
	path, err := exec.LookPath(program)
	if err != nil {
		path = filepath.Join("/usr/sbin", program)
		if _, err := os.Stat(path); err != nil {
			path = ""
		}
	}
	return alone{
		name: name, env: "UNITY_TEST_" + strings.ToUpper(name) + "_URL", program: path,
		lacks: program + " (apt-get install " + debian + ")", ready: ready, scheme: "http",
	}
}

// template is the name of the file of settings before the port is known.
const template = "settings.in"

func (daemon) prepare(_ context.Context, home string, settings []string) error {
	text := strings.ReplaceAll(strings.Join(settings, "\n")+"\n", "{{home}}", home)
	return os.WriteFile(filepath.Join(home, template), []byte(text), 0o600)
}

func (d daemon) command(home string, port int) *exec.Cmd {
	settings := filepath.Join(home, "settings")
	text, _ := os.ReadFile(filepath.Join(home, template)) // prepare wrote it
	_ = os.WriteFile(settings, []byte(strings.ReplaceAll(string(text), "{{port}}", strconv.Itoa(port))), 0o600)
	sockets, _ := filepath.Glob(filepath.Join(home, "*.sock"))
	for _, left := range sockets { // by one that was killed
		_ = os.Remove(left)
	}
	program, args := "unshare", []string{"--net", "sh", settings}
	if !d.apart {
		program, args = d.program, d.args(settings)
	}
	command := exec.Command(program, args...) //nolint:noctx // it outlives the call
	command.Dir = home
	command.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_DATA_HOME="+home)
	_ = runAs("", command) // no other user is asked for
	return command
}
