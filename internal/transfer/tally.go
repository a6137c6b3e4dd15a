package transfer

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"
	"math"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// Tally is what a section amounts to.
type Tally struct {
	Section Section `json:"section"`
	// Count is how many items there are; of Points and buckets, how many of
	// those.
	Count int64 `json:"count"`
	// Checksum is the sum of the checksums of the items, so that their order
	// does not matter; that of samples and buckets is made of a whole series.
	Checksum Checksum `json:"checksum"`
}

// Checksum finds accidents; it does not keep anybody from making up a file.
type Checksum uint64

// String writes the checksum in hexadecimal digits.
func (c Checksum) String() string { return fmt.Sprintf("%016x", uint64(c)) }

// MarshalText writes the checksum as String does.
func (c Checksum) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (c *Checksum) UnmarshalText(text []byte) error {
	var v uint64
	if n, err := fmt.Sscanf(string(text), "%016x", &v); err != nil || n != 1 || Checksum(v).String() != string(text) {
		return fault.New(fault.BadAnswer, "reading a checksum: %q is none", text)
	}
	*c = Checksum(v)
	return nil
}

// counter counts items. Marks are not counted: they tell of the work of a
// database, not of what it holds.
type counter struct {
	tallies map[Section]*Tally
	labels  []byte                 // of the series that is open
	open    map[Section]*seriesSum // its samples and buckets
	text    bytes.Buffer
}

// seriesSum is the checksum in the making of the samples or buckets of a series.
type seriesSum struct {
	hash    hash.Hash
	scratch []byte
}

// scratchSize is how many bytes are hashed at once.
const scratchSize = 4 << 10

func newCounter() *counter {
	c := &counter{tallies: make(map[Section]*Tally), open: make(map[Section]*seriesSum)}
	for _, section := range Sections() {
		if section != Marks {
			c.tallies[section] = &Tally{Section: section}
		}
	}
	return c
}

func (c *counter) add(item Item) error {
	switch item := item.(type) {
	case *Mark:
		return nil
	case *Samples:
		c.tallies[Points].Count += int64(item.Columns.Len())
		sum := c.sum(Points)
		for i, t := range item.Columns.Times {
			sum.add(uint64(t), math.Float64bits(item.Columns.Values[i]))
		}
		return nil
	case *Buckets:
		section := item.section()
		if c.tallies[section] == nil {
			return fault.New(fault.Unsupported, "there is no tier of %v", item.Step)
		}
		c.tallies[section].Count += int64(len(item.Buckets))
		sum := c.sum(section)
		for _, b := range item.Buckets {
			sum.add(uint64(b.Time), uint64(b.Count), math.Float64bits(b.Sum), math.Float64bits(b.Min),
				math.Float64bits(b.Max), math.Float64bits(b.Last), math.Float64bits(b.Increase))
		}
		return nil
	}
	if err := encode(&c.text, item); err != nil {
		return err
	}
	if item, ok := item.(*Series); ok {
		c.endSeries()
		// Late is work to be done, too.
		if err := encode(&c.text, &Series{Labels: item.Labels}); err != nil {
			return err
		}
		c.labels = append(c.labels[:0], c.text.Bytes()...)
	}
	tally := c.tallies[item.section()]
	tally.Count++
	sum := sha256.Sum256(c.text.Bytes())
	tally.Checksum += Checksum(binary.BigEndian.Uint64(sum[:]))
	return nil
}

// sum returns the checksum in the making of a section of the open series.
func (c *counter) sum(section Section) *seriesSum {
	sum := c.open[section]
	if sum == nil {
		sum = &seriesSum{hash: sha256.New(), scratch: make([]byte, 0, scratchSize)}
		sum.hash.Write(c.labels)
		c.open[section] = sum
	}
	return sum
}

func (s *seriesSum) add(words ...uint64) {
	for _, word := range words {
		s.scratch = binary.LittleEndian.AppendUint64(s.scratch, word)
	}
	if len(s.scratch) > scratchSize-64 {
		s.hash.Write(s.scratch)
		s.scratch = s.scratch[:0]
	}
}

// endSeries adds the checksums of the open series.
func (c *counter) endSeries() {
	for section, sum := range c.open {
		sum.hash.Write(sum.scratch)
		c.tallies[section].Checksum += Checksum(binary.BigEndian.Uint64(sum.hash.Sum(nil)))
		delete(c.open, section)
	}
}

// of returns the tallies of some sections, those of nothing included.
func (c *counter) of(sections []Section) []Tally {
	c.endSeries()
	var all []Tally
	for _, section := range sections {
		if tally := c.tallies[section]; tally != nil {
			all = append(all, *tally)
		}
	}
	return all
}

func (c *counter) all() []Tally { return c.of(Sections()) }

// encode replaces what is in text with an item as JSON, the same bytes for the
// same item.
func encode(text *bytes.Buffer, item any) error {
	text.Reset()
	encoder := json.NewEncoder(text)
	encoder.SetEscapeHTML(false) // JSON in it stays as it is
	if err := encoder.Encode(item); err != nil {
		return fault.As(fault.BadAnswer, err, "reading something that should be JSON")
	}
	text.Truncate(text.Len() - 1) // the encoder ends the line
	return nil
}

// Compare returns nil when two databases, or a database and an archive, hold the
// same; else a fault that names what differs.
func Compare(from, to []Tally) error {
	have := make(map[Section]Tally, len(to))
	for _, tally := range to {
		have[tally.Section] = tally
	}
	var differences []string
	for _, want := range from {
		switch got := have[want.Section]; {
		case got.Count != want.Count:
			differences = append(differences, fmt.Sprintf("%s: %d instead of %d", want.Section, got.Count, want.Count))
		case got.Checksum != want.Checksum:
			differences = append(differences, fmt.Sprintf("%s: %d with another checksum", want.Section, want.Count))
		}
	}
	if differences == nil {
		return nil
	}
	return fault.New(fault.BadAnswer, "what arrived is not what was sent: %s", strings.Join(differences, ", "))
}
