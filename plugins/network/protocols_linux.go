package network

import (
	"bytes"
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// protocolCounters says which counter of the kernel goes into which metric, by
// the group and the name it has in /proc/net/snmp and /proc/net/netstat. TCP
// counts both address families in one.
func protocolCounters() map[string]string {
	return map[string]string{
		"Tcp ActiveOpens":  "network_tcp_active_opens_total",
		"Tcp PassiveOpens": "network_tcp_passive_opens_total",
		"Tcp AttemptFails": "network_tcp_attempt_fails_total",
		"Tcp EstabResets":  "network_tcp_estab_resets_total",
		"Tcp RetransSegs":  "network_tcp_retransmitted_segments_total",
		"Tcp InSegs":       "network_tcp_in_segments_total",
		"Tcp OutSegs":      "network_tcp_out_segments_total",
		"Tcp InErrs":       "network_tcp_in_errors_total",
		"Tcp OutRsts":      "network_tcp_out_resets_total",

		"TcpExt ListenOverflows": "network_tcp_listen_overflows_total",
		"TcpExt ListenDrops":     "network_tcp_listen_drops_total",
		"TcpExt SyncookiesSent":  "network_tcp_syn_cookies_sent_total",
		"TcpExt TCPTimeouts":     "network_tcp_timeouts_total",
		"TcpExt TCPReqQFullDrop": "network_tcp_req_q_full_drop_total",
		"Udp InDatagrams":        "network_udp_in_datagrams_total",
		"Udp OutDatagrams":       "network_udp_out_datagrams_total",
		"Udp NoPorts":            "network_udp_no_ports_total",
		"Udp InErrors":           "network_udp_in_errors_total",
		"Udp RcvbufErrors":       "network_udp_receive_buffer_errors_total",
		"Udp SndbufErrors":       "network_udp_send_buffer_errors_total",
		"Icmp InMsgs":            "network_icmp_in_messages_total",
		"Icmp OutMsgs":           "network_icmp_out_messages_total",
		"Ip ForwDatagrams":       "network_ip_forwarded_packets_total",
		"6 Udp6InDatagrams":      "network_udp_in_datagrams_total",
		"6 Udp6OutDatagrams":     "network_udp_out_datagrams_total",
		"6 Udp6NoPorts":          "network_udp_no_ports_total",
		"6 Udp6InErrors":         "network_udp_in_errors_total",
		"6 Udp6RcvbufErrors":     "network_udp_receive_buffer_errors_total",
		"6 Udp6SndbufErrors":     "network_udp_send_buffer_errors_total",
		"6 Icmp6InMsgs":          "network_icmp_in_messages_total",
		"6 Icmp6OutMsgs":         "network_icmp_out_messages_total",
		"6 Ip6OutForwDatagrams":  "network_ip_forwarded_packets_total",
	}
}

// readProtocols adds up what the protocols counted. Sums over both address
// families are left out when one of them could not be read: a sum that lacks a
// part looks like a counter that started again.
func (r *reader) readProtocols(s *survey) {
	totals := make(map[string]float64)
	add := func(group, name string, value uint64) {
		if metric, ok := r.counters[group+" "+name]; ok {
			totals[metric] += float64(value)
		}
	}
	for _, file := range []struct {
		name  string
		parse func([]byte, func(group, name string, value uint64))
	}{{"snmp", parseSNMP}, {"netstat", parseSNMP}, {"snmp6", parseSNMP6}} {
		data, err := r.host.Files.ReadFile(r.proc(file.name))
		switch {
		case errors.Is(err, fs.ErrNotExist) && file.name == "snmp6":
			// IPv6 is off
		case err != nil:
			s.addProblem(fault.Wrap(err, "reading protocol counters"))
			if file.name != "netstat" {
				return
			}
		default:
			file.parse(data, add)
		}
	}
	s.Counters = totals
	r.readSoftnet(s)
}

// parseSNMP reads the pairs of lines in /proc/net/snmp and /proc/net/netstat:
// names, then values, each after the group they belong to.
func parseSNMP(data []byte, add func(group, name string, value uint64)) {
	var group string
	var names []string
	for line := range bytes.Lines(data) {
		head, rest, ok := strings.Cut(string(line), ":")
		fields := strings.Fields(rest)
		if !ok {
			continue
		}
		if head != group || names == nil {
			group, names = head, fields
			continue
		}
		for i := range min(len(names), len(fields)) {
			// Some are limits rather than counters, and can be -1.
			if value, err := strconv.ParseUint(fields[i], 10, 64); err == nil {
				add(group, names[i], value)
			}
		}
		names = nil
	}
}

// parseSNMP6 reads /proc/net/snmp6: a name and a value on each line.
func parseSNMP6(data []byte, add func(group, name string, value uint64)) {
	for line := range bytes.Lines(data) {
		fields := strings.Fields(string(line))
		if len(fields) != 2 {
			continue
		}
		if value, err := strconv.ParseUint(fields[1], 10, 64); err == nil {
			add("6", fields[0], value)
		}
	}
}

// readSoftnet adds up what each CPU did with arriving packets.
func (r *reader) readSoftnet(s *survey) {
	data, err := r.host.Files.ReadFile(r.proc("softnet_stat"))
	if err != nil {
		return // not there in a container's own /proc
	}
	if dropped, squeezed, ok := parseSoftnet(data); ok {
		s.Counters["network_softnet_dropped_total"] = float64(dropped)
		s.Counters["network_softnet_squeezed_total"] = float64(squeezed)
	}
}

// parseSoftnet reads /proc/net/softnet_stat: hexadecimal columns, a line for
// each CPU.
func parseSoftnet(data []byte) (dropped, squeezed uint64, ok bool) {
	for line := range bytes.Lines(data) {
		fields := strings.Fields(string(line))
		if len(fields) < 3 {
			continue
		}
		d, errDropped := strconv.ParseUint(fields[1], 16, 32)
		q, errSqueezed := strconv.ParseUint(fields[2], 16, 32)
		if errDropped != nil || errSqueezed != nil {
			continue
		}
		dropped, squeezed, ok = dropped+d, squeezed+q, true
	}
	return dropped, squeezed, ok
}

// parseSockstat reads /proc/net/sockstat and sockstat6 into counts.
func parseSockstat(data []byte, counts *socketCounts) {
	for line := range bytes.Lines(data) {
		protocol, rest, ok := strings.Cut(string(line), ":")
		if !ok {
			continue
		}
		fields := strings.Fields(rest)
		for i := 0; i+1 < len(fields); i += 2 {
			n, err := strconv.ParseInt(fields[i+1], 10, 64)
			if err != nil || n < 0 {
				continue
			}
			switch name := strings.ToLower(protocol); {
			case fields[i] == "inuse" && (name == "tcp" || name == "udp" || name == "tcp6" || name == "udp6"):
				counts.InUse[name] = n
			case name == "tcp" && fields[i] == "orphan":
				counts.Orphans = &n
			case name == "tcp" && fields[i] == "tw":
				counts.TimeWait = &n
			case name == "tcp" && fields[i] == "mem":
				counts.MemoryPages = &n
			}
		}
	}
}

// trackingStat is what /proc/net/stat/nf_conntrack says.
type trackingStat struct {
	Entries *int64
	Drops   *uint64 // packets dropped for want of room or by a clash
}

// parseTrackingStat reads /proc/net/stat/nf_conntrack: names, then hexadecimal
// values for each CPU. Each CPU gives the number of entries of all.
func parseTrackingStat(data []byte) trackingStat {
	var stat trackingStat
	var names []string
	for line := range bytes.Lines(data) {
		fields := strings.Fields(string(line))
		if names == nil {
			names = fields
			continue
		}
		for i := range min(len(names), len(fields)) {
			n, err := strconv.ParseUint(fields[i], 16, 32)
			if err != nil {
				continue
			}
			switch names[i] {
			case "entries":
				entries := int64(n)
				stat.Entries = &entries
			case "drop", "insert_failed":
				if stat.Drops == nil {
					stat.Drops = new(uint64)
				}
				*stat.Drops += n
			}
		}
	}
	return stat
}
