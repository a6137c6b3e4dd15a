package app

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/api"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/pipeline"
	"github.com/unity-homelab/unity/internal/schedule"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/transfer"
)

const (
	// countEvery is how often the samples are counted, and countFor how many
	// counts make the rate that is shown.
	countEvery = 10 * time.Second
	countFor   = 6
)

// system answers how Unity itself is doing.
type system struct {
	version string
	started time.Time
	db      *sqlstore.DB
	pipes   *pipeline.Pipeline
	mirror  mirror

	scheduler *schedule.Scheduler

	mu     sync.Mutex
	counts []int64 // samples so far, every countEvery; the newest last
}

// Run counts the stored samples until ctx ends.
func (s *system) Run(ctx context.Context) error {
	ticker := time.NewTicker(countEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			s.mu.Lock()
			s.counts = append(s.counts, s.pipes.Stats().Samples)
			if len(s.counts) > countFor+1 {
				s.counts = s.counts[1:]
			}
			s.mu.Unlock()
		}
	}
}

func (s *system) samplesPerSecond() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.counts) < 2 {
		return 0
	}
	spans := float64(len(s.counts) - 1)
	return float64(s.counts[len(s.counts)-1]-s.counts[0]) / (spans * countEvery.Seconds())
}

// Figures implements api.System.
func (s *system) Figures(ctx context.Context) api.Figures {
	figures := api.Figures{
		Version: s.version, Started: s.started.UTC(), SamplesPerSecond: s.samplesPerSecond(),
		CacheProblem: api.NoteOf(s.mirror.problem()),
	}
	if status, err := databaseStatus(ctx, s.db); err == nil {
		figures.Series = status.Series
		figures.Storage = api.Storage{Bytes: status.Bytes, JournalBytes: status.JournalBytes, Problem: api.NoteOf(s.disturbed(status))}
	}
	return figures
}

// Database implements api.System.
func (s *system) Database(ctx context.Context) (api.Database, error) {
	return databaseDetail(ctx, s.db)
}

// Export implements api.System.
func (s *system) Export(ctx context.Context, w io.Writer) error {
	_, err := transfer.Export(ctx, s.db, w, header(s.version), nil)
	return err
}

// CheckDatabase implements api.System.
func (s *system) CheckDatabase(ctx context.Context) ([]transfer.Tally, error) {
	return checkDatabase(ctx, s.db, nil)
}

// Ready implements api.System.
func (s *system) Ready(ctx context.Context) error {
	status, err := databaseStatus(ctx, s.db)
	if err != nil {
		return err
	}
	if problem := s.disturbed(status); problem != nil {
		return fault.New(problem.Kind, "storing is disturbed: %s", problem.Message).WithHint("%s", problem.Hint)
	}
	return nil
}

// disturbed returns why not everything that is collected is stored: the database
// says so, or the last run could not be recorded.
func (s *system) disturbed(status api.Database) *inventory.Problem {
	if note := status.Problem; note != nil {
		return &inventory.Problem{Kind: fault.Kind(note.Kind), Message: note.Message, Hint: note.Hint}
	}
	return s.pipes.Stats().Problem
}
