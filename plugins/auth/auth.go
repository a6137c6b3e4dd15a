// Package auth watches who logs in to a machine, who tries, and who is banned:
// what sshd, sudo, su and other programs log, and the jails of fail2ban.
package auth

import (
	"context"
	"net/netip"
	"regexp"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/follow"
)

// Plugin declares the plugin auth_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// collector watches one machine.
type collector struct {
	config   config
	host     plugin.Host
	follower *follow.Follower
	custom   []custom
	ignored  []netip.Prefix
	reader   *reader
}

// custom is a pattern of a person's, ready for use.
type custom struct {
	customPattern

	regex *regexp.Regexp
}

func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	c := &collector{
		config: config, host: host, reader: newReader(config.Services),
		follower: follow.New(follow.Options{Files: host.Files, Paths: config.LogFiles, FromStart: true, MaxLineBytes: 8 << 10}),
	}
	for _, p := range config.CustomPatterns {
		re, err := regexp.Compile(p.Regex)
		if err != nil {
			return nil, err
		}
		c.custom = append(c.custom, custom{p, re})
	}
	for _, text := range config.IgnoreSources {
		prefix, err := parsePrefix(text)
		if err != nil {
			return nil, err
		}
		c.ignored = append(c.ignored, prefix)
	}
	return c, nil
}

// Close implements io.Closer.
func (c *collector) Close() error { return c.follower.Close() }

// parsePrefix reads an address or a network.
func parsePrefix(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	return netip.ParsePrefix(text)
}
