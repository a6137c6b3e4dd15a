package servers

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// snmpd is the agent of Net-SNMP, which tells of the machine it runs on.
type snmpd struct{ alone }

// SNMPD is the agent of Net-SNMP from the packages of Debian and its kin. Settings
// are lines of snmpd.conf.
func SNMPD() Engine {
	program, err := exec.LookPath("snmpd")
	if err != nil {
		program = "" // in /usr/sbin, which is not in everybody's path
		if _, err := os.Stat("/usr/sbin/snmpd"); err == nil {
			program = "/usr/sbin/snmpd"
		}
	}
	return snmpd{alone{
		name: "snmpd", env: "UNITY_TEST_SNMP_URL", program: program, lacks: "snmpd (apt-get install snmpd)",
		ready: "NET-SNMP version", scheme: "snmp",
	}}
}

func (snmpd) prepare(_ context.Context, home string, settings []string) error {
	// What it keeps is in a file of that name, too, which it writes as it ends.
	return errors.Join(os.Mkdir(filepath.Join(home, "kept"), 0o700),
		os.WriteFile(filepath.Join(home, "snmpd.conf"), []byte(strings.Join(settings, "\n")+"\n"), 0o600))
}

func (s snmpd) command(home string, port int) *exec.Cmd {
	at := "udp:127.0.0.1:" + strconv.Itoa(port)
	command := exec.Command(s.program, "-f", "-Lo", "-C", "-c", filepath.Join(home, "snmpd.conf"), //nolint:noctx // it outlives the call
		"-I", "-smux", "-p", filepath.Join(home, "pid"), at)
	command.Dir = home
	command.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+filepath.Join(home, "kept"), "MIBS=")
	_ = runAs("", command) // only its end is tied to the test's
	return command
}

// snmpsim plays devices from recordings.
type snmpsim struct{ alone }

const snmpsimUser = "nobody" // it refuses to be root

// SNMPSim is the simulator of SNMP devices from the packages of Debian and its
// kin. Settings are the lines of a recording, in the order of their OIDs; the
// community is public.
func SNMPSim() Engine {
	program, err := exec.LookPath("snmpsimd")
	if err != nil {
		program = ""
	}
	return snmpsim{alone{
		name: "snmpsim", env: "UNITY_TEST_SNMPSIM_URL", program: program, lacks: "snmpsim (apt-get install snmpsim)",
		ready: "Listening at UDP/IPv4 endpoint", scheme: "snmp",
	}}
}

func (snmpsim) prepare(_ context.Context, home string, settings []string) error {
	data, cache := filepath.Join(home, "data"), filepath.Join(home, "cache")
	record := filepath.Join(data, "public.snmprec")
	all := errors.Join(os.Mkdir(data, 0o700), os.Mkdir(cache, 0o700), os.WriteFile(record, []byte(strings.Join(settings, "\n")+"\n"), 0o600))
	for _, name := range []string{home, data, cache, record} {
		all = errors.Join(all, giveTo(snmpsimUser, name))
	}
	return all
}

func (s snmpsim) command(home string, port int) *exec.Cmd {
	command := exec.Command(s.program, "--data-dir="+filepath.Join(home, "data"), "--cache-dir="+filepath.Join(home, "cache"), //nolint:noctx // it outlives the call
		"--agent-udpv4-endpoint=127.0.0.1:"+strconv.Itoa(port))
	command.Dir = home
	command.Env = append(os.Environ(), "HOME="+home)
	_ = runAs(snmpsimUser, command) // giveTo found the user
	return command
}
