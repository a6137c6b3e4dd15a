package transfer

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/tier"
)

// Section is what sort of thing an item is.
type Section string

// The sections, in the order in which they come; BucketsOf names those of the
// tiers. Samples and buckets come with their series.
const (
	Hosts     Section = "hosts"
	Users     Section = "users"
	Tokens    Section = "tokens"
	Sources   Section = "sources"
	States    Section = "states"
	Values    Section = "values"
	Runs      Section = "runs"
	Snapshots Section = "snapshots"
	Events    Section = "events"
	Audit     Section = "audit"
	Pages     Section = "dashboards"
	Notes     Section = "notes"
	AllSeries Section = "series"
	Points    Section = "samples"
	Marks     Section = "marks"
)

// BucketsOf returns the section of the buckets of a tier.
func BucketsOf(step time.Duration) Section {
	if step%time.Hour == 0 {
		return Section("buckets_" + strconv.FormatInt(int64(step/time.Hour), 10) + "h")
	}
	return Section("buckets_" + strconv.FormatInt(int64(step/time.Minute), 10) + "m")
}

// Sections lists every section, in the order in which they are told of.
func Sections() []Section {
	return slices.Concat(phases(Version)...)
}

// Item is one of the types below. Times are milliseconds since 1970 UTC, zero
// stands for none; durations are nanoseconds. What is JSON in the database is
// the same JSON here.
type Item interface {
	// section returns where the item belongs.
	section() Section
}

// Host is a machine that is watched.
type Host struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Platform string `json:"platform"`
	Created  int64  `json:"created"`
	LastSeen int64  `json:"last_seen"`
}

// User is somebody who may use Unity, with hashes of password and recovery codes
// and the sealed second factor. Sessions are not moved: people sign in again.
type User struct {
	ID         string   `json:"id"`
	Login      string   `json:"login"`
	Name       string   `json:"name"`
	Role       string   `json:"role"`
	Password   string   `json:"password"`
	Factor     string   `json:"factor"`
	FactorStep int64    `json:"factor_step"`
	Subject    string   `json:"subject,omitempty"`
	Created    int64    `json:"created"`
	Updated    int64    `json:"updated"`
	LastLogin  int64    `json:"last_login"`
	Recovery   []string `json:"recovery,omitempty"`
}

// Token is a hash of what a program uses Unity with.
type Token struct {
	ID       string `json:"id"`
	Hash     string `json:"hash"`
	Owner    string `json:"owner"`
	Name     string `json:"name"`
	Scope    string `json:"scope"`
	Created  int64  `json:"created"`
	Expires  int64  `json:"expires"`
	LastUsed int64  `json:"last_used"`
	Sources  string `json:"sources,omitempty"` // IDs with a blank between them; empty for all
}

// Act is what somebody did.
type Act struct {
	ID      int64  `json:"id"`
	Time    int64  `json:"time"`
	Actor   string `json:"actor"`
	Name    string `json:"name"`
	Via     string `json:"via"`
	Action  string `json:"action"`
	Target  string `json:"target"`
	Address string `json:"address"`
	Refused bool   `json:"refused"`
}

// Source is one configured plugin, secrets included.
type Source struct {
	ID       string          `json:"id"`
	Plugin   string          `json:"plugin"`
	Name     string          `json:"name"`
	Host     string          `json:"host"`
	Config   json.RawMessage `json:"config,omitempty"`
	Enabled  bool            `json:"enabled"`
	Interval int64           `json:"interval"`
	Timeout  int64           `json:"timeout"`
	Tags     json.RawMessage `json:"tags,omitempty"`
	Origin   string          `json:"origin"`
	Created  int64           `json:"created"`
	Updated  int64           `json:"updated"`
	Revision int64           `json:"revision"`
}

// State is the status of a source.
type State struct {
	Source      string          `json:"source"`
	Status      string          `json:"status"`
	Since       int64           `json:"since"`
	Failures    int             `json:"failures"`
	LastRun     int64           `json:"last_run"`
	LastSuccess int64           `json:"last_success"`
	Problem     json.RawMessage `json:"problem,omitempty"`
}

// Value is what a collector keeps between runs.
type Value struct {
	Source string          `json:"source"`
	Name   string          `json:"name"`
	Value  json.RawMessage `json:"value"`
}

// Run is the record of one collection.
type Run struct {
	Source   string          `json:"source"`
	Start    int64           `json:"start"`
	Duration int64           `json:"duration"`
	Attempts int             `json:"attempts"`
	Outcome  string          `json:"outcome"`
	Samples  int             `json:"samples"`
	Problem  json.RawMessage `json:"problem,omitempty"`
}

// Snapshot is the document that a run left behind.
type Snapshot struct {
	Source   string          `json:"source"`
	Time     int64           `json:"time"`
	Document json.RawMessage `json:"document"`
}

// Event is something that happened. It keeps its number.
type Event struct {
	ID       int64           `json:"id"`
	Time     int64           `json:"time"`
	Kind     string          `json:"kind"`
	Source   string          `json:"source"`
	Host     string          `json:"host"`
	Severity string          `json:"severity"`
	Title    string          `json:"title"`
	Detail   json.RawMessage `json:"detail,omitempty"`
}

// Dashboard is a page of panels.
type Dashboard struct {
	ID       string          `json:"id"`
	Owner    string          `json:"owner"`
	Document json.RawMessage `json:"document"`
	Created  int64           `json:"created"`
	Updated  int64           `json:"updated"`
	Revision int64           `json:"revision"`
}

// Note is a small thing that is kept under a name.
type Note struct {
	Area    string `json:"area"`
	Name    string `json:"name"`
	Value   string `json:"value"`
	Updated int64  `json:"updated"`
}

// Series begins a series: Samples and Buckets that follow belong to it.
type Series struct {
	Labels labels.Labels `json:"labels"`
	// Late are stretches of time whose buckets have to be made once more, as
	// samples came late.
	Late []int64 `json:"late,omitempty"`
}

// Samples is a stretch of the series before it, of at least one sample and at
// most chunk.MaxPoints. Times ascend, also from one stretch to the next.
type Samples struct {
	Columns chunk.Columns
}

// Buckets is a stretch of a tier of the series before it, with the same rules
// and at most tier.MaxBuckets.
type Buckets struct {
	Step    time.Duration
	Buckets []tier.Bucket
}

// Mark is a number by which the database goes on where it was, such as up to
// when buckets are made of samples.
type Mark struct {
	Name  string `json:"name"`
	Value int64  `json:"value"`
}

func (*Host) section() Section      { return Hosts }
func (*User) section() Section      { return Users }
func (*Token) section() Section     { return Tokens }
func (*Act) section() Section       { return Audit }
func (*Source) section() Section    { return Sources }
func (*State) section() Section     { return States }
func (*Value) section() Section     { return Values }
func (*Run) section() Section       { return Runs }
func (*Snapshot) section() Section  { return Snapshots }
func (*Event) section() Section     { return Events }
func (*Dashboard) section() Section { return Pages }
func (*Note) section() Section      { return Notes }
func (*Series) section() Section    { return AllSeries }
func (*Samples) section() Section   { return Points }
func (b *Buckets) section() Section { return BucketsOf(b.Step) }
func (*Mark) section() Section      { return Marks }
