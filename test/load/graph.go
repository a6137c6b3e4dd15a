package main

import (
	"fmt"
	"strings"
)

// span writes the least and the most of some moments.
func span(all []moment, of func(moment) float64, unit string) string {
	least, most := of(all[0]), of(all[0])
	for _, m := range all {
		least, most = min(least, of(m)), max(most, of(m))
	}
	return strings.TrimSpace(fmt.Sprintf("%.0f to %.0f %s", least, most, unit))
}

// draw returns the graph of the memory, which reads well on light and on dark.
func draw(all []moment) string {
	const width, height, left, bottom = 760, 300, 60, 40
	most := 0.0
	for _, m := range all {
		most = max(most, float64(m.resident), m.goroutines/10*1e6)
	}
	step := 20e6
	for most/step > 6 {
		step *= 2
	}
	top := step * float64(int(most/step)+1)
	end := all[len(all)-1].after
	x := func(m moment) float64 { return left + float64(m.after)/float64(end)*(width-left-20) }
	y := func(value float64) float64 { return height - bottom - value/top*(height-bottom-20) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" fill="#888">`+"\n", width, height)
	for value := 0.0; value <= top; value += step {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#8886"/><text x="%d" y="%.1f" text-anchor="end">%.0f MB</text>`+"\n",
			left, y(value), width-20, left-6, y(value)+4, value/1e6)
	}
	for i := range 7 {
		at := left + float64(i)/6*(width-left-20)
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%.0f min</text>`+"\n", at, height-bottom+18, end.Minutes()*float64(i)/6)
	}
	for i, line := range []struct {
		name, colour string
		of           func(moment) float64
	}{
		{"resident memory", "#3b82f6", func(m moment) float64 { return float64(m.resident) }},
		{"live heap", "#16a34a", func(m moment) float64 { return m.heap }},
		{"goroutines, ten to the MB", "#d97706", func(m moment) float64 { return m.goroutines / 10 * 1e6 }},
	} {
		b.WriteString(`<polyline fill="none" stroke-width="1.5" stroke="` + line.colour + `" points="`)
		for _, m := range all {
			fmt.Fprintf(&b, "%.1f,%.1f ", x(m), y(line.of(m)))
		}
		fmt.Fprintf(&b, `"/><text x="%d" y="14" fill="%s">%s</text>`+"\n", left+i*200, line.colour, line.name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// megabytes lists amounts of memory.
func megabytes(all []int64) string {
	texts := make([]string, len(all))
	for i, bytes := range all {
		texts[i] = fmt.Sprintf("%.1f", float64(bytes)/1e6)
	}
	return strings.Join(texts, ", ") + " MB"
}
