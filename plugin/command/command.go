// Package command runs programs of the watched machine for plugins. It
// implements [plugin.Runner].
//
// Only programs that the plugin's manifest declares are run, by their absolute
// path, without a shell or a terminal, with a small fixed environment, with
// bounded output, and never longer than the context allows: at its end the
// whole process group is killed.
package command

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

const (
	maxStdoutBytes = 8 << 20
	maxStderrBytes = 64 << 10
	// waitDelay is how long after a kill the pipes may stay open.
	waitDelay = 2 * time.Second
)

// Options say what may be run and where it is looked for.
type Options struct {
	// Allowed are the names of the programs that may be run.
	Allowed []string
	// Path are the folders to look in, in order. Empty means those of $PATH,
	// then /usr/local/sbin, /usr/sbin and /sbin, which a service's PATH often
	// leaves out.
	Path []string
}

// Runner runs allowed programs. It is safe for concurrent use.
type Runner struct {
	allowed []string
	path    []string
}

// Runner implements the contract.
var _ plugin.Runner = (*Runner)(nil)

// New returns a runner.
func New(o Options) *Runner {
	folders := slices.Clone(o.Path)
	if len(folders) == 0 {
		folders = append(filepath.SplitList(os.Getenv("PATH")), "/usr/local/sbin", "/usr/sbin", "/sbin")
	}
	// A relative folder would run whatever lies in the working directory.
	folders = slices.DeleteFunc(folders, func(dir string) bool { return !filepath.IsAbs(dir) })
	return &Runner{allowed: slices.Clone(o.Allowed), path: folders}
}

// Find returns the absolute path of a program, or a fault of kind NotInstalled,
// or of kind Permission where it is there and may not be run.
func (r *Runner) Find(name string) (string, error) {
	if !slices.Contains(r.allowed, name) || strings.ContainsAny(name, `/\`) {
		return "", fault.New(fault.Internal, "program %q is not among those that the plugin declares", name)
	}
	return r.find(name)
}

func (r *Runner) find(name string) (string, error) {
	var denied error
	for _, dir := range r.path {
		file, err := exec.LookPath(filepath.Join(dir, name))
		if err == nil {
			return file, nil
		}
		if errors.Is(err, fs.ErrPermission) && denied == nil {
			denied = fault.New(fault.Permission, "running %s: this user may not execute %s", name, filepath.Join(dir, name))
		}
	}
	if denied != nil {
		return "", denied
	}
	return "", fault.New(fault.NotInstalled, "program %s is not installed", name).
		WithHint("install it, or add its folder to PATH (looked in %s)", strings.Join(r.path, ", "))
}

// Run runs a program to its end. An exit code other than 0 is no error; see
// [Check]. A program that writes more than the bound is ended there, with exit
// code 0.
func (r *Runner) Run(ctx context.Context, c plugin.Command) (plugin.Output, error) {
	program, err := r.Find(c.Name)
	if err != nil {
		return plugin.Output{}, err
	}
	args := c.Args
	if c.Sudo {
		args = append([]string{"-n", "--", program}, args...)
		if program, err = r.find("sudo"); err != nil {
			return plugin.Output{}, err
		}
	}
	stdout := &bounded{limit: maxStdoutBytes, stop: true}
	if c.MaxOutputBytes > 0 {
		stdout.limit = c.MaxOutputBytes
	}
	stderr := &bounded{limit: maxStderrBytes}

	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = r.environment(c.Env)
	cmd.Dir = string(filepath.Separator)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if c.Stdin != nil {
		cmd.Stdin = bytes.NewReader(c.Stdin)
	}
	cmd.WaitDelay = waitDelay
	ownGroup(cmd)
	err = cmd.Run()

	out := plugin.Output{Stdout: stdout.data, Stderr: stderr.data, Truncated: stdout.over}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return out, stopped(ctx.Err(), c)
	case stdout.over:
		return out, nil
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		out.ExitCode = exit.ExitCode()
		return out, nil
	case errors.Is(err, fs.ErrPermission):
		return out, fault.New(fault.Permission, "running %s: this user may not execute %s", Line(c), program)
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		// Killed by somebody else, or never started.
		return out, fault.As(fault.Of(err), err, "running %s", Line(c))
	}
	return out, nil
}

func stopped(cause error, c plugin.Command) error {
	if errors.Is(cause, context.Canceled) {
		return fault.As(fault.Canceled, cause, "running %s", Line(c))
	}
	return fault.New(fault.Timeout, "running %s: it did not end in time and was killed", Line(c))
}

// environment is small: programs speak English, find their helpers and their
// sockets, learn none of the secrets in ours, and get what the plugin adds.
func (r *Runner) environment(more map[string]string) []string {
	env := []string{"LC_ALL=C", "PATH=" + strings.Join(r.path, string(filepath.ListSeparator))}
	for _, name := range []string{
		"HOME", "USER", "LOGNAME", "TZ", "TMPDIR", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "SYSTEMROOT",
	} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	for name, value := range more {
		env = append(env, name+"="+value) // of two the last counts
	}
	return env
}

// Line returns the command as a person would type it, for messages.
func Line(c plugin.Command) string {
	words := append([]string{c.Name}, c.Args...)
	if c.Sudo {
		words = append([]string{"sudo", "-n"}, words...)
	}
	const most = 120
	line := strings.Join(words, " ")
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most], "") + "…"
	}
	return line
}

// Check returns an error when the program ended with an exit code other than 0.
// It says the first line of what the program complained.
func Check(c plugin.Command, out plugin.Output) error {
	if out.ExitCode == 0 {
		return nil
	}
	said := firstLine(out.Stderr)
	if said == "" {
		said = "it said nothing"
	}
	kind, hint := kindOf(c, said)
	return &fault.Error{
		Kind:    kind,
		Message: "running " + Line(c) + ": " + said,
		Hint:    hint,
		Err:     nil,
	}
}

func kindOf(c plugin.Command, said string) (fault.Kind, string) {
	lower := strings.ToLower(said)
	switch {
	case c.Sudo && (strings.Contains(lower, "password is required") || strings.Contains(lower, "not allowed")):
		return fault.Permission, "allow " + c.Name + " in sudoers with NOPASSWD for the user that runs Unity"
	case strings.Contains(lower, "permission denied"), strings.Contains(lower, "operation not permitted"), strings.Contains(lower, "insufficient permission"),
		strings.Contains(lower, "must be root"), strings.Contains(lower, "are you root"):
		return fault.Permission, "" // which right it is, the plugin knows
	case strings.Contains(lower, "no such file"), strings.Contains(lower, "not found"):
		return fault.NotFound, "see whether what it names is there, and is spelled so in the settings"
	default:
		return fault.BadAnswer, "run it by hand, as the user that runs Unity, to see all that it says"
	}
}

func firstLine(text []byte) string {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			const most = 200
			return strings.ToValidUTF8(string(line[:min(len(line), most)]), "\uFFFD")
		}
	}
	return ""
}

// bounded keeps the first bytes written to it. What comes after is refused,
// which ends the program by a broken pipe, or else thrown away.
type bounded struct {
	data  []byte
	limit int
	stop  bool
	over  bool
}

var errEnough = errors.New("more output than is wanted")

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	room := b.limit - len(b.data)
	if len(p) <= room {
		b.data = append(b.data, p...)
		return len(p), nil
	}
	b.data = append(b.data, p[:room]...)
	b.over = true
	if b.stop {
		return room, errEnough
	}
	return len(p), nil
}
