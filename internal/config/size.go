package config

import (
	"math"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// Size is an amount of data, written as 500MB or 20GiB. Zero, also written as
// none, is no limit.
type Size int64

// sizeUnit is what a size may be written in.
type sizeUnit struct {
	name  string
	bytes float64
}

// sizeUnits returns the units, the longer names first where one is the end of
// another.
func sizeUnits() []sizeUnit {
	return []sizeUnit{
		{"TiB", 1 << 40},
		{"GiB", 1 << 30},
		{"MiB", 1 << 20},
		{"KiB", 1 << 10},
		{"TB", 1e12},
		{"GB", 1e9},
		{"MB", 1e6},
		{"kB", 1e3},
		{"KB", 1e3},
		{"B", 1},
	}
}

// Bytes returns s as a number of bytes.
func (s Size) Bytes() int64 { return int64(s) }

// String writes s in the unit in which it is the smallest whole number.
func (s Size) String() string {
	if s == 0 {
		return "none"
	}
	least, name := float64(s), "B"
	for _, unit := range sizeUnits() {
		if whole := float64(s) / unit.bytes; whole >= 1 && whole == math.Trunc(whole) && whole < least {
			least, name = whole, unit.name
		}
	}
	return strconv.FormatFloat(least, 'f', -1, 64) + name
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Size) UnmarshalText(text []byte) error {
	written := strings.TrimSpace(string(text))
	if written == "none" || written == "0" {
		*s = 0
		return nil
	}
	for _, unit := range sizeUnits() {
		number, ok := strings.CutSuffix(written, unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || n < 0 || n*unit.bytes > 1<<60 || math.IsNaN(n) {
			break
		}
		*s = Size(n * unit.bytes)
		return nil
	}
	return fault.New(fault.Config, "%q is not an amount of data; write for example 500MB, 20GiB or none", text)
}
