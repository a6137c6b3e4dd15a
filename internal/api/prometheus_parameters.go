package api

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"time"

	"github.com/prometheus/common/model"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/promql"
)

// parameters reads the parameters of a request as Prometheus does. The first
// that makes no sense is kept in err.
type parameters struct {
	form url.Values
	err  error
}

// badParameter says which parameter makes no sense, or that the request does
// not when name is empty.
func badParameter(name string, err error) error {
	mistake := promql.Mistake{Message: err.Error()}
	if known, ok := errors.AsType[*promql.Mistake](err); ok {
		mistake = *known
	}
	if name != "" {
		mistake.Message = fmt.Sprintf("invalid parameter %q: %s", name, mistake.Message)
	}
	return fault.As(fault.Config, &mistake, "")
}

func (p *parameters) refuse(name, format string, args ...any) {
	if p.err == nil {
		p.err = badParameter(name, fmt.Errorf(format, args...))
	}
}

// limit returns how many series or names may be answered, 0 for any number.
func (p *parameters) limit() int {
	text := p.form.Get("limit")
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		p.refuse("limit", "%w", err)
	case n < 0:
		p.refuse("limit", "limit must be non-negative")
	}
	return n
}

// time returns a time, or another when it is not given.
func (p *parameters) time(name string, missing time.Time) time.Time {
	text := p.form.Get(name)
	if text == "" {
		return missing
	}
	t, ok := timeOf(text)
	if !ok {
		p.refuse(name, "invalid time value for '%s': cannot parse %q to a valid timestamp", name, text)
	}
	return t
}

// requiredTime returns a time that has to be given.
func (p *parameters) requiredTime(name string) time.Time {
	t, ok := timeOf(p.form.Get(name))
	if !ok {
		p.refuse(name, "cannot parse %q to a valid timestamp", p.form.Get(name))
	}
	return t
}

// farthest is how many seconds from 1970 a time may be; there is no sample
// beyond.
const farthest = 100_000_000_000

// timeOf reads seconds since 1970, or RFC 3339. Times that are farther away than
// anything are brought near enough to be reckoned with.
func timeOf(text string) (time.Time, bool) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		if math.IsNaN(seconds) {
			return time.Time{}, false
		}
		whole, part := math.Modf(min(max(seconds, -farthest), farthest))
		return time.Unix(int64(whole), int64(math.Round(part*1000))*int64(time.Millisecond)).UTC(), true
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, true
	}
	switch text { // what Prometheus' own client sends for open ends
	case "-292273086-05-16T16:47:06Z":
		return time.Unix(-farthest, 0).UTC(), true
	case "292277025-08-18T07:12:54.999999999Z":
		return time.Unix(farthest, 0).UTC(), true
	}
	return time.Time{}, false
}

// duration returns a length of time: seconds, or such as 5m.
func (p *parameters) duration(name string) time.Duration {
	text := p.form.Get(name)
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		if nanoseconds := seconds * float64(time.Second); math.Abs(nanoseconds) < math.MaxInt64 {
			return time.Duration(nanoseconds)
		}
		p.refuse(name, "cannot parse %q to a valid duration. It overflows int64", text)
		return 0
	}
	d, err := model.ParseDuration(text)
	if err != nil {
		p.refuse(name, "cannot parse %q to a valid duration", text)
	}
	return time.Duration(d)
}

// short writes a length of time as queries do: 5m, 1h30m.
func short(d time.Duration) string { return model.Duration(d).String() }
