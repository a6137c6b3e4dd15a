package smart

import (
	"math"
	"strconv"
	"strings"
)

// natural returns the value if it can be a count: finite and not negative.
func natural(v *float64) *float64 {
	if v == nil || math.IsNaN(*v) || math.IsInf(*v, 0) || *v < 0 {
		return nil
	}
	return v
}

// positive returns the value if it is a count of at least one.
func positive(v *float64) *float64 {
	if v = natural(v); v == nil || *v == 0 {
		return nil
	}
	return v
}

// percent turns 12 into 0.12. Drives stop counting at 255.
func percent(v *float64) *float64 {
	if v = natural(v); v == nil || *v > 255 {
		return nil
	}
	return new(*v / 100)
}

func scaled(v *float64, by float64) *float64 {
	if v == nil {
		return nil
	}
	return natural(new(*v * by))
}

func product(a, b *float64) *float64 {
	if a == nil || b == nil {
		return nil
	}
	return scaled(a, *b)
}

// number reads a decimal number, or returns nil.
func number(text string) *float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.ContainsAny(text, "xXpPnN_") {
		return nil
	}
	return &v
}

// first returns the first text that says something.
func first(texts ...string) string {
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			return text
		}
	}
	return ""
}
