//go:build !linux

package systeminfo

import (
	"context"
	"runtime"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/disk"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/load"
	"github.com/shirou/gopsutil/v4/mem"
	"github.com/shirou/gopsutil/v4/net"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// newCollector puts together what the operating system answers without /proc.
func newCollector(_ context.Context, c config, h plugin.Host) *collector {
	processor := &processorPart{perCPU: c.PerCPU, now: h.Now}
	made := &collector{host: h, parts: []part{
		{collect: (&identity{name: h.Name}).collect},
		{collect: processor.collect, essential: true},
		{collect: collectMemory, essential: true},
		{collect: collectLoad},
		{collect: collectUptime},
		{collect: collectUsers},
		{collect: collectRootDisk},
	}}
	if c.CollectNetwork {
		made.parts = append(made.parts, part{collect: collectNetwork})
	}
	return made
}

// partly turns what the operating system does not answer into a problem, and
// what it does not know into none.
func partly(err error, doing string) error {
	if err == nil || missing(err) || err.Error() == "not implemented yet" {
		return nil
	}
	return fault.As(fault.Partial, err, "%s", doing)
}

// identity says what machine this is; asked once an hour.
type identity struct {
	name  string
	read  time.Time
	facts hostFacts
	cpu   cpuFacts
}

func (p *identity) collect(ctx context.Context, r *run) error {
	if p.read.IsZero() || r.now.Sub(p.read) >= time.Hour || r.now.Before(p.read) {
		p.look(ctx)
		p.read = r.now
	}
	r.doc.Host, r.doc.CPU = p.facts, p.cpu
	if p.cpu.Physical > 0 {
		r.out.Add("system_cpu_physical_count", float64(p.cpu.Physical))
	}
	return nil
}

func (p *identity) look(ctx context.Context) {
	p.facts = hostFacts{Hostname: p.name, OS: runtime.GOOS, Arch: runtime.GOARCH}
	if info, err := host.InfoWithContext(ctx); err == nil {
		p.facts.OS = info.Platform + " " + info.PlatformVersion
		p.facts.Kernel, p.facts.Arch, p.facts.MachineID = info.KernelVersion, info.KernelArch, info.HostID
		if info.VirtualizationRole == "guest" {
			p.facts.Virtualization = info.VirtualizationSystem
		}
	}
	if info, err := cpu.InfoWithContext(ctx); err == nil && len(info) > 0 {
		p.cpu.Model, p.cpu.MHz = info[0].ModelName, round(info[0].Mhz, 0)
	}
	if cores, err := cpu.CountsWithContext(ctx, false); err == nil {
		p.cpu.Physical = cores
	}
}

type processorPart struct {
	perCPU bool
	now    func() time.Time
	before *processors
}

func (p *processorPart) collect(ctx context.Context, r *run) error {
	now, err := p.read(ctx)
	if err != nil {
		return err
	}
	if p.before == nil {
		const firstPause = 250 * time.Millisecond
		first := now
		p.before = &first
		if err := plugin.Pause(ctx, firstPause, first.at, p.now); err != nil {
			return err
		}
		if now, err = p.read(ctx); err != nil {
			return err
		}
	}
	emitCPU(r, p.before, now, p.perCPU)
	p.before = &now
	return nil
}

func (p *processorPart) read(ctx context.Context) (processors, error) {
	answer := processors{at: p.now()}
	each, err := cpu.TimesWithContext(ctx, true)
	if err != nil {
		return answer, fault.As(fault.Of(err), err, "reading processor times")
	}
	for i, stat := range each {
		times := cpuTimes{known: modeIdle + 1}
		times.seconds[modeUser], times.seconds[modeNice] = stat.User, stat.Nice
		times.seconds[modeSystem], times.seconds[modeIdle] = stat.System, stat.Idle
		if stat.Irq > 0 {
			times.known, times.seconds[modeIRQ] = modeIRQ+1, stat.Irq
		}
		answer.total.known = max(answer.total.known, times.known)
		for mode, seconds := range times.seconds {
			answer.total.seconds[mode] += seconds
		}
		answer.cores = append(answer.cores, core{number: i, times: times})
	}
	return answer, nil
}

func collectMemory(ctx context.Context, r *run) error {
	found, err := mem.VirtualMemoryWithContext(ctx)
	if err != nil || found.Total == 0 {
		return fault.As(fault.Internal, err, "reading the state of memory")
	}
	m := memory{total: bytesOf(found.Total), free: bytesOf(found.Free), available: bytesOf(found.Available)}
	for _, optional := range []struct {
		value uint64
		into  *amount
	}{{found.Buffers, &m.buffers}, {found.Cached, &m.cached}, {found.Shared, &m.shared}} {
		if optional.value > 0 {
			*optional.into = bytesOf(optional.value)
		}
	}
	if swap, err := mem.SwapMemoryWithContext(ctx); err == nil {
		m.swapTotal, m.swapFree = bytesOf(swap.Total), bytesOf(swap.Free)
	}
	m.settle()
	emitMemory(r, m)
	return nil
}

func collectLoad(ctx context.Context, r *run) error {
	if runtime.GOOS == "windows" {
		return nil // it has no such figure
	}
	found, err := load.AvgWithContext(ctx)
	if err != nil {
		return partly(err, "reading the load")
	}
	r.doc.Load = []float64{round(found.Load1, 2), round(found.Load5, 2), round(found.Load15, 2)}
	r.out.Add("system_load1", r.doc.Load[0])
	r.out.Add("system_load5", r.doc.Load[1])
	r.out.Add("system_load15", r.doc.Load[2])
	return nil
}

func collectUptime(ctx context.Context, r *run) error {
	boot, err := host.BootTimeWithContext(ctx)
	if err != nil || boot == 0 {
		return partly(err, "reading when the machine started")
	}
	started := time.Unix(int64(boot), 0).UTC()
	r.doc.BootTime = &started
	r.doc.UptimeSeconds = round(r.now.Sub(started).Seconds(), 0)
	r.out.Add("system_boot_timestamp_seconds", float64(boot))
	r.out.Add("system_uptime_seconds", r.doc.UptimeSeconds)
	return nil
}

func collectUsers(ctx context.Context, r *run) error {
	found, err := host.UsersWithContext(ctx)
	if err != nil {
		return nil //nolint:nilerr // not every system can tell
	}
	r.out.Add("system_users_logged_in", float64(len(found)))
	const shown = 50
	for _, user := range found[:min(len(found), shown)] {
		since := time.Unix(int64(user.Started), 0).UTC()
		r.doc.Users = append(r.doc.Users, session{Name: user.User, TTY: user.Terminal, From: user.Host, Since: &since})
	}
	return nil
}

func collectRootDisk(ctx context.Context, r *run) error {
	root := "/"
	if runtime.GOOS == "windows" {
		root = `C:\`
	}
	usage, err := disk.UsageWithContext(ctx, root)
	if err != nil || usage.Total == 0 {
		return nil //nolint:nilerr // a fact for the page only
	}
	r.doc.RootDisk = &diskFacts{Total: usage.Total, Used: usage.Used, Available: usage.Free}
	if all := usage.Used + usage.Free; all > 0 {
		r.doc.RootDisk.Ratio = ratio(float64(usage.Used), float64(all))
	}
	return nil
}

func collectNetwork(ctx context.Context, r *run) error {
	interfaces, err := net.InterfacesWithContext(ctx)
	if err != nil {
		return partly(err, "listing network interfaces")
	}
	local := make(map[string]bool)
	for _, nic := range interfaces {
		for _, flag := range nic.Flags {
			// What is a tunnel carries the bytes of another interface.
			local[nic.Name] = local[nic.Name] || flag == "loopback" || flag == "pointtopoint"
		}
	}
	counters, err := net.IOCountersWithContext(ctx, true)
	if err != nil {
		return partly(err, "reading network counters")
	}
	var sum net.IOCountersStat
	for _, nic := range counters {
		if local[nic.Name] {
			continue
		}
		sum.BytesRecv += nic.BytesRecv
		sum.BytesSent += nic.BytesSent
		sum.PacketsRecv += nic.PacketsRecv
		sum.PacketsSent += nic.PacketsSent
	}
	r.out.Add("system_network_receive_bytes_total", float64(sum.BytesRecv))
	r.out.Add("system_network_transmit_bytes_total", float64(sum.BytesSent))
	r.out.Add("system_network_receive_packets_total", float64(sum.PacketsRecv))
	r.out.Add("system_network_transmit_packets_total", float64(sum.PacketsSent))
	return nil
}
