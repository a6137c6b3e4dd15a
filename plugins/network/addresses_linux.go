package network

import (
	"encoding/binary"
	"encoding/hex"
	"iter"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// addAddresses puts the addresses to their interfaces. IPv4 addresses come from
// netlink, which knows this process's namespace only; of another one the IPv6
// addresses are to be had as a text.
func (r *reader) addAddresses(s *survey) {
	if !r.host.Files.Live() {
		data, err := r.host.Files.ReadFile(r.proc("if_inet6"))
		if err != nil {
			return // IPv6 is off
		}
		addresses := parseInet6(data)
		for i := range s.Links {
			s.Links[i].Addresses = addresses[s.Links[i].Name]
		}
		return
	}
	addresses, err := askAddresses()
	if err != nil {
		s.addProblem(fault.Wrap(err, "asking for addresses"))
		return
	}
	for i := range s.Links {
		index, err := hostfs.Int(r.host.Files, "/sys/class/net/"+s.Links[i].Name+"/ifindex")
		if err == nil {
			s.Links[i].Addresses = addresses[uint32(index)]
		}
	}
}

// addressMessageBytes is the size of the kernel's struct ifaddrmsg.
const addressMessageBytes = 8

// askAddresses returns every address with its length of prefix, by the index of
// the interface, in one question.
func askAddresses() (map[uint32][]string, error) {
	request := nl.NewNetlinkRequest(unix.RTM_GETADDR, unix.NLM_F_DUMP)
	request.AddData(nl.NewIfAddrmsg(unix.AF_UNSPEC))
	addresses := make(map[uint32][]string)
	err := request.ExecuteIter(unix.NETLINK_ROUTE, unix.RTM_NEWADDR, func(message []byte) bool {
		if index, prefix, ok := parseAddress(message); ok {
			addresses[index] = append(addresses[index], prefix.String())
		}
		return true
	})
	return addresses, err
}

// parseAddress reads an ifaddrmsg with its attributes.
func parseAddress(message []byte) (index uint32, prefix netip.Prefix, ok bool) {
	if len(message) < addressMessageBytes {
		return 0, netip.Prefix{}, false
	}
	length := int(message[1])
	index = binary.NativeEndian.Uint32(message[4:])
	var address netip.Addr
	for kind, value := range attributes(message[addressMessageBytes:]) {
		// On a point-to-point link IFA_ADDRESS is the other end; the own one is
		// IFA_LOCAL, which IPv6 leaves out.
		if kind == unix.IFA_LOCAL || kind == unix.IFA_ADDRESS && !address.IsValid() {
			if parsed, fine := netip.AddrFromSlice(value); fine {
				address = parsed
			}
		}
	}
	prefix = netip.PrefixFrom(address, length)
	return index, prefix, prefix.IsValid()
}

// attributes walks the attributes of a netlink message: a length, a kind and a
// value each, at places that are multiples of four.
func attributes(raw []byte) iter.Seq2[uint16, []byte] {
	const head = 4
	return func(yield func(uint16, []byte) bool) {
		for len(raw) >= head {
			length := int(binary.NativeEndian.Uint16(raw))
			if length < head || length > len(raw) {
				return
			}
			if !yield(binary.NativeEndian.Uint16(raw[2:]), raw[head:length]) {
				return
			}
			raw = raw[min(len(raw), (length+3)&^3):]
		}
	}
}

// parseInet6 reads /proc/net/if_inet6: the address, the interface's index, the
// length of the prefix, scope, flags and the interface's name.
func parseInet6(data []byte) map[string][]string {
	addresses := make(map[string][]string)
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) != 6 || len(fields[0]) != 32 {
			continue
		}
		raw, errRaw := hex.DecodeString(fields[0])
		length, errLength := strconv.ParseUint(fields[2], 16, 8)
		if errRaw != nil || errLength != nil {
			continue
		}
		if prefix := netip.PrefixFrom(netip.AddrFrom16([16]byte(raw)), int(length)); prefix.IsValid() {
			addresses[fields[5]] = append(addresses[fields[5]], prefix.String())
		}
	}
	for name := range addresses {
		slices.Sort(addresses[name])
	}
	return addresses
}
