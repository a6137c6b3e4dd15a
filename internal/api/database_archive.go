package api

import (
	"context"
	"io"
	"net/http"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/transfer"
)

// DatabaseCheck is what a database holds that was read as a whole.
type DatabaseCheck struct {
	Sections []transfer.Tally `json:"sections" nullable:"false" doc:"How much there is of what"`
}

func (s *server) checkDatabase(ctx context.Context, _ *struct{}) (*body[DatabaseCheck], error) {
	tallies, err := s.System.CheckDatabase(ctx)
	if err != nil {
		return nil, err
	}
	return &body[DatabaseCheck]{Body: DatabaseCheck{Sections: tallies}}, nil
}

// serveArchive sends everything that the database holds while it is read. An
// archive that is cut off is not taken by anybody, so that is how it ends when
// something goes wrong on the way.
func (s *server) serveArchive(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "application/zstd")
	header.Set("Content-Disposition", `attachment; filename="unity-`+s.Now().UTC().Format("20060102-150405")+`.archive"`)
	begun := &begun{Writer: w}
	err := s.System.Export(r.Context(), begun)
	switch {
	case err == nil:
	case begun.yes:
		s.Log.Warn("an export was cut off", "error", err)
		panic(http.ErrAbortHandler)
	default:
		header.Del("Content-Disposition")
		kind := fault.Of(err)
		s.writeProblem(w, statusOf(kind), kind, err.Error(), fault.Hint(err))
	}
}

// begun remembers whether anything was written.
type begun struct {
	io.Writer
	yes bool
}

// Write implements io.Writer.
func (b *begun) Write(p []byte) (int, error) {
	b.yes = true
	return b.Writer.Write(p)
}
