package vpn

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
)

// readKernel asks the kernel itself where these are the files of this machine,
// and else, or where that is not allowed, the program wg.
func (c *collector) readKernel(ctx context.Context, links []string) ([]device, error) {
	if len(links) == 0 {
		return nil, nil
	}
	var own error
	if c.host.Files.Live() {
		devices, err := c.kernel.read(links)
		if err == nil {
			return devices, nil
		}
		own = err
	}
	const hint = "reading WireGuard needs root or the capability CAP_NET_ADMIN; or let sudo run wg, see Set-up"
	if _, err := c.host.Commands.Find("wg"); err != nil {
		if errors.Is(own, fs.ErrPermission) {
			return nil, fault.As(fault.Permission, fault.Reword(own, "not permitted"), "asking the kernel for WireGuard").WithHint(hint)
		}
		return nil, fault.Wrap(err, "asking for WireGuard")
	}
	run := plugin.Command{Name: "wg", Args: []string{"show", "all", "dump"}, Sudo: c.config.UseSudo}
	ctx, cancel := c.deadline(ctx)
	defer cancel()
	output, err := c.host.Commands.Run(ctx, run)
	if err != nil {
		return nil, err
	}
	if err := command.Check(run, output); err != nil {
		if fault.Of(err) == fault.Permission && fault.Hint(err) == "" {
			return nil, fault.As(fault.Permission, err, "asking wg for WireGuard").WithHint(hint)
		}
		return nil, err
	}
	devices, err := parseDump(string(output.Stdout))
	if err != nil {
		return nil, err
	}
	// Devices of programs are read over their sockets.
	return slices.DeleteFunc(devices, func(d device) bool { return !slices.Contains(links, d.name) }), nil
}

// Columns of wg show all dump: five of a device, nine of a peer.
const (
	deviceColumns = 5
	peerColumns   = 9
)

// parseDump reads wg show all dump. The keys that are secret stand in the second
// and third column, and are passed over.
func parseDump(text string) ([]device, error) {
	var devices []device
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		bad := fault.New(fault.BadAnswer, "wg show all dump: a line with %d columns makes no sense", len(fields))
		switch {
		case len(fields) == deviceColumns && fields[0] != "":
			port, err := strconv.ParseUint(fields[3], 10, 16)
			if err != nil {
				return nil, bad
			}
			devices = append(devices, device{name: fields[0], kind: kindKernel, publicKey: fields[2], port: int(port)})
		case len(fields) == peerColumns && len(devices) > 0 && devices[len(devices)-1].name == fields[0]:
			p, err := dumpedPeer(fields, bad)
			if err != nil {
				return nil, err
			}
			last := &devices[len(devices)-1]
			last.peers = append(last.peers, p)
		default:
			return nil, bad
		}
	}
	return devices, nil
}

func dumpedPeer(fields []string, bad error) (peer, error) {
	p := peer{key: fields[1]}
	if len(p.key) != wgtypes.KeyLen*4/3+2 {
		return peer{}, bad
	}
	if fields[3] != "(none)" {
		p.endpoint = fields[3]
	}
	if fields[4] != "(none)" {
		p.allowed = strings.Split(fields[4], ",")
	}
	for i, name := range map[int]string{5: "last_handshake_time_sec", 6: "rx_bytes", 7: "tx_bytes"} {
		if err := p.set(name, fields[i], bad); err != nil {
			return peer{}, err
		}
	}
	if fields[8] != "off" {
		return p, p.set("persistent_keepalive_interval", fields[8], bad)
	}
	return p, nil
}
