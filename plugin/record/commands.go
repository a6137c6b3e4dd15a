package record

import (
	"context"
	"fmt"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// commands records what programs are run and what they say.
type commands struct {
	plugin.Runner
	r *Recorder
}

// Find implements plugin.Runner.
func (c commands) Find(name string) (string, error) {
	file, err := c.Runner.Find(name)
	if err == nil {
		c.r.mu.Lock()
		defer c.r.mu.Unlock()
		c.r.found[name] = true
	}
	return file, err
}

// Run implements plugin.Runner.
func (c commands) Run(ctx context.Context, command plugin.Command) (plugin.Output, error) {
	out, err := c.Runner.Run(ctx, command)
	line := strings.TrimSpace("exec " + command.Name + " " + strings.Join(command.Args, " "))
	switch {
	case fault.Of(err) == fault.Timeout:
		c.r.keep(line+" hang", nil)
	case err != nil: // not installed, not allowed: the case has nothing of it
	default:
		if out.ExitCode != 0 {
			c.r.keep(fmt.Sprintf("%s exit=%d", line, out.ExitCode), out.Stdout)
		} else {
			c.r.keep(line, out.Stdout)
		}
		if len(out.Stderr) > 0 {
			c.r.keep(line+" stderr", out.Stderr)
		}
	}
	return out, err
}
