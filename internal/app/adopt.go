package app

import (
	"context"
	"log/slog"
	"strings"

	"github.com/unity-homelab/unity/internal/sources"
)

// adopt begins to watch what was found on the first start. Something that cannot
// be watched keeps nobody from looking at the rest.
func adopt(ctx context.Context, watched *sources.Service, log *slog.Logger) {
	names, err := watched.Adopt(ctx)
	if len(names) > 0 {
		log.Info("watching what was found on this machine", "sources", strings.Join(names, ", "))
	}
	if err != nil && ctx.Err() == nil {
		log.Warn("something that was found cannot be watched", "reason", err)
	}
}
