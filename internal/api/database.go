package api

import (
	"context"
	"time"
)

// Database says what the database holds.
type Database struct {
	Engine        string     `json:"engine" doc:"SQLite"`
	EngineVersion string     `json:"engine_version"`
	Location      string     `json:"location" doc:"Without credentials"`
	Schema        int64      `json:"schema" doc:"Version of the schema"`
	Bytes         int64      `json:"bytes"`
	JournalBytes  int64      `json:"journal_bytes"`
	Series        int        `json:"series"`
	Samples       int64      `json:"samples" doc:"In the database; open ones come on top"`
	Chunks        int64      `json:"chunks"`
	OpenSamples   int64      `json:"open_samples" doc:"In memory and in the journal"`
	Oldest        *time.Time `json:"oldest,omitempty" doc:"Time of the oldest sample in the database"`
}

func (s *server) getDatabase(ctx context.Context, _ *struct{}) (*body[Database], error) {
	status, err := s.System.Database(ctx)
	if err != nil {
		return nil, err
	}
	return &body[Database]{Body: status}, nil
}
