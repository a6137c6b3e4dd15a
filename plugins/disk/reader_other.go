//go:build !linux

package disk

import (
	"context"
	"maps"
	"slices"

	"github.com/shirou/gopsutil/v4/disk"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// reader looks at the machine with what gopsutil knows about it: file systems
// and device counters. RAID and LVM are Linux's.
type reader struct {
	config Config
	usage  *prober
}

func newReader(config Config, _ plugin.Host) *reader {
	return &reader{config: config, usage: &prober{ask: usageOf}}
}

func usageOf(name string) (plugin.Usage, error) {
	// The call itself cannot be stopped; the prober waits for it no longer than
	// it has patience.
	said, err := disk.UsageWithContext(context.Background(), name) //nolint:forbidigo // outlives the run when it hangs
	if err != nil {
		return plugin.Usage{}, err
	}
	return plugin.Usage{
		SizeBytes: said.Total, FreeBytes: said.Total - min(said.Used, said.Total), AvailBytes: said.Free,
		Inodes: said.InodesTotal, FreeInodes: said.InodesFree,
	}, nil
}

// look takes the survey of this moment.
func (r *reader) look(ctx context.Context) (survey, error) {
	var s survey
	partitions, err := disk.PartitionsWithContext(ctx, true)
	if err != nil && len(partitions) == 0 {
		return survey{}, fault.Wrap(err, "reading what is mounted")
	}
	var mounts []mount
	for i, p := range partitions {
		if r.config.wantsMount(p.Fstype, p.Mountpoint) {
			mounts = append(mounts, mount{
				ID: i, Device: p.Device, Mountpoint: p.Mountpoint, Source: p.Device, Type: p.Fstype, Options: p.Opts,
			})
		}
	}
	answers := r.usage.askAll(ctx, mounts, r.config.StatfsTimeout.Std())
	if ctx.Err() != nil {
		return survey{}, ctx.Err()
	}
	for i, m := range mounts {
		s.addMount(m, answers[i])
	}
	if r.config.IncludeIOStats {
		r.readDevices(ctx, &s)
	}
	return s, ctx.Err()
}

func (s *survey) addMount(m mount, a answer) {
	f := fileSystem{Mountpoint: m.Mountpoint, Source: m.Source, Type: m.Type, Options: m.Options, ReadOnly: m.readonly()}
	switch {
	case a.Hung:
		f.Trouble = "no answer"
		s.addProblem(fault.New(fault.Timeout, "asking how full %s is: no answer in time from %s", m.Mountpoint, m.Source))
	case a.Err != nil:
		f.Trouble = a.Err.Error()
		s.addProblem(fault.As(fault.Partial, a.Err, "asking how full %s is", m.Mountpoint))
	case a.Usage.SizeBytes == 0:
		return // holds no data
	default:
		f.Usage = &a.Usage
	}
	s.FileSystems = append(s.FileSystems, f)
}

func (r *reader) readDevices(ctx context.Context, s *survey) {
	counted, err := disk.IOCountersWithContext(ctx)
	if err != nil {
		s.addProblem(fault.Wrap(err, "reading device counters"))
		return
	}
	for _, name := range slices.Sorted(maps.Keys(counted)) {
		if !r.config.wantsDevice(name) {
			continue
		}
		c := counted[name]
		s.Devices = append(s.Devices, device{
			Name: name, Kernel: name, Kind: "disk", Serial: c.SerialNumber,
			Counters: &counters{
				Name: name, Reads: c.ReadCount, ReadBytes: c.ReadBytes, ReadSeconds: seconds(c.ReadTime),
				Writes: c.WriteCount, WrittenBytes: c.WriteBytes, WriteSeconds: seconds(c.WriteTime),
			},
		})
	}
}

// usesLVM says no: LVM is Linux's.
func usesLVM(context.Context, plugin.Host) bool { return false }
