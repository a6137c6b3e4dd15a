package pipeline

import (
	"context"
	"encoding/json"
	"hash/maphash"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// snapshotOf returns the document of a batch, or nil when it is the same as the
// last one or cannot be kept.
func (p *Pipeline) snapshotOf(ctx context.Context, b *book, batch *plugin.Batch, notes *notes) json.RawMessage {
	document := batch.Snapshot()
	switch {
	case len(document) == 0:
		return nil
	case len(document) > p.config.MaxSnapshotBytes:
		notes.add(fault.New(fault.Partial, "the snapshot of %d bytes is larger than %d and was left out", len(document), p.config.MaxSnapshotBytes))
		return nil
	case document[0] != '{':
		notes.add(fault.New(fault.Internal, "the snapshot is not a JSON object and was left out"))
		return nil
	}
	if !b.haveSnapshot && !b.asked && p.config.Snapshots != nil {
		// A source that left none so far has nothing to compare with; neither
		// has one whose last snapshot cannot be read, and then it is kept again.
		b.asked = true
		if last, err := p.config.Snapshots.Snapshot(ctx, b.source, time.Time{}); err == nil {
			b.keepSnapshot(last.Document)
		}
	}
	if b.haveSnapshot && maphash.Bytes(b.seed, document) == b.snapshot {
		return nil
	}
	return document
}
