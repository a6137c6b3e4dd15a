package servers

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const redisUser = "redis" // of the system

// redis is Redis from the packages of Debian and its kin.
type redis struct{ alone }

// Redis is the Redis that is installed. Settings are lines of redis.conf; with
// tls-cert-file it speaks TLS only.
func Redis() Engine {
	program, _ := exec.LookPath("redis-server")
	return redis{alone{
		name: "Redis", env: "UNITY_TEST_REDIS_URL", program: program, lacks: "redis-server (apt-get install redis-server)",
		ready: "Ready to accept connections", scheme: "redis",
	}}
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
