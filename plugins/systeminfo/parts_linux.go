package systeminfo

import (
	"bytes"
	"context"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// newCollector puts together the parts that the config asks for. Identity comes
// first: others look at what it found.
func newCollector(ctx context.Context, c config, host plugin.Host) *collector {
	files := host.Files
	who := &identity{host: host, hardware: c.CollectHardware}
	processor := &processorPart{files: files, perCPU: c.PerCPU, who: who, now: host.Now}
	made := &collector{host: host, parts: []part{
		{collect: who.collect},
		{collect: processor.collect, essential: true},
		{collect: (&memoryPart{files: files, arc: c.ZFSARCAsCache, who: who}).collect, essential: true},
		{collect: (&loadPart{files: files}).collect},
		{collect: (&pagingPart{files: files}).collect},
		{collect: (&handlesPart{files: files}).collect},
		{collect: (&usersPart{files: files}).collect},
		{collect: (&rootDiskPart{files: files}).collect},
	}}
	if files.Live() {
		made.parts = append(made.parts, part{collect: collectClock})
	}
	if c.CollectPressure {
		made.parts = append(made.parts, part{collect: (&pressurePart{files: files}).collect})
	}
	if c.CollectNetwork {
		made.parts = append(made.parts, part{collect: (&networkPart{files: files}).collect})
	}
	if c.CollectHardware {
		made.parts = append(made.parts, part{collect: (&hardwarePart{files: files}).collect})
	}
	if c.CollectServices {
		services := &servicesPart{host: host}
		made.parts = append(made.parts, part{collect: services.collect})
		made.closers = append(made.closers, services)
	}
	if c.CheckRebootRequired {
		reboot := newRebootPart(ctx, host, who)
		made.parts = append(made.parts, part{collect: reboot.collect})
		made.closers = append(made.closers, reboot.chore)
	}
	if c.CollectUpdates {
		updates := newUpdatesPart(ctx, host)
		made.parts = append(made.parts, part{collect: updates.collect})
		made.closers = append(made.closers, updates.chore)
	}
	return made
}

// text returns what a small file says, or "" when it cannot be read.
func text(files plugin.Files, name string) string {
	said, err := hostfs.Text(files, name)
	if err != nil {
		return ""
	}
	return said
}

// count returns the number in a small file that may well not be there.
func count(files plugin.Files, name string) (float64, bool) {
	data, err := files.ReadFile(name)
	if err != nil {
		return 0, false
	}
	word, _ := next(bytes.TrimSpace(data))
	n, ok := number(word)
	return float64(n), ok
}

// there reports whether a file exists.
func there(files plugin.Files, name string) bool {
	_, err := files.Stat(name)
	return err == nil
}

// essentialFile reads a file without which nothing can be said about a machine.
func essentialFile(files plugin.Files, name string) ([]byte, error) {
	data, err := files.ReadFile(name)
	if err == nil {
		return data, nil
	}
	wrapped := fault.As(fault.Of(err), err, "reading the host's state")
	if fault.Of(err) == fault.NotFound {
		return nil, wrapped.WithHint("%s was not found at %s; is the host's /proc mounted where HOST_PROC or HOST_ROOT say?",
			name, files.Path(name))
	}
	return nil, wrapped
}
