package api

import "context"

// Health is how the parts of Unity are doing.
type Health struct {
	Version       string  `json:"version"`
	GoVersion     string  `json:"go_version"`
	Platform      string  `json:"platform" example:"linux/arm64"`
	UptimeSeconds float64 `json:"uptime_seconds"`
	MemoryBytes   int64   `json:"memory_bytes" doc:"What the program takes of the machine, as far as its runtime knows"`
	Goroutines    int     `json:"goroutines"`

	Schedule Schedule  `json:"schedule"`
	Queues   Queues    `json:"queues"`
	Cache    Cache     `json:"cache"`
	Database *Database `json:"database,omitempty" doc:"Absent while it cannot be asked"`
	// Problem is what Ready says.
	Problem *ProblemNote `json:"problem,omitempty" doc:"Why Unity is not ready"`
}

// Schedule is how the collecting is doing.
type Schedule struct {
	Sources    int     `json:"sources" doc:"Known to the schedule, paused ones included"`
	Running    int     `json:"running" doc:"Runs at this moment"`
	Waiting    int     `json:"waiting" doc:"Due, and waiting for a place"`
	Stuck      int     `json:"stuck" doc:"Calls that ignored their deadline and have not ended"`
	Runs       int64   `json:"runs" doc:"Ended since the start"`
	Abandoned  int64   `json:"abandoned" doc:"Runs that ignored their deadline, since the start"`
	Panicked   int64   `json:"panicked"`
	Skipped    int64   `json:"skipped" doc:"Times at which a source was still busy with the run before"`
	LagSeconds float64 `json:"lag_seconds" doc:"The longest that a run started after it was due, within the last minute"`
}

// Queues say what waits where.
type Queues struct {
	OpenSamples  int   `json:"open_samples" doc:"In memory and in the journal, not in the database yet"`
	JournalBytes int64 `json:"journal_bytes"`
	LostSamples  int64 `json:"lost_samples" doc:"That gave way since the start"`
}

// Cache is how Redis is doing.
type Cache struct {
	Redis   bool         `json:"redis" doc:"Whether the settings name one"`
	Problem *ProblemNote `json:"problem,omitempty" doc:"Why it does not have the latest"`
}

func (s *server) getSystem(ctx context.Context, _ *struct{}) (*body[Health], error) {
	return &body[Health]{Body: s.System.Health(ctx)}, nil
}
