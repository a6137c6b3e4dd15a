package api

import (
	"bytes"
	"hash/maphash"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzhttp"
)

// maxTagged bounds the answers that get an ETag; a longer one is passed on as it
// comes.
const maxTagged = 1 << 20

// tagged gives the answers to a GET an ETag, so that whoever asks again and
// again is told in a few bytes that nothing changed.
func tagged(pattern string, next http.HandlerFunc) http.HandlerFunc {
	if !strings.HasPrefix(pattern, "GET /api/v1/") || pattern == "GET /api/v1/live" || pattern == "GET /api/v1/database/archive" {
		return next
	}
	seed := maphash.MakeSeed() // a tag of before a restart is none
	// A long list would otherwise be garbage with each answer, and collecting that
	// is what others wait for.
	buffers := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	return func(w http.ResponseWriter, r *http.Request) {
		text, _ := buffers.Get().(*bytes.Buffer)
		defer buffers.Put(text)
		text.Reset()
		held := &held{ResponseWriter: w, status: http.StatusOK, seed: seed, text: text}
		next(held, r)
		held.finish(r)
	}
}

// held keeps an answer until it is complete, or too long.
type held struct {
	http.ResponseWriter

	status int
	seed   maphash.Seed
	text   *bytes.Buffer
	passed bool // it is too long, and goes on as it comes
}

// WriteHeader implements http.ResponseWriter.
func (h *held) WriteHeader(status int) { h.status = status }

// Write implements http.ResponseWriter.
func (h *held) Write(text []byte) (int, error) {
	if h.passed {
		return h.ResponseWriter.Write(text)
	}
	if h.text.Len()+len(text) <= maxTagged {
		return h.text.Write(text)
	}
	if err := h.pass(); err != nil {
		return 0, err
	}
	return h.ResponseWriter.Write(text)
}

func (h *held) pass() error {
	h.passed = true
	h.ResponseWriter.WriteHeader(h.status)
	_, err := h.ResponseWriter.Write(h.text.Bytes())
	return err
}

// Unwrap lets http.ResponseController reach what is below.
func (h *held) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func (h *held) finish(r *http.Request) {
	if h.passed {
		return
	}
	if h.status == http.StatusOK {
		tag := `W/"` + strconv.FormatUint(maphash.Bytes(h.seed, h.text.Bytes()), 16) + `"`
		header := h.Header()
		header.Set("ETag", tag)
		header.Set("Cache-Control", "private, no-cache")
		header.Add("Vary", "Cookie, Authorization")
		if knows(r.Header.Values("If-None-Match"), tag) {
			header.Del("Content-Type")
			header.Del("Content-Length")
			h.ResponseWriter.WriteHeader(http.StatusNotModified)
			return
		}
	}
	_ = h.pass() // the client may be gone; there is nobody left to tell
}

// knows reports whether somebody has an answer with this tag. Weak and strong
// ones are the same here.
func knows(values []string, tag string) bool {
	opaque := strings.TrimPrefix(tag, "W/")
	for _, value := range values {
		for each := range strings.SplitSeq(value, ",") {
			if each = strings.TrimPrefix(strings.TrimSpace(each), "W/"); each == opaque || each == "*" {
				return true
			}
		}
	}
	return false
}

// leastPacked is how long an answer must be for packing to be worth it.
const leastPacked = 1400

// packed sends answers packed to those who take that. A few bytes of chance are
// added, so that their length tells nothing about what is in them.
func packed(next http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(leastPacked), gzhttp.CompressionLevel(3), gzhttp.EnableZstd(false),
		gzhttp.RandomJitter(32, 0, false), gzhttp.ContentTypeFilter(packs))
	if err != nil { // options that contradict each other, which a test would see
		return next
	}
	zipped := wrap(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/live" {
			next.ServeHTTP(w, r) // it packs by itself
			return
		}
		zipped.ServeHTTP(w, r)
	})
}

func packs(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	switch kind {
	case "application/json", "application/yaml", "text/plain", "text/html", "text/css", "text/javascript", "image/svg+xml":
		return true
	default:
		return strings.HasSuffix(kind, "+json")
	}
}
