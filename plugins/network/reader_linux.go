package network

import (
	"context"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// reader looks at the machine through the kernel's files.
type reader struct {
	config   Config
	host     plugin.Host
	folder   string // where the network's part of /proc is
	owners   owners
	counters map[string]string
	whose    string
	textOnly bool // netlink does not tell about sockets here
}

// Where the network's part of /proc is: that of this process's own namespace,
// and that of the first process's.
const (
	ownFolder   = "/proc/net"
	firstFolder = "/proc/1/net"
)

func newReader(config Config, host plugin.Host) *reader {
	r := &reader{
		config: config, host: host, folder: ownFolder,
		owners: owners{files: host.Files}, counters: protocolCounters(),
	}
	// /proc/net leads to this process's own namespace. Where the files are those
	// of another machine, such as the host of this container, its first process
	// is in the right one.
	if !host.Files.Live() {
		if _, err := host.Files.Stat(firstFolder + "/dev"); err == nil {
			r.folder = firstFolder
		}
	}
	r.whose = r.namespace()
	return r
}

func (r *reader) proc(name string) string { return r.folder + "/" + name }

// namespace says whose network this is.
func (r *reader) namespace() string {
	switch kind := hostfs.Container(); {
	case !r.host.Files.Live():
		return "the host's"
	case kind != "":
		return "that of this " + kind + " container, which is the host's only with host networking"
	default:
		return "this machine's"
	}
}

// look takes the survey of this moment. The error is that of ctx, or says that
// nothing could be read at all.
func (r *reader) look(ctx context.Context) (survey, error) {
	s := survey{Namespace: r.whose}
	links, err := r.links(ctx)
	if err != nil {
		return survey{}, err
	}
	s.Links = links
	r.addAddresses(&s)
	r.readRoutes(&s)
	if r.config.CollectProtocols {
		r.readProtocols(&s)
	}
	r.readSockets(&s)
	if r.config.CollectConntrack {
		r.readTracking(&s)
	}
	return s, ctx.Err()
}

func (r *reader) readRoutes(s *survey) {
	if data, err := r.host.Files.ReadFile(r.proc("route")); err == nil {
		s.Routes = append(s.Routes, parseRoutes4(data)...)
	}
	if data, err := r.host.Files.ReadFile(r.proc("ipv6_route")); err == nil {
		s.Routes = append(s.Routes, parseRoutes6(data)...)
	} // either may be switched off
	if data, err := r.host.Files.ReadFile("/etc/resolv.conf"); err == nil {
		s.DNS = parseResolv(data)
	}
}

// readTracking reads the table of connections, which is there once the firewall
// uses it.
func (r *reader) readTracking(s *survey) {
	const folder = "/proc/sys/net/netfilter/nf_conntrack_"
	t := &tracking{}
	data, errStat := r.host.Files.ReadFile(r.proc("stat/nf_conntrack"))
	if errStat == nil {
		stat := parseTrackingStat(data)
		t.Entries, t.Drops = stat.Entries, stat.Drops
	}
	// /proc/sys speaks of the namespace of whoever reads it.
	if r.folder == ownFolder {
		if entries, err := hostfs.Int(r.host.Files, folder+"count"); err == nil {
			t.Entries = &entries
		}
	}
	if limit, err := hostfs.Int(r.host.Files, folder+"max"); err == nil && limit > 0 {
		t.Limit = &limit // one for all namespaces
	}
	if t.Entries != nil {
		s.Tracking = t
	}
}
