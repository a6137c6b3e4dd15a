// Package vpn watches tunnels: WireGuard devices of this machine with their
// peers, or one OpenVPN process with its clients.
//
// WireGuard is asked through the kernel or the sockets of its userspace
// implementations, OpenVPN through its management interface or its status file.
// Keys that are secret are dropped as soon as they are read.
package vpn

import (
	"context"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// The kinds of VPN.
const (
	auto      = "auto"
	wireguard = "wireguard"
	openvpn   = "openvpn"
)

// config is what a person can set.
type config struct {
	Type    string          `json:"type" title:"VPN" help:"What is watched; auto is OpenVPN when its management interface or status file is given, and WireGuard otherwise." enum:"auto,wireguard,openvpn"`
	Timeout plugin.Duration `json:"timeout" title:"Timeout" help:"How long asking may take." min:"100ms" max:"1m" group:"connection"`

	Interfaces      []string          `json:"interfaces" title:"Interfaces" help:"WireGuard interfaces to watch; empty means all." example:"wg0" max:"100" group:"WireGuard"`
	ActiveAge       plugin.Duration   `json:"active_handshake_age" title:"Active within" help:"A peer counts as active while its latest handshake is younger; WireGuard makes one every two minutes while there is traffic." min:"10s" max:"24h" group:"WireGuard"`
	AlwaysConnected []string          `json:"always_connected" title:"Always connected" help:"Names or public keys of peers that should be active at all times, such as another site; an alert tells when one is not." example:"office" max:"100" group:"WireGuard"`
	PeerNames       map[string]string `json:"peer_names" title:"Names of peers" help:"Names for public keys; they win over names found in files." group:"WireGuard"`
	PeerNameFiles   []string          `json:"peer_name_files" title:"Files with names" help:"Where names of peers are looked for: comments above [Peer] in configurations, and the file of wg-easy." example:"/etc/wireguard/wg0.conf" max:"20" group:"WireGuard"`
	UseSudo         bool              `json:"use_sudo" title:"Use sudo" help:"Run wg as sudo -n, where Unity may not ask the kernel itself." group:"WireGuard"`

	Management string        `json:"management" title:"Management interface" help:"Where OpenVPN is managed: host:port, or the path of its socket." example:"127.0.0.1:7505" group:"OpenVPN"`
	Password   plugin.Secret `json:"management_password" title:"Its password" help:"The password of the management interface, if it has one." group:"OpenVPN"`
	StatusFile string        `json:"status_file" title:"Status file" help:"The file that OpenVPN writes its status to; read when there is no management interface." example:"/run/openvpn-server/status-server.log" group:"OpenVPN"`
	PerUser    bool          `json:"per_user_metrics" title:"Figures by client" help:"Keep traffic of every client as series of their own." group:"OpenVPN"`
}

func defaults() config {
	return config{
		Type: auto, Timeout: plugin.Duration(5 * time.Second), ActiveAge: plugin.Duration(180 * time.Second), PerUser: true,
		Interfaces: []string{}, AlwaysConnected: []string{}, PeerNames: map[string]string{},
		PeerNameFiles: []string{"/etc/wireguard/*.conf", "/etc/wireguard/wg0.json"},
	}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	management, status := c.Management != "", c.StatusFile != ""
	switch {
	case c.kind() == openvpn && !management && !status:
		return plugin.Invalid("management", "or status_file is needed to watch OpenVPN")
	case c.Type == wireguard && management:
		return plugin.Invalid("management", "is for OpenVPN; a source watches one of the two")
	case c.Type == wireguard && status:
		return plugin.Invalid("status_file", "is for OpenVPN; a source watches one of the two")
	case !c.Password.Empty() && !management:
		return plugin.Invalid("management_password", "is for the management interface, which is not given")
	case status && !strings.HasPrefix(c.StatusFile, "/"):
		return plugin.Invalid("status_file", "must be an absolute path")
	}
	for _, name := range c.PeerNameFiles {
		if !strings.HasPrefix(name, "/") {
			return plugin.Invalid("peer_name_files", "must hold absolute paths")
		}
	}
	if !management {
		return nil
	}
	_, _, err := managementAddress(c.Management)
	return err
}

// kind is what is watched.
func (c config) kind() string {
	if c.Type != auto {
		return c.Type
	}
	if c.Management != "" || c.StatusFile != "" {
		return openvpn
	}
	return wireguard
}

// Plugin declares the plugin vpn_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is contacted yet: the tunnel may be away.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	return &collector{config: config, host: host}, nil
}
