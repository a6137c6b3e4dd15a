package servers

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

const redisUser = "redis" // of the system

// redis is Redis from the packages of Debian and its kin.
type redis struct {
	program string // empty when there is none
}

// Redis is the Redis that is installed. Each test takes a server of its own with
// Start: one starts within a blink, and holds no databases that could be given
// out. Settings are lines of redis.conf; with tls-cert-file it speaks TLS only.
func Redis() Engine {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return redis{}
	}
	return redis{program: program}
}

func (redis) title() string        { return "Redis" }
func (redis) variable() string     { return "UNITY_TEST_REDIS_URL" }
func (redis) announcement() string { return "Ready to accept connections" }
func (redis) farewell() os.Signal  { return syscall.SIGTERM }

func (r redis) missing() string {
	switch {
	case runtime.GOOS != "linux":
		return "a way to end a server with its test on this system"
	case r.program == "":
		return "redis-server (apt-get install redis-server)"
	default:
		return ""
	}
}

func (redis) prepare(_ context.Context, home string, settings []string) error {
	lines := append([]string{"bind 127.0.0.1", "dir " + home, "daemonize no"}, settings...)
	if !slices.ContainsFunc(settings, func(line string) bool { return strings.HasPrefix(line, "save") }) {
		lines = append(lines, `save ""`)
	}
	name := filepath.Join(home, "redis.conf")
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	return errors.Join(giveTo(redisUser, home), giveTo(redisUser, name))
}

func (r redis) command(home string, port int) *exec.Cmd {
	args := []string{filepath.Join(home, "redis.conf")}
	settings, _ := os.ReadFile(args[0]) // prepare wrote it
	if strings.Contains(string(settings), "\ntls-cert-file ") {
		args = append(args, "--port", "0", "--tls-port", strconv.Itoa(port))
	} else {
		args = append(args, "--port", strconv.Itoa(port))
	}
	command := exec.Command(r.program, args...) //nolint:noctx // it outlives the call
	command.Dir = home
	_ = runAs(redisUser, command) // giveTo found the user
	return command
}

func (redis) address(port int) string { return "redis://127.0.0.1:" + strconv.Itoa(port) }

func (redis) create(context.Context, string, string) (string, func(context.Context) error, error) {
	return "", nil, errors.New("a test takes a Redis of its own with Start")
}
