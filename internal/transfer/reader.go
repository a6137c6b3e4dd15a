package transfer

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/tier"
)

const (
	// maxRecord is how long a record may be: a snapshot is at most 64 MiB.
	maxRecord = 65 << 20
	// zstdMagic is how every zstd stream begins.
	zstdMagic = "\x28\xb5\x2f\xfd"
	// maxWindow is how much memory an archive may ask for to be unpacked.
	maxWindow = 8 << 20
)

// Reader reads an archive.
type Reader struct {
	unzip   *zstd.Decoder
	in      *bufio.Reader
	header  Header
	counter *counter
	phase   int
	told    int // tallies of the phase that were read
	samples *chunk.Codec
	buckets *tier.Codec
	content bytes.Buffer

	// What the last item was, so that its memory is used again, and where the
	// open series is.
	columns chunk.Columns
	rows    []tier.Bucket
	ends    map[Section]int64
}

// NewReader begins to read an archive. What is none is a fault of kind
// WrongService, what is of a newer version Unsupported.
func NewReader(r io.Reader) (*Reader, error) {
	raw := bufio.NewReaderSize(r, 32<<10)
	if begin, err := raw.Peek(len(zstdMagic)); string(begin) != zstdMagic {
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, damaged(err)
		}
		return nil, foreign()
	}
	unzip, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, fault.As(fault.Internal, err, "preparing to unpack the archive")
	}
	codec := chunk.NewCodec()
	a := &Reader{
		unzip: unzip, in: bufio.NewReaderSize(unzip, 32<<10), counter: newCounter(),
		samples: codec, buckets: tier.NewCodec(codec),
	}
	if err := a.open(); err != nil {
		unzip.Close()
		return nil, err
	}
	return a, nil
}

// Close releases memory.
func (a *Reader) Close() { a.unzip.Close() }

// Header says where the archive comes from.
func (a *Reader) Header() Header { return a.header }

func (a *Reader) open() error {
	begin := make([]byte, len(magic))
	switch n, err := io.ReadFull(a.in, begin); {
	case !strings.HasPrefix(magic, string(begin[:n])):
		return foreign()
	case err != nil:
		return damaged(err)
	}
	kind, err := a.record()
	if err != nil {
		return err
	}
	// Only the version is known to be there in all versions.
	var version struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(a.content.Bytes(), &version); kind != kindHeader || err != nil {
		return senseless("its header")
	}
	if version.Version > Version {
		return fault.New(fault.Unsupported, "the archive has version %d, and this Unity knows versions up to %d", version.Version, Version).
			WithHint("Use the Unity that wrote it, or a newer one.")
	}
	if err := a.decode(&a.header); err != nil || a.header.Version < 1 {
		return senseless("its header")
	}
	return nil
}

func foreign() error {
	return fault.New(fault.WrongService, "this is no archive of Unity").
		WithHint("Archives are made by unity export and unity database backup.")
}

// record reads the next record into content and returns its kind.
func (a *Reader) record() (byte, error) {
	kind, err := a.in.ReadByte()
	if err != nil {
		return 0, damaged(err)
	}
	length, err := binary.ReadUvarint(a.in)
	if err != nil {
		return 0, damaged(err)
	}
	if length > maxRecord {
		return 0, senseless("the length of a record")
	}
	a.content.Reset()
	// Memory grows with what is really there.
	if _, err := io.CopyN(&a.content, a.in, int64(length)); err != nil {
		return 0, damaged(err)
	}
	return kind, nil
}

// decode reads content as JSON, to the last byte and with nothing unknown in it.
func (a *Reader) decode(into any) error {
	decoder := json.NewDecoder(bytes.NewReader(a.content.Bytes()))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows")
	}
	return nil
}

// Items returns everything in the archive, and after the last item checks that
// nothing is missing. It can be called once. Whatever is wrong is a fault of
// kind BadAnswer; what came before it must not be kept.
func (a *Reader) Items() iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for {
			item, err := a.next()
			if err != nil {
				yield(nil, err)
				return
			}
			if item == nil || !yield(item, nil) {
				return
			}
		}
	}
}

// next returns the next item, and nil after the end mark.
func (a *Reader) next() (Item, error) {
	for {
		kind, err := a.record()
		if err != nil {
			return nil, err
		}
		switch kind {
		case kindTally:
			if err := a.compare(); err != nil {
				return nil, err
			}
		case kindEnd:
			return nil, a.end()
		default:
			item, err := a.item(kind)
			if err != nil {
				return nil, err
			}
			if err := a.place(item); err != nil {
				return nil, err
			}
			return item, a.counter.add(item)
		}
	}
}

// item makes an item of a record.
func (a *Reader) item(kind byte) (Item, error) {
	switch kind {
	case kindSamples:
		return a.samplesItem()
	case kindBuckets:
		return a.bucketsItem()
	}
	item := itemOf(kind)
	if item == nil {
		return nil, senseless("the kind of a record")
	}
	if err := a.decode(item); err != nil {
		return nil, fault.As(fault.BadAnswer, err, "reading the archive: one of its %s makes no sense", item.section())
	}
	if _, ok := item.(*Series); ok {
		a.ends = make(map[Section]int64)
	}
	return item, nil
}

func itemOf(kind byte) Item {
	for _, item := range []Item{
		new(Host), new(User), new(Token), new(Act), new(Source), new(State), new(Value), new(Run), new(Snapshot), new(Event), new(Dashboard), new(Note), new(Series), new(Mark),
	} {
		if kindOf(item.section()) == kind {
			return item
		}
	}
	return nil
}

func (a *Reader) samplesItem() (Item, error) {
	a.columns.Times, a.columns.Values = a.columns.Times[:0], a.columns.Values[:0]
	var err error
	if a.columns, err = a.samples.Decode(a.columns, a.content.Bytes()); err != nil {
		return nil, senseless("some of its samples")
	}
	times := a.columns.Times
	if !a.after(Points, times[0], times[len(times)-1]) || !ascending(times) {
		return nil, senseless("the order of its samples")
	}
	return &Samples{Columns: a.columns}, nil
}

func (a *Reader) bucketsItem() (Item, error) {
	ms, n := binary.Uvarint(a.content.Bytes())
	item := &Buckets{Step: time.Duration(ms) * time.Millisecond}
	if n <= 0 || ms > uint64((1000*time.Hour).Milliseconds()) || ms == 0 || phaseOf(a.header.Version, item.section()) < 0 {
		return nil, senseless("the step of a tier")
	}
	var err error
	if a.rows, err = a.buckets.Decode(a.rows[:0], item.Step, a.content.Bytes()[n:]); err != nil {
		return nil, senseless("some of its buckets")
	}
	// The codec has nothing but ascending times.
	if !a.after(item.section(), a.rows[0].Time, a.rows[len(a.rows)-1].Time) {
		return nil, senseless("the order of its buckets")
	}
	item.Buckets = a.rows
	return item, nil
}

// after reports whether a stretch comes after the one before it of the same
// series.
func (a *Reader) after(section Section, first, last int64) bool {
	if a.ends == nil { // there is no series
		return false
	}
	end, known := a.ends[section]
	a.ends[section] = last
	return !known || first > end
}

func ascending(times []int64) bool {
	for i := 1; i < len(times); i++ {
		if times[i] <= times[i-1] {
			return false
		}
	}
	return true
}

// place checks that an item comes in the order of the sections.
func (a *Reader) place(item Item) error {
	if phaseOf(a.header.Version, item.section()) != a.phase || a.told > 0 {
		return senseless("the order of its sections")
	}
	return nil
}

// compare checks what a section amounts to. The last one of a phase ends it.
func (a *Reader) compare() error {
	var want Tally
	if err := a.decode(&want); err != nil {
		return senseless("a count")
	}
	tallies := a.counter.of(phases(a.header.Version)[a.phase])
	if a.told >= len(tallies) || tallies[a.told].Section != want.Section {
		return senseless("the order of its sections")
	}
	if err := Compare([]Tally{want}, tallies); err != nil {
		return fault.As(fault.BadAnswer, err, "the archive is damaged").WithHint("%s", damagedHint)
	}
	if a.told++; a.told == len(tallies) {
		a.phase, a.told = a.phase+1, 0
	}
	return nil
}

// end checks that everything came, and that nothing follows.
func (a *Reader) end() error {
	if a.phase != phaseOf(a.header.Version, Marks) || a.content.Len() > 0 {
		return senseless("its end mark")
	}
	switch _, err := a.in.ReadByte(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return damaged(err)
	default:
		return senseless("what follows its end")
	}
}

// Tallies returns what the archive holds; all of it after the last item.
func (a *Reader) Tallies() []Tally { return a.counter.all() }

const damagedHint = "Nothing was taken from it. Use another copy of the archive."

// damaged says what is wrong with an archive that cannot be read.
func damaged(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.New(fault.BadAnswer, "the archive is truncated: it ends before its end mark").WithHint("%s", damagedHint)
	}
	if fault.Of(err) != fault.Internal { // it is the file that cannot be read
		return fault.Wrap(err, "reading the archive")
	}
	return fault.As(fault.BadAnswer, err, "the archive is damaged").WithHint("%s", damagedHint)
}

func senseless(what string) error {
	return fault.New(fault.BadAnswer, "the archive is damaged: %s makes no sense", what).WithHint("%s", damagedHint)
}
