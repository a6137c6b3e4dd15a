package systeminfo

import (
	"bytes"
	"context"

	"golang.org/x/sys/unix"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// partly turns the error of one file into a part that could not be had.
func partly(err error) error {
	if err == nil {
		return nil
	}
	return fault.As(fault.Partial, err, "reading part of the host's state")
}

// loadPart reads /proc/loadavg.
type loadPart struct{ files plugin.Files }

func (p *loadPart) collect(_ context.Context, r *run) error {
	data, err := p.files.ReadFile("/proc/loadavg")
	if err != nil {
		return partly(err)
	}
	load, err := parseLoad(data)
	if err != nil {
		return err
	}
	r.out.Add("system_load1", load[0])
	r.out.Add("system_load5", load[1])
	r.out.Add("system_load15", load[2])
	r.doc.Load = load[:]
	return nil
}

// handlesPart reads how many files are open.
type handlesPart struct{ files plugin.Files }

func (p *handlesPart) collect(_ context.Context, r *run) error {
	data, err := p.files.ReadFile("/proc/sys/fs/file-nr")
	if missing(err) {
		return nil
	}
	if err != nil {
		return partly(err)
	}
	allocated, rest := next(bytes.TrimSpace(data))
	_, rest = next(rest)
	most, _ := next(rest)
	if n, ok := number(allocated); ok {
		r.out.Add("system_file_descriptors_allocated", float64(n))
	}
	const unlimited = 1 << 62 // newer kernels set the largest number there is
	if n, ok := number(most); ok && n < unlimited {
		r.out.Add("system_file_descriptors_max", float64(n))
	}
	return nil
}

// pressurePart reads /proc/pressure, which is missing where the kernel is old,
// and cannot be read where it was started without.
type pressurePart struct{ files plugin.Files }

func (p *pressurePart) collect(_ context.Context, r *run) error {
	for _, resource := range [...]string{"cpu", "memory", "io"} {
		data, err := p.files.ReadFile("/proc/pressure/" + resource)
		if err != nil {
			continue
		}
		for _, s := range parsePressure(data) {
			if resource == "cpu" && s.kind == "full" {
				continue // there for old programs only: whoever waits for a processor leaves it to others
			}
			r.out.Add("system_pressure_ratio", s.share, "resource", resource, "kind", s.kind)
			r.out.Add("system_pressure_stall_seconds_total", s.total, "resource", resource, "kind", s.kind)
			if r.doc.Pressure == nil {
				r.doc.Pressure = make(map[string]float64)
			}
			r.doc.Pressure[resource+"_"+s.kind] = s.share
		}
	}
	return nil
}

// rootDiskPart asks how full the root file system is.
type rootDiskPart struct{ files plugin.Files }

func (p *rootDiskPart) collect(_ context.Context, r *run) error {
	usage, err := p.files.Usage("/")
	if err != nil || usage.SizeBytes == 0 {
		return nil //nolint:nilerr // a fact for the page only; disk_monitor reports what is wrong with disks
	}
	used := usage.SizeBytes - min(usage.SizeBytes, usage.FreeBytes)
	r.doc.RootDisk = &diskFacts{Total: usage.SizeBytes, Used: used, Available: usage.AvailBytes}
	if used+usage.AvailBytes > 0 {
		r.doc.RootDisk.Ratio = ratio(float64(used), float64(used+usage.AvailBytes))
	}
	return nil
}

// collectClock asks the kernel what it thinks of its clock.
func collectClock(_ context.Context, r *run) error {
	var t unix.Timex // Modes 0 changes nothing
	if _, err := unix.Adjtimex(&t); err != nil {
		return nil //nolint:nilerr // some containers forbid the call
	}
	micros := float64(t.Offset)
	if t.Status&unix.STA_NANO != 0 {
		micros /= 1e3
	}
	clock := clockFacts{Synchronized: t.Status&unix.STA_UNSYNC == 0, OffsetSeconds: round(micros/1e6, 6)}
	r.out.AddBool("system_time_synchronized", clock.Synchronized)
	r.out.Add("system_time_offset_seconds", clock.OffsetSeconds)
	r.doc.Time = &clock
	return nil
}
