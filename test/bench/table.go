package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// table is what is printed: one row for each figure.
type table struct{ rows []row }

type row struct{ what, bar, measured, how string }

func (t *table) add(what, bar, measured, how string) {
	t.rows = append(t.rows, row{what, bar, measured, how})
}

// print writes the table in Markdown.
func (t *table) print(w io.Writer) {
	head := row{"what", "bar", "measured", "how"}
	widths := [4]int{}
	for _, r := range append([]row{head}, t.rows...) {
		for i, cell := range r.cells() {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	line := func(r row) {
		for i, cell := range r.cells() {
			fmt.Fprint(w, "| ", cell, strings.Repeat(" ", widths[i]-len([]rune(cell))+1))
		}
		fmt.Fprintln(w, "|")
	}
	line(head)
	for _, width := range widths {
		fmt.Fprint(w, "| ", strings.Repeat("-", width), " ")
	}
	fmt.Fprintln(w, "|")
	for _, r := range t.rows {
		line(r)
	}
}

func (r row) cells() [4]string { return [4]string{r.what, r.bar, r.measured, r.how} }

// median returns the middle of some durations.
func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
}

// cpuModel returns what the processor calls itself.
func cpuModel() string {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

// writtenBytes returns what this process has caused to be written to disks.
func writtenBytes() (int64, error) {
	content, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0, err
	}
	var bytes int64
	for line := range strings.Lines(string(content)) {
		if value, ok := strings.CutPrefix(line, "write_bytes: "); ok {
			_, err := fmt.Sscan(value, &bytes)
			return bytes, err
		}
	}
	return 0, fmt.Errorf("no write_bytes in /proc/self/io")
}
