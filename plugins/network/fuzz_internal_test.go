//go:build linux

package network

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

func FuzzParseDev(f *testing.F) {
	f.Add("Inter-|   Receive\n face |bytes\n  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n")
	f.Add("eth0:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16")
	f.Fuzz(func(t *testing.T, text string) {
		for _, l := range parseDev([]byte(text)) {
			if l.Name == "" {
				t.Fatalf("%q gives an interface without a name", text)
			}
		}
	})
}

func FuzzParseWireless(f *testing.F) {
	f.Add(" wlan0: 0000   49.  -61.  -256        0      0\n")
	f.Fuzz(func(t *testing.T, text string) {
		for name, s := range parseWireless([]byte(text)) {
			if s.Quality != nil && !(*s.Quality >= 0 && *s.Quality <= 1) || s.DBm != nil && !(*s.DBm < 0) {
				t.Fatalf("%q gives %s %+v", text, name, s)
			}
		}
	})
}

func FuzzParseSNMP(f *testing.F) {
	f.Add("Tcp: ActiveOpens MaxConn\nTcp: 5 -1\n", "Udp6InDatagrams \t1000\n")
	f.Fuzz(func(t *testing.T, pairs, lines string) {
		add := func(group, name string, _ uint64) {
			if name == "" {
				t.Fatalf("a counter of %q without a name", group)
			}
		}
		parseSNMP([]byte(pairs), add)
		parseSNMP6([]byte(lines), add)
	})
}

func FuzzParseSockets(f *testing.F) {
	f.Add("   0: 00000000:0016 00000000:0000 0A 0:0 00:0 0 0 0 1001 1\n", "tcp")
	f.Add("   1: 0000000000000000FFFF00000A01A8C0:01BB 0000000000000000FFFF00003201A8C0:C350 01 0:0 00:0 0 0 0 7\n", "tcp")
	f.Fuzz(func(t *testing.T, text, protocol string) {
		var table socketTable
		parseSockets([]byte(text), protocol, &table)
		for _, l := range table.Listeners {
			if !l.Address.IsValid() {
				t.Fatalf("%q gives a listener without an address", text)
			}
		}
		for peer := range table.Peers {
			if peer.Is4In6() || peer.IsLoopback() {
				t.Fatalf("%q gives the peer %s", text, peer)
			}
		}
	})
}

func FuzzSocketMessage(f *testing.F) {
	f.Add(make([]byte, diagMessageBytes))
	f.Add([]byte{unix.AF_INET6, stateListen})
	f.Fuzz(func(t *testing.T, message []byte) {
		var table socketTable
		table.addMessage(unix.IPPROTO_TCP, message)
		table.addMessage(unix.IPPROTO_UDP, message)
		for _, l := range table.Listeners {
			if !l.Address.IsValid() {
				t.Fatalf("%x gives a listener without an address", message)
			}
		}
	})
}

func FuzzParseAddress(f *testing.F) {
	f.Add([]byte{2, 24, 0, 0, 2, 0, 0, 0, 8, 0, 2, 0, 10, 77, 0, 1})
	f.Fuzz(func(t *testing.T, message []byte) {
		if _, prefix, ok := parseAddress(message); ok && !prefix.IsValid() {
			t.Fatalf("%x gives %s", message, prefix)
		}
	})
}

func FuzzParseRoutes(f *testing.F) {
	f.Add("eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n",
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe80000000000000021132fffe112233 00000400 00000003 00000000 00450003    bond0\n")
	f.Fuzz(func(t *testing.T, four, six string) {
		routes := append(parseRoutes4([]byte(four)), parseRoutes6([]byte(six))...)
		if address, ok := gateway(routes); ok {
			if _, err := netip.ParseAddr(address); err != nil {
				t.Fatalf("%q, %q give the gateway %q", four, six, address)
			}
		}
	})
}

func FuzzParseInet6(f *testing.F) {
	f.Add("fe80000000000000021132fffe112244 05 40 20 80    bond0\n")
	f.Fuzz(func(t *testing.T, text string) {
		for name, list := range parseInet6([]byte(text)) {
			for _, address := range list {
				if _, err := netip.ParsePrefix(address); err != nil {
					t.Fatalf("%q gives %s %q", text, name, address)
				}
			}
		}
	})
}

func FuzzParseResolv(f *testing.F) {
	f.Add("nameserver 1.1.1.1\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, server := range parseResolv([]byte(text)) {
			if _, err := netip.ParseAddr(server); err != nil {
				t.Fatalf("%q gives %q", text, server)
			}
		}
	})
}

func FuzzParseCounts(f *testing.F) {
	f.Add("TCP: inuse 14 orphan 1 tw 5 alloc 20 mem 3\n", "entries drop\n0c8 7\n", "0000a1b2 00000001 00000010\n")
	f.Fuzz(func(t *testing.T, sockstat, tracking, softnet string) {
		counts := &socketCounts{InUse: map[string]int64{}}
		parseSockstat([]byte(sockstat), counts)
		for protocol, n := range counts.InUse {
			if n < 0 {
				t.Fatalf("%q gives %d sockets of %s", sockstat, n, protocol)
			}
		}
		if stat := parseTrackingStat([]byte(tracking)); stat.Entries != nil && *stat.Entries < 0 {
			t.Fatalf("%q gives %d entries", tracking, *stat.Entries)
		}
		parseSoftnet([]byte(softnet))
	})
}

func FuzzUnitOf(f *testing.F) {
	f.Add("0::/system.slice/ssh.service\n")
	f.Fuzz(func(_ *testing.T, text string) { unitOf(text) })
}
