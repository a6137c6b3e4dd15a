package network

import "net/netip"

// survey is what one look at the machine found, before anything is worked out
// from it. Every platform makes one.
type survey struct {
	Namespace string // whose network this is
	Links     []link
	Routes    []route
	DNS       []string
	// Counters holds what the protocols counted, by the name of the metric.
	Counters map[string]float64
	// Sockets holds the sockets in use by protocol, and TCP's special ones.
	Sockets  *socketCounts
	Table    *socketTable
	Tracking *tracking
	Problems []error
}

func (s *survey) addProblem(err error) {
	if err != nil {
		s.Problems = append(s.Problems, err)
	}
}

// link is a network interface.
type link struct {
	Name           string
	Kind           string // ethernet, wireless, bridge, bond, vlan, tunnel, loopback or virtual
	MAC            string
	State          string // operstate of the kernel: up, down, dormant, unknown …
	Up             bool
	MTU            int64
	SpeedMbps      int64 // 0 when it is not known
	Duplex         string
	Master         string
	Addresses      []string
	CarrierChanges *int64
	Counters       linkCounters
	Bond           *bond
	Signal         *signal
}

// linkCounters are what was counted for an interface since it appeared.
type linkCounters struct {
	ReceivedBytes, ReceivedPackets, ReceiveErrors, ReceiveDropped uint64
	ReceiveFIFO, ReceiveFrame, ReceivedMulticast                  uint64
	SentBytes, SentPackets, SendErrors, SendDropped               uint64
	SendFIFO, Collisions, CarrierErrors                           uint64
	Missed                                                        *uint64
	Detailed                                                      bool // more is known than bytes, packets, errors and drops
}

// bond is what is known about interfaces that work as one.
type bond struct {
	Mode   string
	Active string
	Up     int
	Down   int
}

// signal is what a wireless interface hears.
type signal struct {
	Quality *float64 // 0 to 1
	DBm     *float64
}

// route is a way out to everywhere.
type route struct {
	Interface string `json:"interface"`
	Gateway   string `json:"gateway,omitempty"`
	Family    string `json:"family"` // ipv4 or ipv6
	Metric    uint64 `json:"metric"`
}

// socketCounts are the figures that the kernel keeps about its sockets.
type socketCounts struct {
	InUse           map[string]int64 // by protocol: tcp, udp, tcp6, udp6
	Orphans         *int64
	TimeWait        *int64
	MemoryPages     *int64
	MemoryPageBytes int64
}

// tracking is the firewall's table of connections.
type tracking struct {
	Entries *int64
	Limit   *int64
	Drops   *uint64
}

// socketTable is what a walk over all sockets found.
type socketTable struct {
	States    [stateCount]int
	Listeners []listener
	Peers     map[netip.Addr]int
}

// listener is a socket that waits for others.
type listener struct {
	Protocol string // tcp or udp
	Address  netip.Addr
	Port     uint16
	Inode    uint64
}

// stateCount is one more than the largest state of TCP.
const stateCount = 12

// Numbers of TCP states, as the kernel has them.
const (
	stateEstablished = 1
	stateSynReceived = 3
	stateClose       = 7
	stateListen      = 10
	// stateNewSynReceived is how newer kernels keep half-open connections.
	stateNewSynReceived = 12
)

// stateNames are the states of TCP by their number; 0 is none.
func stateNames() [stateCount]string {
	return [stateCount]string{
		"", "established", "syn_sent", "syn_recv", "fin_wait1", "fin_wait2", "time_wait",
		"close", "close_wait", "last_ack", "listen", "closing",
	}
}

// add counts one TCP socket.
func (t *socketTable) add(state uint8, peer netip.Addr) {
	if state == stateNewSynReceived {
		state = stateSynReceived
	}
	if state == 0 || state >= stateCount {
		return
	}
	t.States[state]++
	if state == stateEstablished && peer.IsValid() && !peer.IsUnspecified() && !peer.Unmap().IsLoopback() {
		if t.Peers == nil {
			t.Peers = make(map[netip.Addr]int)
		}
		t.Peers[peer.Unmap()]++
	}
}
