// Package chart draws lines as text: with Braille dots and colours in a
// terminal, and with plain letters where that would not be readable.
package chart

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// Point is a value at a time, in milliseconds since 1970 UTC.
type Point struct {
	Time  int64
	Value float64
}

// Line is one line of a chart. It is interrupted where two points are more than
// a step apart.
type Line struct {
	Name   string
	Points []Point
}

// Style is how a chart is drawn.
type Style struct {
	// Width and Height are of the drawing, in characters, without what is
	// written around it.
	Width, Height int
	// Plain uses nothing but ASCII.
	Plain bool
	Zone  *time.Location
}

// MaxLines is how many lines can be told apart.
const MaxLines = 8

// marks tell lines apart in a plain chart, and colours elsewhere.
const marks = "*ox+#@%="

func colour(line int) string {
	return fmt.Sprintf("\x1b[%dm", [MaxLines]int{36, 33, 35, 32, 31, 34, 96, 93}[line%MaxLines])
}

const noColour = "\x1b[0m"

// cell is one character of a drawing.
type cell struct {
	line int // the last that was drawn there, from 1
	dots rune
}

// drawing is a chart while it is drawn. A character has 2 by 4 dots, or one in
// a plain chart.
type drawing struct {
	Style
	lines       []Line
	from, to    int64
	step        int64
	least, most float64
	cells       [][]cell
}

// Draw writes a chart of the first MaxLines of lines over a span of time.
func Draw(w io.Writer, lines []Line, from, to time.Time, step time.Duration, style Style) error {
	d := &drawing{
		Style: style, lines: lines[:min(len(lines), MaxLines)],
		from: from.UnixMilli(), to: max(to.UnixMilli(), from.UnixMilli()+1), step: step.Milliseconds(),
	}
	d.scale()
	d.cells = make([][]cell, d.Height)
	for y := range d.cells {
		d.cells[y] = make([]cell, d.Width)
	}
	for i, line := range d.lines {
		d.draw(i+1, line)
	}
	_, err := io.WriteString(w, d.text())
	return err
}

// scale finds the span of values. A flat line runs through the middle.
func (d *drawing) scale() {
	d.least, d.most = math.Inf(1), math.Inf(-1)
	for _, line := range d.lines {
		for _, p := range line.Points {
			if finite(p.Value) {
				d.least, d.most = min(d.least, p.Value), max(d.most, p.Value)
			}
		}
	}
	switch {
	case d.least > d.most:
		d.least, d.most = 0, 1
	case d.least == d.most:
		room := max(math.Abs(d.least)/2, 1)
		d.least, d.most = d.least-room, d.most+room
	}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// dots returns how many dots the drawing is wide and high.
func (d *drawing) dots() (width, height int) {
	if d.Plain {
		return d.Width, d.Height
	}
	return 2 * d.Width, 4 * d.Height
}

// draw draws a line.
func (d *drawing) draw(number int, line Line) {
	width, height := d.dots()
	var lastX, lastY int
	var last int64
	drawn := false
	for _, p := range line.Points {
		if !finite(p.Value) || p.Time < d.from || p.Time > d.to {
			drawn = false
			continue
		}
		x := int(float64(p.Time-d.from) / float64(d.to-d.from) * float64(width-1))
		// Halves, for the difference of two values may be too large for a float.
		share := (p.Value/2 - d.least/2) / (d.most/2 - d.least/2)
		y := height - 1 - int(math.Round(share*float64(height-1)))
		if drawn && p.Time-last <= d.step {
			d.connect(number, lastX, lastY, x, y)
		} else {
			d.dot(number, x, y)
		}
		lastX, lastY, last, drawn = x, y, p.Time, true
	}
}

// connect draws a straight line between two dots.
func (d *drawing) connect(number, x0, y0, x1, y1 int) {
	steps := max(abs(x1-x0), abs(y1-y0), 1)
	for i := range steps + 1 {
		d.dot(number, x0+(x1-x0)*i/steps, y0+(y1-y0)*i/steps)
	}
}

func abs(n int) int { return max(n, -n) }

// dot sets one dot.
func (d *drawing) dot(number, x, y int) {
	if d.Plain {
		d.cells[y][x] = cell{line: number, dots: 1}
		return
	}
	c := &d.cells[y/4][x/2]
	c.line = number
	// Braille numbers its dots down the left side, down the right, and then
	// the row that was added below.
	c.dots |= [2][4]rune{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}[x%2][y%4]
}

// text returns the drawing with its axes.
func (d *drawing) text() string {
	high, middle, low := Short(d.most), Short((d.most+d.least)/2), Short(d.least)
	margin := max(len(high), len(middle), len(low))
	var b strings.Builder
	for y, row := range d.cells {
		label := ""
		switch y {
		case 0:
			label = high
		case (d.Height - 1) / 2:
			label = middle
		case d.Height - 1:
			label = low
		}
		fmt.Fprintf(&b, "%*s %s", margin, label, d.axis(label != ""))
		b.WriteString(d.row(row))
		b.WriteByte('\n')
	}
	corner, line := "└", "─"
	if d.Plain {
		corner, line = "+", "-"
	}
	fmt.Fprintf(&b, "%*s %s%s\n", margin, "", corner, strings.Repeat(line, d.Width))
	begin, end := d.times()
	fmt.Fprintf(&b, "%*s  %s%*s\n", margin, "", begin, max(d.Width-len(begin), len(end)+1), end)
	return b.String()
}

func (d *drawing) axis(tick bool) string {
	switch {
	case d.Plain:
		return "|"
	case tick:
		return "┤"
	default:
		return "│"
	}
}

// row returns the characters of a row, without space at the end.
func (d *drawing) row(row []cell) string {
	end := len(row)
	for end > 0 && row[end-1].line == 0 {
		end--
	}
	var b strings.Builder
	last := 0
	for _, c := range row[:end] {
		switch {
		case c.line == 0:
			b.WriteByte(' ')
		case d.Plain:
			b.WriteByte(marks[c.line-1])
		default:
			if c.line != last {
				b.WriteString(colour(c.line - 1))
				last = c.line
			}
			b.WriteRune(0x2800 + c.dots)
		}
	}
	if last != 0 {
		b.WriteString(noColour)
	}
	return b.String()
}

// times returns the ends of the time axis, with the day where they differ in it.
func (d *drawing) times() (begin, end string) {
	from, to := time.UnixMilli(d.from).In(d.Zone), time.UnixMilli(d.to).In(d.Zone)
	layout := "15:04:05"
	if from.YearDay() != to.YearDay() || from.Year() != to.Year() {
		layout = "2006-01-02 15:04"
	}
	return from.Format(layout), to.Format(layout)
}

// Mark returns what a line is drawn with, for a legend.
func (s Style) Mark(line int) string {
	if s.Plain {
		return string(marks[line%MaxLines])
	}
	return colour(line) + "━" + noColour
}

// Short writes a value in few characters: 12.3k.
func Short(v float64) string {
	size := math.Abs(v)
	switch {
	case !finite(v) || size == 0 || size >= 1e18 || size < 1e-3:
		return fmt.Sprintf("%.3g", v)
	case size < 1000:
		return trimmed(v, 3)
	}
	for _, unit := range "kMGTP" {
		v, size = v/1000, size/1000
		if size < 999.5 {
			return trimmed(v, 3) + string(unit)
		}
	}
	return fmt.Sprintf("%.3g", v) + "P"
}

// trimmed writes a value to a number of digits, without zeros at the end.
func trimmed(v float64, digits int) string {
	whole := len(fmt.Sprintf("%.0f", math.Abs(v)))
	if math.Abs(v) < 1 {
		whole = 0
	}
	text := fmt.Sprintf("%.*f", max(digits-whole, 0), v)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
