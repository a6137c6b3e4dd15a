package vpn

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// device is a WireGuard interface.
type device struct {
	name, kind string
	publicKey  string
	port       int
	peers      []peer

	up  *bool
	mtu *float64
}

// The kinds of device.
const (
	kindKernel    = "kernel"
	kindUserspace = "userspace"
)

// peer is the other end of a tunnel.
type peer struct {
	key       string // public, in base64
	name      string
	endpoint  string
	allowed   []string
	handshake time.Time // zero when there was none
	received  float64
	sent      float64
	keepalive float64 // seconds; 0 is off
	active    bool
	always    bool // should be active at all times
}

// short is what tells peers apart in labels: nobody reads whole keys.
func (p *peer) short() string { return p.key[:min(len(p.key), 8)] }

const (
	socketFolder = "/var/run/wireguard"
	linkFolder   = "/sys/class/net"
)

// collectWireGuard measures the devices of this machine.
func (c *collector) collectWireGuard(ctx context.Context, out *plugin.Batch) error {
	devices, problems, err := c.devices(ctx, out)
	if err != nil {
		return err
	}
	if len(devices) == 0 && len(problems) > 0 {
		return problems[0]
	}
	for _, problem := range problems {
		out.Problem(problem)
	}
	names, err := c.names()
	out.Problem(err)
	now := c.host.Now()
	for i := range devices {
		d := &devices[i]
		c.readLink(d)
		for j := range d.peers {
			p := &d.peers[j]
			p.name = names[p.key]
			p.active = !p.handshake.IsZero() && now.Sub(p.handshake) < c.config.ActiveAge.Std()
			p.always = slices.Contains(c.config.AlwaysConnected, p.key) || p.name != "" && slices.Contains(c.config.AlwaysConnected, p.name)
			if p.name == "" {
				p.name = p.short()
			}
		}
	}
	emitDevices(devices, now, out)
	out.Problem(c.tellPeers(devices, out))
	out.SetSnapshot(wireguardDocument(devices, now))
	return nil
}

// devices reads the devices of the setting, or all: those of the kernel, and those
// of programs that listen on a socket. One that cannot be read is a problem where
// others can.
func (c *collector) devices(ctx context.Context, out *plugin.Batch) (devices []device, problems []error, err error) {
	links, err := c.kernelLinks()
	if err != nil {
		return nil, nil, err
	}
	sockets, err := c.sockets()
	if err != nil && len(links) == 0 {
		return nil, nil, err
	}
	if err != nil {
		problems = append(problems, err)
	}
	missing, err := c.missing(append(slices.Clone(links), sockets...))
	if err != nil {
		return nil, nil, err
	}
	for _, problem := range missing {
		out.Add("wireguard_device_up", 0, "device", problem.name)
		problems = append(problems, problem.err)
	}
	other := func(name string) bool {
		return len(c.config.Interfaces) > 0 && !slices.Contains(c.config.Interfaces, name)
	}
	found, err := c.readKernel(ctx, slices.DeleteFunc(links, other))
	if err != nil {
		problems = append(problems, err)
	}
	devices = append(devices, found...)
	for _, name := range slices.DeleteFunc(sockets, other) {
		d, err := c.readSocket(ctx, name)
		switch {
		case err == nil:
			devices = append(devices, d)
		case ctx.Err() != nil:
			return nil, nil, err
		default:
			problems = append(problems, err)
		}
	}
	slices.SortFunc(devices, func(a, b device) int { return strings.Compare(a.name, b.name) })
	return devices, problems, nil
}

// absent is an interface of the setting that is not there.
type absent struct {
	name string
	err  error
}

// missing finds the interfaces of the setting that are not there. That none is
// there is a fault.
func (c *collector) missing(present []string) ([]absent, error) {
	if len(present) == 0 {
		return nil, fault.New(fault.NotFound, "no WireGuard interface exists").
			WithHint("bring one up: wg-quick up wg0; Unity has to run on the machine, and in a container with the machine's network")
	}
	slices.Sort(present)
	var list []absent
	for _, name := range c.config.Interfaces {
		if !slices.Contains(present, name) {
			list = append(list, absent{name, fault.New(fault.NotFound, "there is no WireGuard interface %s, but %s", name, strings.Join(present, ", ")).
				WithHint("bring it up, or take it out of the setting Interfaces")})
		}
	}
	if len(list) > 0 && len(list) == len(c.config.Interfaces) {
		return nil, list[0].err
	}
	return list, nil
}

// kernelLinks are the names of the kernel's WireGuard interfaces.
func (c *collector) kernelLinks() ([]string, error) {
	entries, err := c.host.Files.ReadDir(linkFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // not Linux
	}
	if err != nil {
		return nil, fault.Wrap(err, "looking for network interfaces")
	}
	var links []string
	for _, entry := range entries {
		text, err := c.host.Files.ReadFile(linkFolder + "/" + entry.Name() + "/uevent")
		if err == nil && slices.Contains(strings.Fields(string(text)), "DEVTYPE=wireguard") {
			links = append(links, entry.Name())
		}
	}
	return links, nil
}

// sockets are the names of the devices of programs such as wireguard-go.
func (c *collector) sockets() ([]string, error) {
	entries, err := c.host.Files.ReadDir(socketFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if errors.Is(err, fs.ErrPermission) {
		return nil, fault.As(fault.Permission, err, "looking for sockets of WireGuard").WithHint("reading WireGuard needs root; see Set-up")
	}
	if err != nil {
		return nil, fault.Wrap(err, "looking for sockets of WireGuard")
	}
	var names []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), ".sock"); ok && name != "" {
			names = append(names, name)
		}
	}
	return names, nil
}

// readLink reads what the system knows of the interface.
func (c *collector) readLink(d *device) {
	folder := linkFolder + "/" + d.name
	const isUp = 1 // IFF_UP
	if text, err := c.host.Files.ReadFile(folder + "/flags"); err == nil {
		if flags, err := strconv.ParseUint(strings.TrimSpace(string(text)), 0, 32); err == nil {
			up := flags&isUp != 0
			d.up = &up
		}
	}
	if text, err := c.host.Files.ReadFile(folder + "/mtu"); err == nil {
		if mtu, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 31); err == nil {
			value := float64(mtu)
			d.mtu = &value
		}
	}
}

func emitDevices(devices []device, now time.Time, out *plugin.Batch) {
	for _, d := range devices {
		out.Add("wireguard_device_info", 1, "device", d.name, "type", d.kind, "listen_port", strconv.Itoa(d.port))
		if d.up != nil {
			out.AddBool("wireguard_device_up", *d.up, "device", d.name)
		}
		var active, never, received, sent float64
		for _, p := range d.peers {
			if p.active {
				active++
			}
			if p.handshake.IsZero() {
				never++
			}
			received, sent = received+p.received, sent+p.sent
			emitPeer(d.name, p, now, out)
		}
		for state, n := range map[string]float64{"total": float64(len(d.peers)), "active": active, "never": never} {
			out.Add("wireguard_peers", n, "device", d.name, "state", state)
		}
		if len(d.peers) > 0 {
			out.Add("wireguard_peers_active_ratio", active/float64(len(d.peers)), "device", d.name)
		}
		out.Add("wireguard_device_receive_bytes_total", received, "device", d.name)
		out.Add("wireguard_device_transmit_bytes_total", sent, "device", d.name)
	}
}

func emitPeer(device string, p peer, now time.Time, out *plugin.Batch) {
	labels := []string{"device", device, "peer", p.short(), "name", p.name}
	out.Add("wireguard_peer_receive_bytes_total", p.received, labels...)
	out.Add("wireguard_peer_transmit_bytes_total", p.sent, labels...)
	out.AddBool("wireguard_peer_active", p.active, labels...)
	out.Add("wireguard_peer_allowed_ips", float64(len(p.allowed)), labels...)
	if p.always {
		out.AddBool("wireguard_peer_missing", !p.active, labels...)
	}
	if !p.handshake.IsZero() {
		out.Add("wireguard_peer_last_handshake_timestamp_seconds", float64(p.handshake.Unix()), labels...)
		out.Add("wireguard_peer_last_handshake_age_seconds", age(now, p.handshake), labels...)
	}
}
