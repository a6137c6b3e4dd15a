package network

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// readSockets reads what is known about sockets: the figures the kernel keeps,
// and a walk over all of them.
func (r *reader) readSockets(s *survey) {
	if r.config.IncludeConnections {
		counts := &socketCounts{InUse: make(map[string]int64), MemoryPageBytes: int64(os.Getpagesize())}
		for _, name := range []string{"sockstat", "sockstat6"} {
			data, err := r.host.Files.ReadFile(r.proc(name))
			if err != nil {
				if name == "sockstat" || !errors.Is(err, fs.ErrNotExist) {
					s.addProblem(fault.Wrap(err, "counting sockets"))
				}
				continue
			}
			parseSockstat(data, counts)
		}
		s.Sockets = counts
	}
	if !r.config.IncludeConnections && !r.config.CollectListeners {
		return
	}
	table, err := r.walkSockets()
	if err != nil {
		s.addProblem(err)
		return
	}
	s.Table = table
}

// walkSockets asks the kernel through netlink where that speaks of the watched
// machine, and reads its text files otherwise.
func (r *reader) walkSockets() (*socketTable, error) {
	if r.host.Files.Live() && !r.textOnly {
		table, err := askSockets(r.config.CollectListeners)
		if err == nil {
			return table, nil
		}
		// A kernel without the module for it, or a sandbox without netlink: it
		// will not be otherwise next time.
		r.textOnly = true
		r.host.Log.Info("sockets are read from /proc, which is slower on busy machines", "cause", err)
	}
	table := &socketTable{}
	read := 0
	var first error
	for _, name := range []string{"tcp", "tcp6", "udp", "udp6"} {
		data, err := r.host.Files.ReadFile(r.proc(name))
		if err != nil {
			if first == nil {
				first = err
			}
			continue // IPv6 may be off
		}
		read++
		parseSockets(data, strings.TrimSuffix(name, "6"), table)
	}
	if read == 0 {
		return nil, fault.Wrap(first, "listing sockets")
	}
	return table, nil
}

// parseSockets reads /proc/net/tcp and its like into the table.
func parseSockets(data []byte, protocol string, t *socketTable) {
	for line := range bytes.Lines(data) {
		fields := strings.Fields(string(line))
		if len(fields) < 10 {
			continue
		}
		local, port, okLocal := parseEndpoint(fields[1])
		peer, _, okPeer := parseEndpoint(fields[2])
		state, err := strconv.ParseUint(fields[3], 16, 8)
		if !okLocal || !okPeer || err != nil {
			continue
		}
		if protocol == "tcp" {
			t.add(uint8(state), peer)
		}
		if protocol == "tcp" && state == stateListen || protocol == "udp" && state == stateClose {
			inode, err := strconv.ParseUint(fields[9], 10, 64)
			if err != nil {
				inode = 0 // its process stays unknown
			}
			t.Listeners = append(t.Listeners, listener{Protocol: protocol, Address: local, Port: port, Inode: inode})
		}
	}
}

// parseEndpoint reads "0100007F:0016": an address as numbers of 32 bits in this
// machine's byte order, and a port.
func parseEndpoint(text string) (netip.Addr, uint16, bool) {
	address, port, ok := strings.Cut(text, ":")
	raw, err := hex.DecodeString(address)
	if !ok || err != nil || len(raw) != 4 && len(raw) != 16 {
		return netip.Addr{}, 0, false
	}
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return netip.Addr{}, 0, false
	}
	for i := 0; i < len(raw); i += 4 {
		// The digits are those of a number; put its bytes where memory has them.
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	parsed, ok := netip.AddrFromSlice(raw)
	return parsed, uint16(number), ok
}
