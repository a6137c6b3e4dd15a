package api

import "context"

// Database says what the database holds.
type Database struct {
	Engine       string         `json:"engine" doc:"Name and version of the database"`
	Location     string         `json:"location" doc:"Without credentials"`
	Bytes        int64          `json:"bytes"`
	Tiers        []DatabaseTier `json:"tiers" nullable:"false" doc:"Samples first, then what is kept of them for longer"`
	JournalBytes int64          `json:"journal_bytes" doc:"Of the journal, which holds what is not in the database yet"`
	Series       int            `json:"series"`
	OpenSamples  int            `json:"open_samples" doc:"In memory and in the journal, not in the database yet"`
	OpenSeconds  float64        `json:"open_seconds" doc:"Age of the oldest of them"`
	LostSamples  int64          `json:"lost_samples" doc:"That gave way since the start, because the database was away for longer than the journal has room"`
	Packing      []Packing      `json:"packing" nullable:"false" doc:"How tables are packed, where the database does that itself: with TimescaleDB"`
	Notes        []string       `json:"notes" nullable:"false" doc:"What is not as the settings ask for, and why"`
	Problem      *ProblemNote   `json:"problem,omitempty" doc:"Why the database could not be written the last time"`
}

// DatabaseTier says what one resolution takes.
type DatabaseTier struct {
	StepSeconds float64 `json:"step_seconds" doc:"0 for the samples themselves"`
	KeepSeconds float64 `json:"keep_seconds" doc:"How long they are kept"`
	Bytes       int64   `json:"bytes" doc:"0 where the database does not tell"`
}

// Packing says how a database packs one of its tables.
type Packing struct {
	Table        string  `json:"table"`
	SegmentBy    string  `json:"segment_by" doc:"Columns whose rows are packed together"`
	OrderBy      string  `json:"order_by" doc:"In which order"`
	ChunkSeconds float64 `json:"chunk_seconds" doc:"How much time is in one piece of the table"`
	AfterSeconds float64 `json:"after_seconds" doc:"How old a piece is when it is packed; 0 when nothing packs it"`
	Chunks       int64   `json:"chunks" doc:"Pieces"`
	PackedChunks int64   `json:"packed_chunks" doc:"How many of them are packed"`
	BytesBefore  int64   `json:"bytes_before" doc:"What these took"`
	BytesAfter   int64   `json:"bytes_after" doc:"What they take"`
}

func (s *server) getDatabase(ctx context.Context, _ *struct{}) (*body[Database], error) {
	status, err := s.System.Database(ctx)
	if err != nil {
		return nil, err
	}
	return &body[Database]{Body: status}, nil
}
