package log

import (
	"strconv"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/follow"
)

// gauges are what is measured of the files that share a label.
type gauges struct {
	readable bool
	size     int64
	lag      int64
}

// emit puts in the samples.
func (p *pass) emit(out *plugin.Batch, files []follow.File) {
	byLabel := make(map[string]*gauges)
	for _, file := range files {
		label := labelOf(p.dates, file.Path)
		g := byLabel[label]
		if g == nil {
			g = &gauges{readable: true}
			byLabel[label] = g
		}
		g.readable = g.readable && file.Err == nil
		g.size += file.Size
		g.lag += file.Lag
	}
	newest := int64(0)
	for label, t := range p.ledger.Files {
		g := byLabel[label]
		if g == nil {
			delete(p.ledger.Files, label) // it is not followed any more
			continue
		}
		newest = max(newest, t.Last)
		out.AddBool("log_readable", g.readable, "file", label)
		out.Add("log_lines_total", float64(t.Lines), "file", label)
		out.Add("log_bytes_total", float64(t.Bytes), "file", label)
		if p.c.config.Source == sourceFile {
			out.Add("log_cut_lines_total", float64(t.Cut), "file", label)
			out.Add("log_rotations_total", float64(t.Rotations), "file", label)
			out.Add("log_rotations_lost_total", float64(t.Lost), "file", label)
			if g.readable {
				out.Add("log_lag_bytes", float64(g.lag), "file", label)
				out.Add("log_file_size_bytes", float64(g.size), "file", label)
			}
		}
		if t.Last > 0 {
			out.Add("log_last_line_age_seconds", p.age(t.Last), "file", label)
		}
	}
	if newest > 0 {
		out.Add("log_silence_seconds", p.age(newest))
	}
	if limit := p.c.config.SilenceAfter.Std(); limit > 0 {
		out.Add("log_silence_limit_seconds", limit.Seconds())
	}
	for _, word := range severities() {
		out.Add("log_severity_total", float64(p.ledger.Severities[word]), "severity", word)
	}
	p.emitPatterns(out)
	if p.web != nil {
		p.web.emit(out)
	}
}

// age is how long ago a moment was.
func (p *pass) age(since int64) float64 {
	return max(0, p.now.Sub(time.Unix(since, 0)).Truncate(time.Second).Seconds())
}

func (p *pass) emitPatterns(out *plugin.Batch) {
	for i := range p.c.matcher.patterns {
		one := &p.c.matcher.patterns[i]
		out.Add("log_matches_total", float64(p.ledger.Matches[one.Name]), "pattern", one.Name, "severity", one.severity.String())
		if one.Alert {
			out.Add("log_alerts_total", float64(p.ledger.Alerts[one.Name]), "pattern", one.Name)
		}
		if held, ok := p.ledger.Values[one.Name]; ok && one.group > 0 {
			out.Add("log_pattern_value", held.Last, "pattern", one.Name)
			out.Add("log_pattern_values_total", float64(held.Count), "pattern", one.Name)
		}
		if n := p.counts[one.Name]; n > 0 {
			out.Add("log_pattern_value_average", p.sums[one.Name]/float64(n), "pattern", one.Name)
		}
	}
}

func plural(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.FormatInt(n, 10) + " " + noun
}
