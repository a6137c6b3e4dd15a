package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ipmiSim plays a management controller.
type ipmiSim struct{ alone }

// IPMISim is the simulated controller of OpenIPMI, from the packages of Debian and
// its kin, which speaks IPMI 2.0. Settings are lines of its commands; those that
// begin with "lan.conf:" go into its settings instead, such as users. {{home}} is
// the folder of the server.
func IPMISim() Engine {
	simulator := ipmiSim{packaged("ipmisim", "openipmi", "ipmi_sim", "it listens")}
	simulator.scheme = "ipmi"
	return simulator
}

func (ipmiSim) prepare(_ context.Context, home string, settings []string) error {
	var lan, commands strings.Builder
	for _, line := range settings {
		line = strings.ReplaceAll(line, "{{home}}", home)
		if rest, ok := strings.CutPrefix(line, "lan.conf:"); ok {
			lan.WriteString(strings.TrimSpace(rest) + "\n")
		} else {
			commands.WriteString(line + "\n")
		}
	}
	return errors.Join(
		os.MkdirAll(filepath.Join(home, "state", "unity"), 0o700),
		os.WriteFile(filepath.Join(home, "users"), []byte(lan.String()), 0o600),
		os.WriteFile(filepath.Join(home, "commands"), []byte(commands.String()), 0o600),
	)
}

func (s ipmiSim) command(home string, port int) *exec.Cmd {
	settings := fmt.Sprintf(`name "unity"
set_working_mc 0x20
startlan 1
addr 127.0.0.1 %d
priv_limit admin
allowed_auths_callback none md2 md5 straight
allowed_auths_user none md2 md5 straight
allowed_auths_operator none md2 md5 straight
allowed_auths_admin none md2 md5 straight
guid a123456789abcdefa123456789abcdef
endlan
`, port)
	users, _ := os.ReadFile(filepath.Join(home, "users")) // prepare wrote it
	_ = os.WriteFile(filepath.Join(home, "lan.conf"), append([]byte(settings), users...), 0o600)
	// It says nothing when it listens, but the kernel does.
	script := fmt.Sprintf(`until grep -q ":%04X " /proc/net/udp; do kill -0 $$ || exit; sleep 0.02; done && echo it listens &
exec %s -c lan.conf -f commands -s state -n -p`, port, s.program)
	command := exec.Command("/bin/sh", "-c", script) //nolint:noctx // it outlives the call
	command.Dir = home
	_ = runAs("", command) // no other user is asked for
	return command
}
