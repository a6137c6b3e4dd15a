package network

import (
	"encoding/binary"
	"net/netip"
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/unity-homelab/unity/fault"
)

// Sizes and places in the kernel's struct inet_diag_req_v2 and inet_diag_msg.
const (
	diagRequestBytes = 56
	diagMessageBytes = 72
	diagStates       = 4
	diagState        = 1
	diagPort         = 4
	diagSource       = 8
	diagPeer         = 24
	diagInode        = 68
)

// diagRequest asks for all sockets of a family and a protocol.
type diagRequest struct {
	family, protocol uint8
	states           uint32
}

// Len implements nl.NetlinkRequestData.
func (diagRequest) Len() int { return diagRequestBytes }

// Serialize implements nl.NetlinkRequestData.
func (q diagRequest) Serialize() []byte {
	raw := make([]byte, diagRequestBytes)
	raw[0], raw[1] = q.family, q.protocol
	binary.NativeEndian.PutUint32(raw[diagStates:], q.states)
	return raw
}

// askSockets walks all sockets of this process's network namespace through
// netlink, which is many times cheaper than the text of /proc/net/tcp.
func askSockets(listeners bool) (*socketTable, error) {
	t := &socketTable{}
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		if err := dump(diagRequest{family, unix.IPPROTO_TCP, 1<<(stateNewSynReceived+1) - 1}, t); err != nil {
			return nil, fault.Wrap(err, "asking for TCP sockets")
		}
		if !listeners {
			continue
		}
		// A UDP socket that nobody is connected to is in the state close.
		if err := dump(diagRequest{family, unix.IPPROTO_UDP, 1 << stateClose}, t); err != nil {
			return nil, fault.Wrap(err, "asking for UDP sockets")
		}
	}
	return t, nil
}

func dump(q diagRequest, t *socketTable) error {
	request := nl.NewNetlinkRequest(nl.SOCK_DIAG_BY_FAMILY, unix.NLM_F_DUMP)
	request.AddData(q)
	return request.ExecuteIter(syscall.NETLINK_INET_DIAG, nl.SOCK_DIAG_BY_FAMILY, func(message []byte) bool {
		t.addMessage(q.protocol, message)
		return true
	})
}

// addMessage counts the socket that an inet_diag_msg speaks of.
func (t *socketTable) addMessage(protocol uint8, message []byte) {
	if len(message) < diagMessageBytes {
		return
	}
	state := message[diagState]
	if protocol == unix.IPPROTO_TCP {
		t.add(state, diagAddress(message[0], message[diagPeer:]))
	}
	var name string
	switch {
	case protocol == unix.IPPROTO_TCP && state == stateListen:
		name = "tcp"
	case protocol == unix.IPPROTO_UDP && state == stateClose:
		name = "udp"
	default:
		return
	}
	t.Listeners = append(t.Listeners, listener{
		Protocol: name,
		Address:  diagAddress(message[0], message[diagSource:]),
		Port:     binary.BigEndian.Uint16(message[diagPort:]),
		Inode:    uint64(binary.NativeEndian.Uint32(message[diagInode:])),
	})
}

func diagAddress(family uint8, raw []byte) netip.Addr {
	if family == unix.AF_INET {
		return netip.AddrFrom4([4]byte(raw[:4]))
	}
	return netip.AddrFrom16([16]byte(raw[:16]))
}
