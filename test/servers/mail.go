package servers

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// postfix is the mail server Postfix, which only root can start.
type postfix struct{ alone }

// Postfix is the Postfix that is installed. Settings are lines of main.cf, in
// which {{home}} stands for the server's folder. Its configuration is in the
// folder etc there, and it logs to the file log.
func Postfix() Engine {
	return postfix{packaged("Postfix", "postfix", "/usr/lib/postfix/sbin/master", "daemon started")}
}

// services are the lines of master.cf, behind that of the port.
const services = `
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
local unix - n n - - local
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

func (p postfix) prepare(ctx context.Context, home string, settings []string) error {
	account, err := user.Lookup("postfix")
	if err != nil {
		return err
	}
	owner, err := strconv.Atoi(account.Uid)
	if err != nil {
		return err
	}
	lines := append([]string{
		"compatibility_level = 3.6", "queue_directory = {{home}}/spool", "data_directory = {{home}}/data", "maillog_file = {{home}}/log",
		"maillog_file_prefixes = {{home}}", "inet_protocols = ipv4", "myhostname = mail.test", "mydestination = localhost", "alias_maps =", "alias_database =",
	}, settings...)
	text := strings.ReplaceAll(strings.Join(lines, "\n")+"\n", "{{home}}", home)
	err = errors.Join(
		os.Chmod(home, 0o755),                                                                                                                    //nolint:gosec // Postfix gives up rights, and has to get in all the same
		os.Mkdir(filepath.Join(home, "etc"), 0o755), os.Mkdir(filepath.Join(home, "spool"), 0o755), os.Mkdir(filepath.Join(home, "data"), 0o700), //nolint:gosec // likewise
		os.Chown(filepath.Join(home, "data"), owner, -1),
		os.WriteFile(filepath.Join(home, "etc", "main.cf"), []byte(text), 0o644),       //nolint:gosec // likewise
		os.WriteFile(filepath.Join(home, "etc", "master.cf"), []byte(services), 0o644), //nolint:gosec // likewise
		os.WriteFile(filepath.Join(home, "log"), nil, 0o644),                           //nolint:gosec // likewise
	)
	if err != nil {
		return err
	}
	return run(exec.CommandContext(ctx, "postfix", "-c", filepath.Join(home, "etc"), "check"))
}

func (p postfix) command(home string, port int) *exec.Cmd {
	place := "127.0.0.1:" + strconv.Itoa(port) + " inet n - n - - smtpd"
	_ = os.WriteFile(filepath.Join(home, "etc", "master.cf"), []byte(place+services), 0o644) //nolint:gosec // it says so when it has no port
	_ = os.Remove(filepath.Join(home, "spool", "pid", "master.pid"))                         // of one that was killed
	// It says nothing but in its log.
	command := exec.Command("sh", "-c", `tail -n 0 --pid=$$ -F log & exec "$0" -s -c "$1"`, p.program, filepath.Join(home, "etc")) //nolint:noctx // it outlives the call
	command.Dir = home
	_ = runAs("", command) // only root can start it
	return command
}

// Rspamd is the rspamd that is installed. Settings are lines of its
// configuration; its controller has to answer at 127.0.0.1:{{port}}.
func Rspamd() Engine {
	return daemon{
		alone: packaged("rspamd", "rspamd", "rspamd", "starting controller process"),
		args:  func(settings string) []string { return []string{"-f", "-i", "-c", settings} },
	}
}
