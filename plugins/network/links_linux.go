package network

import (
	"bytes"
	"context"
	"path"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// links reads the wanted interfaces.
func (r *reader) links(ctx context.Context) ([]link, error) {
	data, err := r.host.Files.ReadFile(r.proc("dev"))
	if err != nil {
		return nil, fault.Wrap(err, "reading the counters of network interfaces")
	}
	signals := map[string]signal{}
	if r.config.CollectWireless {
		if data, err := r.host.Files.ReadFile(r.proc("wireless")); err == nil {
			signals = parseWireless(data)
		} // absent where the kernel knows no wireless interfaces
	}
	var links []link
	for _, l := range parseDev(data) {
		if !plugin.Selects(r.config.Interfaces, r.config.InterfaceExclude, l.Name) {
			continue
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		r.describe(&l)
		if s, ok := signals[l.Name]; ok {
			l.Kind = "wireless"
			if l.Up { // otherwise it hears nothing, whatever was said last
				l.Signal = &s
			}
		}
		links = append(links, l)
	}
	return links, nil
}

// parseDev reads /proc/net/dev. A line that is not of its form is left out.
func parseDev(data []byte) []link {
	var links []link
	for line := range bytes.Lines(data) {
		name, rest, ok := strings.Cut(string(line), ":")
		fields := strings.Fields(rest)
		name = strings.TrimSpace(name)
		if !ok || len(fields) < 16 || name == "" || strings.ContainsAny(name, "/ \t") {
			continue
		}
		var v [16]uint64
		good := true
		for i := range v {
			n, err := strconv.ParseUint(fields[i], 10, 64)
			v[i], good = n, good && err == nil
		}
		if !good {
			continue
		}
		links = append(links, link{Name: name, Counters: linkCounters{
			ReceivedBytes: v[0], ReceivedPackets: v[1], ReceiveErrors: v[2], ReceiveDropped: v[3],
			ReceiveFIFO: v[4], ReceiveFrame: v[5], ReceivedMulticast: v[7],
			SentBytes: v[8], SentPackets: v[9], SendErrors: v[10], SendDropped: v[11],
			SendFIFO: v[12], Collisions: v[13], CarrierErrors: v[14],
			Detailed: true,
		}})
	}
	return links
}

// describe reads what else is known about an interface. What cannot be read,
// such as the speed of one that is down, stays unknown.
func (r *reader) describe(l *link) {
	folder := "/sys/class/net/" + l.Name + "/"
	text := func(file string) string {
		s, err := hostfs.Text(r.host.Files, folder+file)
		if err != nil {
			return ""
		}
		return strings.ToValidUTF8(s, "")
	}
	number := func(file string) *int64 {
		n, err := hostfs.Int(r.host.Files, folder+file)
		if err != nil || n < 0 {
			return nil
		}
		return &n
	}
	l.State, l.MAC = text("operstate"), text("address")
	if strings.Trim(l.MAC, "0:") == "" {
		l.MAC = ""
	}
	carrier := number("carrier") // cannot be read while the interface is off
	switch l.State {
	case "up", "unknown":
		l.Up = carrier == nil || *carrier == 1
	default:
		l.Up = false
	}
	if mtu := number("mtu"); mtu != nil {
		l.MTU = *mtu
	}
	l.CarrierChanges = number("carrier_changes")
	if l.Up {
		// An old kernel gives 2^32-1 for "not known", newer ones -1.
		if speed := number("speed"); speed != nil && *speed > 0 && *speed < 1<<32-1 {
			l.SpeedMbps = *speed
			l.Duplex = text("duplex")
		}
	}
	// The table of /proc adds up dropped and missed packets; ip link does not.
	if dropped := number("statistics/rx_dropped"); dropped != nil {
		if missed := number("statistics/rx_missed_errors"); missed != nil {
			l.Counters.ReceiveDropped = uint64(*dropped)
			m := uint64(*missed)
			l.Counters.Missed = &m
		}
	}
	if master, err := r.host.Files.ReadLink(folder + "master"); err == nil {
		l.Master = path.Base(master)
	}
	l.Kind = r.kind(folder)
	if l.Kind == "bond" {
		l.Bond = r.bond(folder, text)
	}
}

// kind says what sort of interface this is.
func (r *reader) kind(folder string) string {
	has := func(file string) bool {
		_, err := r.host.Files.Stat(folder + file)
		return err == nil
	}
	uevent, err := hostfs.Text(r.host.Files, folder+"uevent")
	if err != nil {
		uevent = ""
	}
	kind := ""
	for line := range strings.Lines(uevent) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "DEVTYPE="); ok {
			kind = value
		}
	}
	switch kind {
	case "wlan":
		return "wireless"
	case "bridge", "bond", "vlan":
		return kind
	case "wireguard", "vxlan", "geneve", "gre", "gretap", "ppp", "wwan":
		return "tunnel"
	}
	const loopback, none = 772, 65534
	number, err := hostfs.Int(r.host.Files, folder+"type")
	switch {
	case err == nil && number == loopback:
		return "loopback"
	case has("wireless"), has("phy80211"):
		return "wireless"
	case has("bonding"):
		return "bond"
	case has("bridge"):
		return "bridge"
	case has("tun_flags"), err == nil && number == none:
		return "tunnel"
	case has("device"):
		return "ethernet"
	default:
		return "virtual"
	}
}

// bond reads how the parts of a bond are.
func (r *reader) bond(folder string, text func(string) string) *bond {
	mode, _, _ := strings.Cut(text("bonding/mode"), " ") // "active-backup 1"
	b := &bond{Mode: mode, Active: text("bonding/active_slave")}
	for part := range strings.FieldsSeq(text("bonding/slaves")) {
		status, err := hostfs.Text(r.host.Files, "/sys/class/net/"+part+"/bonding_slave/mii_status")
		if err == nil && status == "up" {
			b.Up++
		} else {
			b.Down++
		}
	}
	return b
}

// parseWireless reads /proc/net/wireless: after two lines of headings, the
// interface, its status, link quality, signal level and noise.
func parseWireless(data []byte) map[string]signal {
	// The largest quality is not in the file; every driver in use says 70.
	const bestQuality = 70
	signals := make(map[string]signal)
	for line := range bytes.Lines(data) {
		name, rest, ok := strings.Cut(string(line), ":")
		fields := strings.Fields(rest)
		if !ok || len(fields) < 3 {
			continue
		}
		var s signal
		if quality, err := strconv.ParseFloat(strings.TrimSuffix(fields[1], "."), 64); err == nil && quality >= 0 && quality <= bestQuality {
			quality /= bestQuality
			s.Quality = &quality
		}
		// A level that is not negative is in units of the driver's own.
		if level, err := strconv.ParseFloat(strings.TrimSuffix(fields[2], "."), 64); err == nil && level < 0 && level > -200 {
			s.DBm = &level
		}
		signals[strings.TrimSpace(name)] = s
	}
	return signals
}
