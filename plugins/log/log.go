// Package log watches logs: files, through every kind of rotation, and the
// journal of systemd. It counts lines by how bad they are and by the patterns
// they match, remembers its place over restarts, and shows the latest matches.
package log

import (
	"context"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/follow"
)

// Plugin declares the plugin log_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// collector reads one log.
type collector struct {
	config   config
	host     plugin.Host
	matcher  *matcher
	redactor redactor
	follower *follow.Follower // nil for the journal
}

func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	m, err := newMatcher(config)
	if err != nil {
		return nil, err
	}
	redactor, err := newRedactor(config.Redact)
	if err != nil {
		return nil, err
	}
	c := &collector{config: config, host: host, matcher: m, redactor: redactor}
	if config.Source == sourceFile {
		c.follower = follow.New(follow.Options{
			Files: host.Files, Paths: config.Paths, MaxFiles: config.MaxFiles, FromStart: config.StartAt == "beginning",
			Encoding: follow.Encoding(config.Encoding), MaxLineBytes: config.MaxLineBytes, MaxReadBytes: int64(config.MaxReadMegabytes) << 20,
		})
	}
	return c, nil
}

// Close implements io.Closer.
func (c *collector) Close() error {
	if c.follower == nil {
		return nil
	}
	return c.follower.Close()
}
