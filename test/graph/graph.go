// Package graph draws what was measured over time as a picture for the
// documents, one that reads well on light and on dark.
package graph

import (
	"fmt"
	"strings"
	"time"
)

// Line is one line of a picture. Its scale is that of memory: something else than
// bytes is multiplied so that it fits, and its name says how.
type Line struct {
	Name   string
	Values []float64
}

// Draw returns the picture, an SVG, of what was measured at these times since the
// beginning. Every line has a value for each of them.
func Draw(times []time.Duration, lines ...Line) string {
	const width, height, left, bottom = 760, 300, 60, 40
	most := 0.0
	for _, line := range lines {
		for _, value := range line.Values {
			most = max(most, value)
		}
	}
	step := 20e6
	for most/step > 6 {
		step *= 2
	}
	top := step * float64(int(most/step)+1)
	end := times[len(times)-1]
	x := func(at time.Duration) float64 { return left + float64(at)/float64(end)*(width-left-20) }
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
	colours := []string{"#3b82f6", "#16a34a", "#d97706"}
	for i, line := range lines {
		colour := colours[i%len(colours)]
		b.WriteString(`<polyline fill="none" stroke-width="1.5" stroke="` + colour + `" points="`)
		for n, value := range line.Values {
			fmt.Fprintf(&b, "%.1f,%.1f ", x(times[n]), y(value))
		}
		fmt.Fprintf(&b, `"/><text x="%d" y="14" fill="%s">%s</text>`+"\n", left+i*200, colour, line.Name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}
