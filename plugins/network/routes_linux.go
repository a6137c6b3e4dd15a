package network

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
)

// Flags of a route.
const (
	routeUp      = 0x1
	routeGateway = 0x2
	routeReject  = 0x200
)

// parseRoutes4 reads the default routes out of /proc/net/route. Addresses there
// are written as numbers of this machine's byte order.
func parseRoutes4(data []byte) []route {
	var routes []route
	for line := range bytes.Lines(data) {
		f := strings.Fields(string(line))
		if len(f) < 8 || f[1] != "00000000" || f[7] != "00000000" {
			continue
		}
		gateway, errGateway := strconv.ParseUint(f[2], 16, 32)
		flags, errFlags := strconv.ParseUint(f[3], 16, 32)
		metric, errMetric := strconv.ParseUint(f[6], 10, 32)
		if errGateway != nil || errFlags != nil || errMetric != nil || flags&routeUp == 0 || flags&routeReject != 0 {
			continue
		}
		r := route{Interface: f[0], Family: "ipv4", Metric: metric}
		if flags&routeGateway != 0 {
			r.Gateway = address4(uint32(gateway)).String()
		}
		routes = append(routes, r)
	}
	return routes
}

// address4 turns a number that holds an address in network order, read in this
// machine's order, into the address.
func address4(number uint32) netip.Addr {
	var raw [4]byte
	binary.NativeEndian.PutUint32(raw[:], number)
	return netip.AddrFrom4(raw)
}

// parseRoutes6 reads the default routes out of /proc/net/ipv6_route.
func parseRoutes6(data []byte) []route {
	const anywhere = "00000000000000000000000000000000"
	var routes []route
	for line := range bytes.Lines(data) {
		f := strings.Fields(string(line))
		if len(f) < 10 || f[0] != anywhere || f[1] != "00" || f[9] == "lo" {
			continue
		}
		raw, errGateway := hex.DecodeString(f[4])
		metric, errMetric := strconv.ParseUint(f[5], 16, 32)
		flags, errFlags := strconv.ParseUint(f[8], 16, 32)
		if errGateway != nil || len(raw) != 16 || errMetric != nil || errFlags != nil ||
			flags&routeUp == 0 || flags&routeReject != 0 {
			continue
		}
		r := route{Interface: f[9], Family: "ipv6", Metric: metric}
		if flags&routeGateway != 0 {
			gateway := netip.AddrFrom16([16]byte(raw))
			if gateway.IsLinkLocalUnicast() {
				gateway = gateway.WithZone(f[9])
			}
			r.Gateway = gateway.String()
		}
		routes = append(routes, r)
	}
	return routes
}

// parseResolv reads the name servers out of /etc/resolv.conf.
func parseResolv(data []byte) []string {
	servers := []string{}
	for line := range bytes.Lines(data) {
		fields := strings.Fields(string(line))
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		if address, err := netip.ParseAddr(fields[1]); err == nil {
			servers = append(servers, address.String())
		}
	}
	return servers
}
