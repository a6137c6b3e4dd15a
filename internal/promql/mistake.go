package promql

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/unity-homelab/unity/fault"
)

// Mistake is what is wrong with a question.
type Mistake struct {
	Message string // as Prometheus words it, with line and column
	// Start and End are the bytes of the query that are to blame; both are 0
	// when it is not its text.
	Start, End int
}

// Error returns the message.
func (m *Mistake) Error() string { return m.Message }

// refuse returns a mistake that has no place in the text.
func refuse(format string, args ...any) error {
	return fault.As(fault.Config, &Mistake{Message: fmt.Sprintf(format, args...)}, "")
}

// mistakeOf returns why a query could not be prepared. Positions that the
// parser gives may lie behind the end, where something is missing.
func mistakeOf(err error, text string) error {
	if fault.Of(err) == fault.Canceled || fault.Of(err) == fault.Timeout {
		return err
	}
	mistake := &Mistake{Message: err.Error()}
	var all parser.ParseErrors
	var one *parser.ParseErr
	switch {
	case errors.As(err, &all) && len(all) > 0:
		one = &all[0]
	case errors.As(err, &one):
	}
	if one != nil {
		mistake.Start = min(max(int(one.PositionRange.Start), 0), len(text))
		mistake.End = min(max(int(one.PositionRange.End), mistake.Start), len(text))
	}
	return fault.As(fault.Config, mistake, "")
}

// faultOf returns why a query that was started gave nothing.
func (e *Engine) faultOf(ctx context.Context, err error) error {
	var (
		timeout  promql.ErrQueryTimeout
		canceled promql.ErrQueryCanceled
		tooMany  promql.ErrTooManySamples
		known    *fault.Error
	)
	switch {
	case errors.As(err, &timeout) || errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fault.As(fault.Timeout, err, "").
			WithHint("ask for fewer series, or for a shorter time; a query may take %v", e.Timeout)
	case errors.As(err, &canceled) || errors.Is(err, context.Canceled):
		return fault.As(fault.Canceled, err, "")
	case errors.As(err, &tooMany):
		return fault.As(fault.Config, err, "").
			WithHint("ask for fewer series, for a shorter time, or with a longer step; a query may hold %d samples at once", e.MaxSamples)
	case errors.As(err, &known):
		return err
	default:
		// What is left is what the engine itself says of the query: that there
		// are two series where there may be one, and the like.
		return fault.As(fault.Config, err, "")
	}
}
