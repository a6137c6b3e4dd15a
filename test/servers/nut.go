package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// nut is upsd of Network UPS Tools, with drivers for what its ups.conf names.
type nut struct{ alone }

// NUT is the Network UPS Tools server that is installed, from the packages of
// Debian and its kin. Settings are lines of ups.conf; the driver of each section is
// started before upsd, and its process ID is in driver-NAME.pid of [Server.Folder]. A line that begins with "upsd.conf:" goes there, one with
// "upsd.users:" there.
func NUT() Engine {
	program := "/lib/nut/upsd" // in nobody's path
	if _, err := os.Stat(program); err != nil {
		program = ""
	}
	return nut{alone{
		name: "NUT", env: "UNITY_TEST_NUT_URL", program: program, lacks: "nut-server (apt-get install nut-server)",
		ready: "Running as foreground process", scheme: "nut",
	}}
}

func (nut) prepare(_ context.Context, home string, settings []string) error {
	files := map[string][]string{"ups.conf": {"user = root"}, "upsd.conf": {"STATEPATH " + home}, "upsd.users": {}}
	var drivers []string
	for _, line := range settings {
		name, rest, ok := strings.Cut(line, ":")
		if _, other := files[name]; !ok || !other {
			name, rest = "ups.conf", line
		}
		files[name] = append(files[name], strings.TrimSpace(rest))
		if section, ok := strings.CutPrefix(rest, "["); ok && name == "ups.conf" {
			drivers = append(drivers, strings.TrimSuffix(section, "]"))
		}
	}
	var all error
	for name, lines := range files {
		all = errors.Join(all, os.WriteFile(filepath.Join(home, name), []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	}
	return errors.Join(all, os.WriteFile(filepath.Join(home, "start.sh"), []byte(nutScript(drivers)), 0o600))
}

// nutScript starts each driver and, when all of them listen, upsd in their place
// of the parent, so that whoever ends it ends them.
func nutScript(drivers []string) string {
	var script strings.Builder
	script.WriteString("rm -f dummy-ups-*\n") // those of before a kill
	for _, driver := range drivers {
		fmt.Fprintf(&script, "/lib/nut/dummy-ups -a %s -F $AS &\necho $! > driver-%s.pid\n", driver, driver)
	}
	for _, driver := range drivers {
		fmt.Fprintf(&script, "until [ -S dummy-ups-%s ]; do sleep 0.05; done\n", driver)
	}
	script.WriteString("exec /lib/nut/upsd -F $AS\n")
	return script.String()
}

func (nut) command(home string, port int) *exec.Cmd {
	name := filepath.Join(home, "upsd.conf")
	settings, _ := os.ReadFile(name) // prepare wrote it
	listen := "LISTEN 127.0.0.1 " + strconv.Itoa(port) + "\n"
	if !strings.Contains(string(settings), listen) {
		_ = os.WriteFile(name, append(settings, listen...), 0o600) // upsd says so when it has no port
	}
	command := exec.Command("/bin/sh", "start.sh") //nolint:noctx // it outlives the call
	command.Dir = home
	command.Env = append(os.Environ(), "NUT_CONFPATH="+home, "NUT_STATEPATH="+home, "NUT_ALTPIDPATH="+home)
	if os.Getuid() == 0 {
		command.Env = append(command.Env, "AS=-u root")
	}
	_ = runAs("", command) // only its end is tied to the test's
	return command
}
