package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
)

func TestItIsToldHowMuchSamplesAndBucketsTake(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	noise := &noise{now: begin}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "unity.db"), sqlstore.Options{Now: func() time.Time { return noise.now }})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	*noise = *newNoise(db, begin)
	for range 3 {
		noise.day(t)
	}
	detail, err := db.Detail(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// What is random takes its 64 bits, less what all have in common.
	size, samples := detail.Divided, int64(3*24*12*len(noise.ids))
	if size.Raw < 6*samples || size.Raw > 10*samples {
		t.Errorf("%d samples take %d bytes", samples, size.Raw)
	}
	hours := size.Tiers[time.Hour]
	if hours == 0 || size.Raw+hours > size.Total || len(detail.Packing) > 0 {
		t.Errorf("it is divided as %+v", detail)
	}
}
