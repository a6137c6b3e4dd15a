package config

import (
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// Duration is a length of time, written as 30s, 5m, 12h or 30d.
type Duration time.Duration

// Std returns d as the standard library has it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String writes whole days as 30d and everything else as 1h30m0s.
func (d Duration) String() string {
	day := Duration(24 * time.Hour)
	if d >= day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	return time.Duration(d).String()
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err == nil {
			*d = Duration(n) * Duration(24*time.Hour)
			return nil
		}
	}
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fault.New(fault.Config, "%q is not a duration; write for example 30s, 5m, 12h or 30d", text)
	}
	*d = Duration(parsed)
	return nil
}
