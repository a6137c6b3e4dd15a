package api

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/promql"
)

// writer writes an answer of the Prometheus API as it comes: an answer of a
// million points is never in memory as text. Write errors are left alone: the
// client is gone, and nobody is left to tell.
type writer struct {
	to     http.ResponseWriter
	buffer []byte
}

// pieceSize is how much of an answer is sent at once.
const pieceSize = 32 << 10

// begin starts an answer; the data comes next.
func (w *writer) begin() {
	w.to.Header().Set("Content-Type", "application/json")
	w.text(`{"status":"success","data":`)
}

// end ends an answer.
func (w *writer) end(warnings, infos []string) {
	for _, notes := range []struct {
		name string
		list []string
	}{{"warnings", warnings}, {"infos", infos}} {
		if len(notes.list) > 0 {
			w.text(`,"` + notes.name + `":`)
			w.list(len(notes.list), func(i int) { w.string(notes.list[i]) })
		}
	}
	w.text("}")
}

// whole writes an answer whose data is known.
func (w *writer) whole(data string) error {
	w.begin()
	w.text(data)
	w.end(nil, nil)
	return nil
}

func (w *writer) flush() {
	_, _ = w.to.Write(w.buffer)
	w.buffer = w.buffer[:0]
}

func (w *writer) text(text string) { w.buffer = append(w.buffer, text...) }

// list writes n items.
func (w *writer) list(n int, item func(i int)) {
	w.text("[")
	for i := range n {
		if i > 0 {
			w.text(",")
		}
		item(i)
		if len(w.buffer) >= pieceSize {
			w.flush()
		}
	}
	w.text("]")
}

// any writes what is small enough to be encoded at once.
func (w *writer) any(v any) {
	encoded, err := json.Marshal(v)
	if err != nil {
		encoded = []byte("null")
	}
	w.buffer = append(w.buffer, encoded...)
}

func (w *writer) labels(ls labels.Labels) {
	w.text("{")
	first := true
	ls.Range(func(label labels.Label) {
		if !first {
			w.text(",")
		}
		first = false
		w.string(label.Name)
		w.text(":")
		w.string(label.Value)
	})
	w.text("}")
}

// point writes a time and a value, as [1435781451.781,"1.5"].
func (w *writer) point(t int64, v float64) {
	w.text("[")
	w.time(t)
	w.text(`,"`)
	w.buffer = appendValue(w.buffer, v)
	w.text(`"]`)
}

// appendValue writes a value as Prometheus does.
func appendValue(b []byte, v float64) []byte {
	format := byte('f')
	if size := math.Abs(v); size != 0 && (size < 1e-6 || size >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, v, format, -1, 64)
}

// time writes milliseconds as seconds.
func (w *writer) time(t int64) {
	if t < 0 {
		w.text("-")
		t = -t
	}
	w.buffer = strconv.AppendInt(w.buffer, t/1000, 10)
	if part := t % 1000; part != 0 {
		w.buffer = append(w.buffer, '.', byte('0'+part/100), byte('0'+part/10%10), byte('0'+part%10))
	}
}

// string writes a string. Most need no escapes.
func (w *writer) string(text string) {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			w.any(text)
			return
		}
	}
	w.buffer = append(w.buffer, '"')
	w.buffer = append(w.buffer, text...)
	w.buffer = append(w.buffer, '"')
}

// refusal is the answer to a request that is not served. The fields of unity
// are more than Prometheus has.
type refusal struct {
	Status    string  `json:"status"`
	ErrorType string  `json:"errorType"`
	Error     string  `json:"error"`
	Unity     Refusal `json:"unity"`
}

// Refusal is what an answer of the Prometheus API says beyond Prometheus when
// a request is not served.
type Refusal struct {
	Kind fault.Kind `json:"kind"`
	Hint string     `json:"hint,omitempty"`
	// Start and End are the bytes of the query that are to blame.
	Start int `json:"start,omitempty"`
	End   int `json:"end,omitempty"`
}

func respondFault(w http.ResponseWriter, status int, kind string, err error) {
	answer := refusal{Status: "error", ErrorType: kind, Error: err.Error(), Unity: Refusal{Kind: fault.Of(err), Hint: fault.Hint(err)}}
	if mistake, ok := errors.AsType[*promql.Mistake](err); ok {
		answer.Unity.Start, answer.Unity.End = mistake.Start, mistake.End
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client may be gone; there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(answer)
}
