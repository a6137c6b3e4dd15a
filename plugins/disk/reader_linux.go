package disk

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// reader looks at the machine through the kernel's files.
type reader struct {
	config Config
	host   plugin.Host
	usage  *prober
	blocks *blocks
	lvm    lvmReader
}

func newReader(config Config, host plugin.Host) *reader {
	return &reader{
		config: config,
		host:   host,
		usage:  &prober{ask: host.Files.Usage},
		blocks: &blocks{files: host.Files},
		lvm:    lvmReader{commands: host.Commands, every: 5 * time.Minute},
	}
}

// look takes the survey of this moment. The error is that of ctx, or says that
// nothing could be read at all.
func (r *reader) look(ctx context.Context) (survey, error) {
	var s survey
	if err := r.readFileSystems(ctx, &s); err != nil {
		return survey{}, err
	}
	if r.config.IncludeIOStats {
		r.readDevices(&s)
	}
	if r.config.CollectRAID {
		r.readArrays(&s)
	}
	if r.config.CollectLVM {
		found, err := r.lvm.read(ctx, r.host.Now())
		s.LVM = found
		s.addProblem(err)
	}
	return s, ctx.Err()
}
