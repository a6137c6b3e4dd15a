package app

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/schedule"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/record"
)

// Try collects once without a server and keeps nothing. With recording, what was
// read is returned as a test case too, even when the collection gave an error.
func Try(ctx context.Context, settings config.Config, p plugin.Plugin, raw json.RawMessage, recording bool) (*plugin.Batch, []byte, error) {
	files := newFiles(settings.Host)
	world := world{name: hostName(settings.Host, files), files: files, log: slog.New(slog.DiscardHandler)}
	host := world.hostFor(inventory.Source{ID: inventory.SourceID(p.ID())}, p.Manifest())
	ctx, cancel := context.WithTimeout(ctx, p.Manifest().Timeout)
	defer cancel()
	if !recording {
		batch, err := schedule.Try(ctx, p, raw, host)
		return batch, nil, err
	}
	recorder := record.New(host)
	batch, err := schedule.Collect(recorder.Context(ctx), p, raw, recorder.Host())
	return batch, recorder.Case(p, raw, batch, err), err
}
