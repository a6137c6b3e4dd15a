package plugintest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// commands answers as the case's programs did.
type commands struct{ w *world }

// Find implements plugin.Runner. A program is installed when the case shows
// something of it.
func (c commands) Find(name string) (string, error) {
	if !slices.Contains(c.w.rights.Commands, name) {
		c.w.complain("looks for the program %s, which Rights.Commands does not declare", name)
		return "", fault.New(fault.Internal, "program %q is not among those that the plugin declares", name)
	}
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	for line := range c.w.programs {
		if word, _, _ := strings.Cut(line, " "); word == name {
			return "/usr/bin/" + name, nil
		}
	}
	return "", fault.New(fault.NotInstalled, "program %s is not installed", name)
}

// Run implements plugin.Runner.
func (c commands) Run(ctx context.Context, command plugin.Command) (plugin.Output, error) {
	if _, err := c.Find(command.Name); err != nil {
		return plugin.Output{}, err
	}
	line := strings.TrimSpace(command.Name + " " + strings.Join(command.Args, " "))
	c.w.mu.Lock()
	sections := c.w.programs[line]
	c.w.mu.Unlock()
	if len(sections) == 0 {
		c.w.complain("unexpected command: %s", line)
		return plugin.Output{ExitCode: 1, Stderr: []byte("not in this case")}, nil
	}
	var out plugin.Output
	for _, s := range sections {
		if _, hang := s.flags["hang"]; hang {
			select {
			case <-ctx.Done():
			case <-c.w.ended:
			}
		}
		if code, err := strconv.Atoi(s.flags["exit"]); err == nil {
			out.ExitCode = code
		}
		if _, stderr := s.flags["stderr"]; stderr {
			out.Stderr = append(out.Stderr, c.w.fill(s.data)...)
		} else {
			out.Stdout = append(out.Stdout, c.w.fill(s.data)...)
		}
	}
	if err := ctx.Err(); errors.Is(err, context.DeadlineExceeded) {
		return out, fault.New(fault.Timeout, "running %s: it did not end in time and was killed", line)
	} else if err != nil {
		return out, fault.As(fault.Canceled, err, "running %s", line)
	}
	most := command.MaxOutputBytes
	if most == 0 {
		most = 8 << 20
	}
	if len(out.Stdout) > most {
		out.Stdout, out.Truncated, out.ExitCode = out.Stdout[:most], true, 0
	}
	return out, nil
}
