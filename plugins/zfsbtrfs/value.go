package zfsbtrfs

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// size reads a number of bytes, exact or with one of the suffixes that ZFS
// prints: 1024-based, as in 31.6M. What is not known is a dash.
func size(text string) *float64 {
	text = strings.TrimSuffix(strings.TrimSpace(text), "B")
	factor := 1.0
	if n := len(text) - 1; n > 0 {
		if i := strings.IndexByte("KMGTPEZ", text[n]); i >= 0 {
			factor = math.Pow(1024, float64(i+1))
			text = text[:n]
		}
	}
	v := decimal(text)
	if v == nil {
		return nil
	}
	return new(*v * factor)
}

// count reads how many there are; ZFS shortens large counts as it does sizes.
func count(text string) *float64 { return size(text) }

// part reads 16 or 16% as 0.16.
func part(text string) *float64 {
	v := decimal(strings.TrimSuffix(strings.TrimSpace(text), "%"))
	if v == nil {
		return nil
	}
	return new(*v / 100)
}

// times reads 1.05 or 1.05x.
func times(text string) *float64 { return decimal(strings.TrimSuffix(strings.TrimSpace(text), "x")) }

// decimal reads a number that is not negative, or returns nil.
func decimal(text string) *float64 {
	if text == "" || strings.ContainsAny(text, "xXpPnNiI_+-") {
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) || v < 0 {
		return nil
	}
	return &v
}

// date reads a time as ctime(3) writes it, in the zone of the machine.
func date(text string, zone *time.Location) *time.Time {
	t, err := time.ParseInLocation("Mon Jan 2 15:04:05 2006", strings.Join(strings.Fields(text), " "), zone)
	if err != nil {
		return nil
	}
	return &t
}

// span reads how long something took: 02:15:33, 1 days 02:15:33, 2h15m or 0h0m.
func span(text string) *float64 {
	seconds := 0.0
	text = strings.TrimSpace(text)
	if days, rest, found := strings.Cut(text, " days "); found {
		n := decimal(days)
		if n == nil {
			return nil
		}
		seconds, text = *n*day.Seconds(), rest
	}
	if hours, rest, found := strings.Cut(text, "h"); found {
		h, m := decimal(hours), decimal(strings.TrimSuffix(rest, "m"))
		if h == nil || m == nil {
			return nil
		}
		return new(seconds + *h*3600 + *m*60)
	}
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return nil
	}
	for i, unit := range []float64{3600, 60, 1} {
		n := decimal(parts[i])
		if n == nil {
			return nil
		}
		seconds += *n * unit
	}
	return &seconds
}
