package firewall

import (
	"net/netip"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// block is a packet that did not pass, as the kernel logs it.
type block struct {
	source, target string
	protocol       string // tcp, udp, icmp, other
	direction      string // in, out, forward
	port, device   string
}

// parseBlock reads what the kernel logs of a packet, if one of the marks stands
// before it:
//
//	[UFW BLOCK] IN=eth0 OUT= MAC=… SRC=192.0.2.1 DST=192.0.2.2 LEN=40 … PROTO=TCP SPT=4711 DPT=22 …
func parseBlock(message string, marks []string) (block, bool) {
	at := strings.Index(message, "IN=")
	if at < 0 {
		return block{}, false
	}
	before, packet := message[:at], message[at:]
	if strings.Contains(before, "[UFW ALLOW") || strings.Contains(before, "[UFW AUDIT") || !marked(before, marks) {
		return block{}, false
	}
	// What an ICMP message is about stands in brackets and is another packet.
	packet, _, _ = strings.Cut(packet, " [")
	fields := make(map[string]string, 16)
	for word := range strings.FieldsSeq(packet) {
		if key, value, found := strings.Cut(word, "="); found && fields[key] == "" {
			fields[key] = value
		}
	}
	source, err := netip.ParseAddr(fields["SRC"])
	if err != nil {
		return block{}, false
	}
	target, err := netip.ParseAddr(fields["DST"])
	if err != nil {
		return block{}, false
	}
	b := block{source: source.Unmap().String(), target: target.Unmap().String(), port: number(fields["DPT"]), device: plugin.Shorten(fields["IN"], 20)}
	switch protocol := strings.ToLower(fields["PROTO"]); protocol {
	case "tcp", "udp":
		b.protocol = protocol
	case "icmp", "icmpv6", "1", "58":
		b.protocol = "icmp"
	default:
		b.protocol = "other"
	}
	switch {
	case fields["IN"] != "" && fields["OUT"] != "":
		b.direction = "forward"
	case fields["IN"] != "":
		b.direction = "in"
	default:
		b.direction, b.device = "out", plugin.Shorten(fields["OUT"], 20)
	}
	return b, true
}

func marked(before string, marks []string) bool {
	for _, mark := range marks {
		if mark != "" && strings.Contains(before, mark) {
			return true
		}
	}
	return false
}

// number is a port, or nothing.
func number(text string) string {
	if len(text) > 5 || strings.Trim(text, "0123456789") != "" {
		return ""
	}
	return text
}

// private reports whether an address is of a network at home.
func private(source string) bool {
	at, err := netip.ParseAddr(source)
	return err == nil && (at.IsPrivate() || at.IsLoopback() || at.IsLinkLocalUnicast())
}
