package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// Answers keeps what was answered to requests that may be sent again.
type Answers interface {
	// Answer returns what is kept for somebody under a name; false for nothing, or
	// for what is older than since.
	Answer(ctx context.Context, owner, name string, since time.Time) (Answer, bool, error)
	// KeepAnswer keeps an answer, in place of what was there. Of each owner's, only
	// the newest are kept.
	KeepAnswer(ctx context.Context, owner, name string, answer Answer) error
}

// Answer is what was answered to a request.
type Answer struct {
	Request string // a hash of it
	Status  int
	Type    string
	Body    []byte
	Time    time.Time
}

const (
	// repeatableFor is how long a request may be sent again.
	repeatableFor = 24 * time.Hour
	maxRepeatKey  = 200
)

// repeats says which routes make something and honour Idempotency-Key. Tokens
// are not among them: what they are answered with is kept nowhere.
func repeats(pattern string) bool {
	switch pattern {
	case "POST /api/v1/sources", "POST /api/v1/sources/bulk", "POST /api/v1/sources/import", "POST /api/v1/sources/{id}/duplicate",
		"POST /api/v1/dashboards":
		return true
	default:
		return false
	}
}

// repeatable answers a request that names a key as it was answered the first
// time, so that a client that did not hear the answer may send it again.
func (s *server) repeatable(pattern string, next http.HandlerFunc) http.HandlerFunc {
	if !repeats(pattern) {
		return next
	}
	var underWay sync.Map
	return func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Idempotency-Key")
		if key == "" {
			next(w, r)
			return
		}
		if len(key) > maxRepeatKey {
			s.writeProblem(w, http.StatusUnprocessableEntity, fault.Config, "the header Idempotency-Key is too long", "use at most 200 characters, such as a UUID")
			return
		}
		who := visitOf(r.Context()).who
		owner := cmp.Or(who.User, string(who.Via))
		if _, busy := underWay.LoadOrStore(owner+"\x00"+key, true); busy {
			s.writeProblem(w, http.StatusConflict, fault.Conflict, "a request with this Idempotency-Key is being served", "wait for its answer, then send it again")
			return
		}
		defer underWay.Delete(owner + "\x00" + key)
		s.repeat(w, r, owner, key, next)
	}
}

func (s *server) repeat(w http.ResponseWriter, r *http.Request, owner, key string, next http.HandlerFunc) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		s.writeProblem(w, http.StatusRequestEntityTooLarge, fault.Config, "the body is too long, or broke off", "send at most 1 MiB")
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(text))
	hash := sha256.New()
	_, _ = io.WriteString(hash, r.Method+" "+r.URL.RequestURI()+"\n") // a hash takes everything
	_, _ = hash.Write(text)
	request := hex.EncodeToString(hash.Sum(nil))
	// The name is a hash, too, for a key may be any bytes.
	sum := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(sum[:])

	kept, found, err := s.Answers.Answer(r.Context(), owner, name, s.Now().Add(-repeatableFor))
	switch {
	case err != nil:
		s.refuse(w, r, err)
	case found && kept.Request != request:
		s.writeProblem(w, http.StatusUnprocessableEntity, fault.Config, "the header Idempotency-Key was used for another request", "make a new key for a new request")
	case found:
		w.Header().Set("Content-Type", kept.Type)
		w.Header().Set("Idempotency-Replayed", "true")
		w.WriteHeader(kept.Status)
		_, _ = w.Write(kept.Body) // the client may be gone again
	default:
		held := &held{ResponseWriter: w, status: http.StatusOK, text: new(bytes.Buffer)}
		// It is done to its end although the client may be gone: whoever sends it
		// again wants to hear what became of it.
		ctx := context.WithoutCancel(r.Context())
		next(held, r.WithContext(ctx))
		// What went wrong may go well the next time.
		if !held.passed && held.status < http.StatusBadRequest {
			answer := Answer{
				Request: request, Status: held.status, Type: held.Header().Get("Content-Type"), Body: held.text.Bytes(), Time: s.Now(),
			}
			if err := s.Answers.KeepAnswer(ctx, owner, name, answer); err != nil {
				s.Log.Warn("an answer is not kept for a request that may come again", "reason", err)
			}
		}
		if !held.passed {
			_ = held.pass() // the client may be gone
		}
	}
}
