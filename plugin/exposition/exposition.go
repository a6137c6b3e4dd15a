// Package exposition reads the text in which services tell Prometheus their
// figures, for plugins whose service has nothing better.
//
//	figures, err := exposition.Read(answer.Body, func(name string) bool { return strings.HasPrefix(name, "caddy_") })
//	requests := figures.Sum("caddy_http_requests_total", "server", "srv0")
//
// A service tells thousands of lines of which some dozens matter, so that only
// those are taken apart. What is not there is absent and not 0.
package exposition

import (
	"bufio"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// Point is one value of a family, with its labels.
type Point struct {
	Labels map[string]string
	Value  float64
}

// Families are values by name.
type Families map[string][]Point

// maxLine bounds one line.
const maxLine = 64 << 10

// Read reads the lines whose names are wanted. A line that is none is left out,
// and so is a value that is no number; a text without any line of figures is a
// fault of kind BadAnswer.
func Read(from io.Reader, wanted func(name string) bool) (Families, error) {
	read := make(Families)
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, 16<<10), maxLine)
	good, odd := 0, ""
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, rest := cutName(line)
		if name == "" {
			odd = line
			continue
		}
		good++
		if !wanted(name) {
			continue
		}
		if p, ok := parsePoint(rest); ok {
			read[name] = append(read[name], p)
		}
	}
	if err := lines.Err(); err != nil {
		if e := (*fault.Error)(nil); errors.As(err, &e) {
			return nil, err
		}
		return nil, fault.As(fault.BadAnswer, err, "reading a line of figures")
	}
	if good == 0 {
		return nil, fault.New(fault.BadAnswer, "it holds no figures: %.60q", odd)
	}
	return read, nil
}

// cutName takes the name off a line.
func cutName(line string) (name, rest string) {
	for i := range len(line) {
		c := line[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == ':', c >= '0' && c <= '9' && i > 0:
		case c == '{' || c == ' ' || c == '\t':
			return line[:i], line[i:]
		default:
			return "", ""
		}
	}
	return "", "" // a name without a value
}

// parsePoint reads {label="value",…} and the value.
func parsePoint(text string) (Point, bool) {
	p := Point{}
	if strings.HasPrefix(text, "{") {
		labels, rest, ok := parseLabels(text[1:])
		if !ok {
			return p, false
		}
		p.Labels, text = labels, rest
	}
	fields := strings.Fields(text) // a time may follow
	if len(fields) == 0 || len(fields) > 2 {
		return p, false
	}
	value, err := strconv.ParseFloat(fields[0], 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return p, false
	}
	p.Value = value
	return p, true
}

func parseLabels(text string) (labels map[string]string, rest string, ok bool) {
	labels = make(map[string]string, 4)
	for {
		text = strings.TrimLeft(text, " ,")
		if after, ended := strings.CutPrefix(text, "}"); ended {
			return labels, after, true
		}
		name, after, found := strings.Cut(text, `="`)
		if !found {
			return nil, "", false
		}
		value, after, found := cutQuoted(after)
		if !found {
			return nil, "", false
		}
		labels[strings.TrimSpace(name)], text = strings.ToValidUTF8(value, "\ufffd"), after
	}
}

// cutQuoted reads up to the quotation mark that ends a value.
func cutQuoted(text string) (value, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return b.String(), text[i+1:], true
		case c == '\\' && i+1 < len(text):
			i++
			if text[i] == 'n' {
				b.WriteByte('\n')
			} else {
				b.WriteByte(text[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}

// Sum adds up the values of a family that have the labels, given as names and
// values in turn; nil when there are none.
func (f Families) Sum(name string, match ...string) *float64 {
	return f.SumOf(name, func(labels map[string]string) bool {
		for i := 0; i+1 < len(match); i += 2 {
			if labels[match[i]] != match[i+1] {
				return false
			}
		}
		return true
	})
}

// SumOf adds up the values of a family whose labels are taken; nil when there
// are none.
func (f Families) SumOf(name string, take func(labels map[string]string) bool) *float64 {
	var sum *float64
	for _, p := range f[name] {
		if !take(p.Labels) {
			continue
		}
		if sum == nil {
			sum = new(float64)
		}
		*sum += p.Value
	}
	return sum
}

// By adds up the values of a family for each value of a label.
func (f Families) By(name, label string) map[string]float64 {
	sums := make(map[string]float64)
	for _, p := range f[name] {
		if value := p.Labels[label]; value != "" {
			sums[value] += p.Value
		}
	}
	return sums
}
