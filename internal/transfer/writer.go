package transfer

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/tier"
)

// magic is how an archive begins once it is unpacked.
const magic = "UNITY ARCHIVE\n"

// Version is the version of the archives that are written.
const Version = 3

// Header says where an archive comes from.
type Header struct {
	Version int `json:"version"`
	// ID is that of this archive alone.
	ID      string `json:"id"`
	Unity   string `json:"unity"`   // the version of the program
	Created int64  `json:"created"` // in milliseconds since 1970 UTC
	Engine  string `json:"engine"`
	Series  int    `json:"series"` // about how many there will be
}

// The kinds of records.
const (
	kindHeader  = 'H'
	kindSamples = 'c'
	kindBuckets = 'b'
	kindTally   = 'T'
	kindEnd     = 'E'
)

// kindOf returns the kind of the record of an item that is JSON.
func kindOf(section Section) byte {
	switch section {
	case Hosts:
		return 'h'
	case Users:
		return 'u'
	case Tokens:
		return 'k'
	case Audit:
		return 'a'
	case Pages:
		return 'd'
	case Notes:
		return 'n'
	case Sources:
		return 's'
	case States:
		return 't'
	case Values:
		return 'v'
	case Runs:
		return 'r'
	case Snapshots:
		return 'p'
	case Events:
		return 'e'
	case AllSeries:
		return 'l'
	case Marks:
		return 'm'
	default:
		return 0
	}
}

// window is how far back the compression looks: little, as most is packed
// already and memory counts.
const window = 512 << 10

// Writer writes an archive.
type Writer struct {
	zip     *zstd.Encoder
	out     *bufio.Writer
	counter *counter
	phase   int
	samples *chunk.Codec
	buckets *tier.Codec
	text    bytes.Buffer
	packed  []byte
}

// NewWriter begins an archive.
func NewWriter(w io.Writer, header Header) (*Writer, error) {
	zip, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window),
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fault.As(fault.Internal, err, "preparing compression")
	}
	codec := chunk.NewCodec()
	a := &Writer{
		zip: zip, out: bufio.NewWriterSize(zip, 32<<10), counter: newCounter(),
		samples: codec, buckets: tier.NewCodec(codec),
	}
	header.Version = Version
	if _, err := a.out.WriteString(magic); err != nil {
		return nil, writing(err)
	}
	return a, a.json(kindHeader, header)
}

// Put writes one item. Items have to come in the order of their sections.
func (a *Writer) Put(item Item) error {
	if err := a.tell(phaseOf(Version, item.section())); err != nil {
		return err
	}
	if err := a.counter.add(item); err != nil {
		return err
	}
	switch item := item.(type) {
	case *Samples:
		a.packed = a.samples.Append(a.packed[:0], item.Columns, chunk.Smallest)
		return a.record(kindSamples, a.packed)
	case *Buckets:
		a.packed = binary.AppendUvarint(a.packed[:0], uint64(item.Step.Milliseconds()))
		a.packed = a.buckets.Append(a.packed, item.Step, item.Buckets)
		return a.record(kindBuckets, a.packed)
	default:
		return a.json(kindOf(item.section()), item)
	}
}

// phases are the sections of archives of a version, in the order in which they
// come; those of one phase come mixed.
func phases(version int) [][]Section {
	series := []Section{AllSeries, Points}
	for _, step := range tier.Steps() {
		series = append(series, BucketsOf(step))
	}
	all := [][]Section{{Hosts}, {Users}, {Tokens}, {Sources}, {States}, {Values}, {Runs}, {Snapshots}, {Events}, {Audit}}
	if version >= 2 {
		all = append(all, []Section{Pages}, []Section{Notes})
	}
	return append(all, series, []Section{Marks})
}

// phaseOf returns the place of a section among the phases, and -1 when there is
// no such section.
func phaseOf(version int, section Section) int {
	return slices.IndexFunc(phases(version), func(phase []Section) bool { return slices.Contains(phase, section) })
}

// tell writes what the phases before one amount to.
func (a *Writer) tell(phase int) error {
	if phase < a.phase {
		return fault.New(fault.Internal, "writing an archive: a section came too late")
	}
	for ; a.phase < phase; a.phase++ {
		for _, tally := range a.counter.of(phases(Version)[a.phase]) {
			if err := a.json(kindTally, tally); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close ends the archive. Without it, it is a truncated one. It returns what the
// archive holds.
func (a *Writer) Close() ([]Tally, error) {
	if err := a.tell(len(phases(Version))); err != nil {
		return nil, err
	}
	if err := a.record(kindEnd, nil); err != nil {
		return nil, err
	}
	if err := a.out.Flush(); err != nil {
		return nil, writing(err)
	}
	return a.counter.all(), writing(a.zip.Close())
}

// Abort gives up: what was written is no archive.
func (a *Writer) Abort() {
	a.zip.Reset(io.Discard)
	_ = a.zip.Close() // nothing is kept
}

func (a *Writer) json(kind byte, value any) error {
	if err := encode(&a.text, value); err != nil {
		return err
	}
	return a.record(kind, a.text.Bytes())
}

func (a *Writer) record(kind byte, content []byte) error {
	var head [1 + binary.MaxVarintLen64]byte
	head[0] = kind
	n := 1 + binary.PutUvarint(head[1:], uint64(len(content)))
	if _, err := a.out.Write(head[:n]); err != nil {
		return writing(err)
	}
	_, err := a.out.Write(content)
	return writing(err)
}

func writing(err error) error { return fault.Wrap(err, "writing the archive") }
