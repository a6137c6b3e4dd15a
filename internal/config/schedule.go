package config

import (
	"strings"
	"time"
)

// Schedule bounds the collecting.
type Schedule struct {
	Intervals   []string `koanf:"intervals" help:"how often sources of a plugin are collected that name no interval of their own: PLUGIN=INTERVAL with commas between, from 1s to 24h; those of other plugins as their plugin says"`
	Concurrency int      `koanf:"concurrency" help:"runs at the same time, in all"`
	PerHost     int      `koanf:"per_host" help:"runs at the same time against one host"`
	Detect      bool     `koanf:"detect" help:"on first start, begin to watch what needs no credentials"`
}

// IntervalOf returns the interval of each plugin that has another one than it
// says itself.
func (s Schedule) IntervalOf() map[string]time.Duration {
	intervals, _ := parseIntervals(s.Intervals)
	return intervals
}

func (s Schedule) check(report func(path, message string)) {
	if _, wrong := parseIntervals(s.Intervals); wrong != "" {
		report("schedule.intervals", `"`+wrong+`" is not PLUGIN=INTERVAL with an interval from 1s to 24h`)
	}
	if s.Concurrency < 1 || s.Concurrency > 1000 {
		report("schedule.concurrency", "must be between 1 and 1000")
	}
	if s.PerHost < 1 || s.PerHost > 1000 {
		report("schedule.per_host", "must be between 1 and 1000")
	}
}

// parseIntervals returns the interval of each plugin, and the first text that
// says none.
func parseIntervals(texts []string) (intervals map[string]time.Duration, wrong string) {
	intervals = make(map[string]time.Duration, len(texts))
	for _, text := range texts {
		plugin, value, _ := strings.Cut(text, "=")
		var interval Duration
		err := interval.UnmarshalText([]byte(strings.TrimSpace(value)))
		if plugin = strings.TrimSpace(plugin); err != nil || plugin == "" || interval.Std() < time.Second || interval.Std() > 24*time.Hour {
			return intervals, text
		}
		intervals[plugin] = interval.Std()
	}
	return intervals, ""
}
