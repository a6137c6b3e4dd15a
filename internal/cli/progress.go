package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/internal/transfer"
)

const (
	// barWidth is how many characters wide the bar is.
	barWidth = 30
	// drawEvery is how often the bar moves, sayEvery how often a line is written
	// where there is no terminal.
	drawEvery = 100 * time.Millisecond
	sayEvery  = 10 * time.Second
)

// progress tells how far something is: as a bar on a terminal, else by a line
// now and then.
type progress struct {
	out      io.Writer
	terminal bool
	title    string
	unit     string
	began    time.Time
	told     time.Time
	open     bool // a bar that is not full stands on the terminal
}

// progress returns one that tells standard error.
func (o *options) progress(title, unit string) *progress {
	return &progress{out: o.program.Stderr, terminal: o.onTerminal(), title: title, unit: unit, began: time.Now(), told: time.Now()}
}

// onTerminal reports whether a person watches standard error who can be shown
// something that moves.
func (o *options) onTerminal() bool {
	file, ok := o.program.Stderr.(*os.File)
	if !ok || slices.Contains(o.program.Environ, "TERM=dumb") {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// tell is a transfer.Progress.
func (p *progress) tell(done, total int64) {
	every := sayEvery
	if p.terminal {
		every = drawEvery
	}
	full := total > 0 && done >= total
	if time.Since(p.told) < every && (!full || !p.open) {
		return
	}
	p.told = time.Now()
	line := fmt.Sprintf("%s: %d of %d %s", p.title, done, total, p.unit)
	if total <= 0 {
		line = fmt.Sprintf("%s: %d %s", p.title, done, p.unit)
	}
	if !p.terminal {
		fmt.Fprintln(p.out, line)
		return
	}
	if total > 0 {
		share := float64(done) / float64(total)
		filled := int(share * barWidth)
		line = fmt.Sprintf("%-10s [%s%s] %3.0f %%  %d of %d %s", p.title, strings.Repeat("#", filled),
			strings.Repeat(".", barWidth-filled), 100*share, done, total, p.unit)
		if left := time.Since(p.began).Seconds() * (1 - share) / max(share, 0.001); share > 0.02 && !full {
			line += fmt.Sprintf(", %v left", time.Duration(left*float64(time.Second)).Round(time.Second))
		}
	}
	// What was there may have been longer.
	fmt.Fprintf(p.out, "\r%-78s", line)
	p.open = true
}

// end leaves the terminal at the start of a line.
func (p *progress) end() {
	if p.open {
		fmt.Fprintln(p.out)
		p.open = false
	}
}

// steps tells how far each step of a transfer is. The returned function ends the
// last one.
func (o *options) steps() (step func(transfer.Step) transfer.Progress, end func()) {
	var current *progress
	end = func() {
		if current != nil {
			current.end()
		}
	}
	return func(next transfer.Step) transfer.Progress {
		end()
		current = o.progress(string(next), "series")
		return current.tell
	}, end
}

// counted is a writer that tells how many bytes went through it.
type counted struct {
	io.Writer
	bytes    int64
	progress *progress
}

// Write implements io.Writer.
func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.bytes += int64(n)
	c.progress.tell(c.bytes>>20, 0)
	return n, err
}
