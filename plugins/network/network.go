// Package network watches how a machine is connected: interfaces and their
// traffic, sockets, protocol counters, connection tracking, and whether the
// gateway answers.
package network

import (
	"context"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// Config is what a source of this plugin is configured with.
type Config struct {
	Interfaces         plugin.Globs `json:"interfaces" title:"Interfaces" help:"Only these interfaces are watched; empty means all." example:"eth*"`
	InterfaceExclude   plugin.Globs `json:"interface_exclude" title:"Interfaces left out" help:"Interfaces that are not watched, even when they are named above; those of containers and virtual machines by default."`
	IncludeConnections bool         `json:"include_connections" title:"Connections" help:"Count TCP connections by state, and sockets by protocol."`
	CollectListeners   bool         `json:"collect_listeners" title:"Open ports" help:"List the ports that something listens on."`
	CollectProtocols   bool         `json:"collect_protocols" title:"Protocol counters" help:"Count what TCP, UDP, IP and ICMP do."`
	CollectConntrack   bool         `json:"collect_conntrack" title:"Connection tracking" help:"Watch the firewall's table of connections."`
	CollectWireless    bool         `json:"collect_wireless" title:"Wireless" help:"Watch the signal of wireless interfaces."`
	ProbeGateway       bool         `json:"probe_gateway" title:"Ping the gateway" help:"Send three pings to the default gateway in each collection."`
	ProbeTargets       []string     `json:"probe_targets" title:"Ping targets" help:"Further hosts to ping, by name or address." example:"1.1.1.1"`
}

func defaults() Config {
	return Config{
		Interfaces: plugin.Globs{},
		InterfaceExclude: plugin.Globs{
			"lo", "veth*", "cali*", "cni*", "flannel*", "vnet*", "tap*", "fwbr*", "fwpr*", "fwln*",
			"docker_gwbridge", "br-????????????",
		},
		IncludeConnections: true,
		CollectListeners:   true,
		CollectProtocols:   true,
		CollectConntrack:   true,
		CollectWireless:    true,
		ProbeTargets:       []string{},
	}
}

// Plugin returns the plugin.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

func open(_ context.Context, config Config, host plugin.Host) (plugin.Collector, error) {
	return &collector{config: config, host: host, reader: newReader(config, host), ping: ping}, nil
}

// detect finds the one machine there is, whatever it is connected to.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	finding := plugin.Finding{Config: map[string]any{}, Evidence: "the network of this machine", Ready: true}
	if found, err := newReader(defaults(), host).links(ctx); err == nil && len(found) > 0 {
		names := make([]string, 0, len(found))
		for _, l := range found {
			names = append(names, l.Name)
		}
		const most = 4
		if len(names) > most {
			names = append(names[:most], "and "+strconv.Itoa(len(names)-most)+" more")
		}
		finding.Evidence = "network interfaces: " + strings.Join(names, ", ")
	}
	return []plugin.Finding{finding}, nil
}
