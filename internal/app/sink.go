package app

import (
	"context"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/pipeline"
	"github.com/unity-homelab/unity/internal/schedule"
)

// sink hands what the schedule collected to the pipeline.
type sink struct{ *pipeline.Pipeline }

// Commit implements schedule.Sink.
func (s sink) Commit(ctx context.Context, result schedule.Result) (inventory.Run, inventory.State, error) {
	return s.Pipeline.Commit(ctx, pipeline.Result(result))
}
