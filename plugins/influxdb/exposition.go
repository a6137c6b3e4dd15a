package influxdb

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// point is one value of a family, with its labels.
type point struct {
	labels map[string]string
	value  float64
}

// families are values by name, as a server tells them to Prometheus. A server
// tells thousands of lines of which some dozens matter, so that only those are
// taken apart.
type families map[string][]point

// maxLine bounds one line.
const maxLine = 64 << 10

// readFamilies reads the lines whose names are wanted. A line that is none is
// left out, unless there is no other.
func readFamilies(from io.Reader, wanted func(name string) bool) (families, error) {
	read := make(families)
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
		return nil, fmt.Errorf("a line of the figures: %w", err)
	}
	if good == 0 {
		return nil, fmt.Errorf("it holds no figures: %q", shorten(odd, 60))
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
func parsePoint(text string) (point, bool) {
	p := point{}
	if strings.HasPrefix(text, "{") {
		labels, rest, ok := parseLabels(text[1:])
		if !ok {
			return p, false
		}
		p.labels, text = labels, rest
	}
	fields := strings.Fields(text) // a time may follow
	if len(fields) == 0 || len(fields) > 2 {
		return p, false
	}
	value, err := strconv.ParseFloat(fields[0], 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return p, false
	}
	p.value = value
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
		labels[strings.TrimSpace(name)], text = value, after
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

// sum adds up the values that have the labels; absent when there are none.
func (f families) sum(name string, match ...string) *float64 {
	return f.sumOf(name, func(labels map[string]string) bool {
		for i := 0; i+1 < len(match); i += 2 {
			if labels[match[i]] != match[i+1] {
				return false
			}
		}
		return true
	})
}

func (f families) sumOf(name string, take func(labels map[string]string) bool) *float64 {
	var sum *float64
	for _, p := range f[name] {
		if take(p.labels) {
			add(&sum, p.value)
		}
	}
	return sum
}

// by adds up the values for each value of a label.
func (f families) by(name, label string) map[string]float64 {
	sums := make(map[string]float64)
	for _, p := range f[name] {
		if value := p.labels[label]; value != "" {
			sums[value] += p.value
		}
	}
	return sums
}

// add adds to a sum that may be absent.
func add(sum **float64, value float64) {
	if *sum == nil {
		*sum = new(float64)
	}
	**sum += value
}
