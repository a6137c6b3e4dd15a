package servers

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// apcupsd is the daemon of APC's power supplies, with the driver that it has for
// tests.
type apcupsd struct{ alone }

// Apcupsd is the apcupsd that is installed, or that tools/setup.sh has unpacked:
// as a package it cannot stand beside that of NUT. Settings are lines of
// apcupsd.conf.
func Apcupsd() Engine {
	program, err := exec.LookPath("apcupsd")
	if err != nil {
		program = filepath.Join(folderOf("apcupsd"), "sbin", "apcupsd")
		if _, err := os.Stat(program); err != nil {
			program = ""
		}
	}
	return apcupsd{alone{
		name: "apcupsd", env: "UNITY_TEST_APCUPSD_URL", program: program, lacks: "apcupsd (tools/setup.sh unpacks it)",
		ready: "Battery disconnected", scheme: "apcupsd",
	}}
}

func (apcupsd) prepare(_ context.Context, home string, settings []string) error {
	lines := append([]string{
		"## apcupsd.conf v1.1 ##", "UPSTYPE test", "UPSCABLE simple", "DEVICE", "LOCKFILE " + home, "PWRFAILDIR " + home, "NOLOGINDIR " + home,
		"SCRIPTDIR " + home, "EVENTSFILE /dev/stderr", "NETSERVER on", "NISIP 127.0.0.1",
	}, settings...)
	return os.WriteFile(filepath.Join(home, "apcupsd.conf"), []byte(strings.Join(lines, "\n")+"\n"), 0o600)
}

func (a apcupsd) command(home string, port int) *exec.Cmd {
	name := filepath.Join(home, "apcupsd.conf")
	settings, _ := os.ReadFile(name) // prepare wrote it
	place := "NISPORT " + strconv.Itoa(port) + "\n"
	if !strings.Contains(string(settings), place) {
		_ = os.WriteFile(name, append(settings, place...), 0o600) // it says so when it has no port
	}
	command := exec.Command(a.program, "-b", "-f", name) //nolint:noctx // it outlives the call
	command.Dir = home
	_ = runAs("", command) // only its end is tied to the test's
	return command
}
