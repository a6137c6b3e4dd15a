package redis_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/rueidis"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/cache/redis"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/test/servers"
)

// bench is a mirror at work on a Redis of its own.
type bench struct {
	server *servers.Server
	client rueidis.Client // as another program
	mirror *redis.Mirror
	events <-chan string // what is published
	said   chan string   // what the mirror logs
}

// logTo is a log whose lines go into a channel.
type logTo struct {
	slog.Handler
	lines chan string
}

func (l logTo) Handle(_ context.Context, record slog.Record) error {
	line := record.Message
	record.Attrs(func(a slog.Attr) bool {
		line += " " + a.String()
		return true
	})
	l.lines <- line
	return nil
}

func (logTo) Enabled(context.Context, slog.Level) bool { return true }

// start starts a Redis and a mirror to it; user is "name:password@", or nothing.
func start(t *testing.T, user string, settings ...string) *bench {
	t.Helper()
	b := &bench{server: servers.Start(t, servers.Redis(), settings...), said: make(chan string, 100)}
	b.connect(t)
	var err error
	address := strings.Replace(b.server.URL(), "redis://", "redis://"+user, 1)
	if b.mirror, err = redis.New(redis.Settings{Address: address, Log: slog.New(logTo{lines: b.said})}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.mirror.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return b
}

// connect looks at the server as another program does.
func (b *bench) connect(t *testing.T) {
	t.Helper()
	options, err := rueidis.ParseURL(b.server.URL())
	if err != nil {
		t.Fatal(err)
	}
	options.DisableCache = true
	if b.client, err = rueidis.NewClient(options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.client.Close)
	published := make(chan string, 1000)
	b.events = published
	ready := make(chan struct{})
	listener, cancel := b.client.Dedicate()
	t.Cleanup(cancel)
	listener.SetPubSubHooks(rueidis.PubSubHooks{
		OnMessage:      func(m rueidis.PubSubMessage) { published <- m.Message },
		OnSubscription: func(rueidis.PubSubSubscription) { close(ready) },
	})
	if err := listener.Do(t.Context(), listener.B().Subscribe().Channel("unity:events").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	<-ready
}

// patience is how long a test waits for what has to come.
const patience = 30 * time.Second

// next waits for something that contains a text.
func next(t *testing.T, from <-chan string, text string) string {
	t.Helper()
	limit := time.After(patience)
	for {
		select {
		case got := <-from:
			if strings.Contains(got, text) {
				return got
			}
		case <-limit:
			t.Fatalf("%q does not come", text)
		}
	}
}

// value returns the JSON of a key and how long it lives on.
func (b *bench) value(t *testing.T, key string, value any) time.Duration {
	t.Helper()
	text, err := b.client.Do(t.Context(), b.client.B().Get().Key(key).Build()).AsBytes()
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	if err := json.Unmarshal(text, value); err != nil {
		t.Fatalf("%s is %s: %v", key, text, err)
	}
	ttl, err := b.client.Do(t.Context(), b.client.B().Pttl().Key(key).Build()).AsInt64()
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(ttl) * time.Millisecond
}

// report is one run of a source, with an event that names it.
func report(source inventory.SourceID, value float64, title string) inventory.Report {
	now := time.Now()
	return inventory.Report{
		Source:  inventory.Source{ID: source, Interval: time.Minute},
		Run:     inventory.Run{Source: source, Start: now, Outcome: inventory.Success},
		State:   inventory.State{Source: source, Status: inventory.Healthy, Since: now, LastRun: now, LastSuccess: now},
		Time:    now.UnixMilli(),
		Samples: []metric.Sample{{Name: "fan_speed_hertz", Labels: metric.Labels{{Name: "fan", Value: "rear"}}, Value: value}},
		Events:  []inventory.Event{{ID: 7, Time: now, Kind: "turned", Source: source, Severity: inventory.Info, Title: title}},
	}
}

type latest struct {
	Time    time.Time
	Samples []struct {
		Name   string
		Labels map[string]string
		Value  float64
	}
}

type overview struct {
	Total   int
	Sources map[string]int
}

func TestOtherProgramsSeeTheLatest(t *testing.T) {
	t.Parallel()
	b := start(t, "")
	b.mirror.Prime([]inventory.State{{Source: "nas", Status: inventory.Failing, Problem: &inventory.Problem{Kind: fault.Auth, Message: "no"}}})
	rep := report("fans", 20.5, "first")
	b.mirror.Committed(rep)
	message := next(t, b.events, "first") // the keys are written before it
	var event struct{ Title, Kind, Source, Severity string }
	if err := json.Unmarshal([]byte(message), &event); err != nil || event.Kind != "turned" || event.Source != "fans" || event.Severity != "info" {
		t.Errorf("published is %s: %v", message, err)
	}

	var l latest
	if ttl := b.value(t, "unity:latest:fans", &l); ttl > 300*time.Second || ttl < 290*time.Second {
		t.Errorf("samples live for %v", ttl)
	}
	if len(l.Samples) != 1 || l.Samples[0].Value != 20.5 || l.Samples[0].Labels["fan"] != "rear" || l.Time.UnixMilli() != rep.Time {
		t.Errorf("the latest is %+v", l)
	}
	var status struct {
		Status      string
		LastSuccess time.Time `json:"last_success"`
		Problem     struct{ Kind string }
	}
	if ttl := b.value(t, "unity:status:nas", &status); ttl > 30*time.Second || ttl < 20*time.Second {
		t.Errorf("a status lives for %v", ttl)
	}
	if status.Status != "failing" || status.Problem.Kind != "auth" || !status.LastSuccess.IsZero() {
		t.Errorf("the status is %+v", status)
	}
	var o overview
	if ttl := b.value(t, "unity:overview", &o); ttl > 60*time.Second || ttl < 50*time.Second {
		t.Errorf("the overview lives for %v", ttl)
	}
	if diff := cmp.Diff(overview{Total: 2, Sources: map[string]int{"failing": 1, "healthy": 1}}, o); diff != "" {
		t.Errorf("overview (-want +got):\n%s", diff)
	}

	b.mirror.Forget("nas")
	b.mirror.Committed(report("fans", 21, "second"))
	next(t, b.events, "second")
	keys, err := b.client.Do(t.Context(), b.client.B().Keys().Pattern("*nas*").Build()).AsStrSlice()
	if err != nil || len(keys) > 0 {
		t.Errorf("of a deleted source is left: %v, %v", keys, err)
	}
	if b.mirror.Problem() != nil {
		t.Errorf("there is a problem: %v", b.mirror.Problem())
	}
}

// disturb makes a lot of reports while Redis is in trouble: if one waited for it,
// the test would not end.
func (b *bench) disturb() {
	for i := range 20_000 {
		b.mirror.Committed(report(inventory.SourceID(fmt.Sprint("s", i%100)), float64(i), "meanwhile"))
	}
}

func TestARedisThatDiesIsUsedAgainWhenItReturns(t *testing.T) {
	t.Parallel()
	b := start(t, "")
	b.mirror.Committed(report("fans", 1, "before"))
	next(t, b.events, "before")
	b.server.Kill()
	b.disturb()
	said := next(t, b.said, "does not have the latest")
	if p := b.mirror.Problem(); p == nil || p.Hint == "" {
		t.Errorf("the problem is %v; said was %s", p, said)
	}
	if err := b.server.Start(); err != nil {
		t.Fatal(err)
	}
	next(t, b.said, "has the latest again")
	b.connect(t)
	b.mirror.Committed(report("fans", 2, "after"))
	next(t, b.events, "after")
	var l latest
	b.value(t, "unity:latest:fans", &l)
	if l.Samples[0].Value != 2 {
		t.Errorf("the latest is %+v", l)
	}
	b.value(t, "unity:latest:s99", &l) // Redis was empty, and has all again
	if l.Samples[0].Value != 19_999 {
		t.Errorf("the latest is %+v", l)
	}
}

func TestARedisThatStandsStillHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	b := start(t, "")
	b.mirror.Committed(report("fans", 1, "before"))
	next(t, b.events, "before")
	if err := b.server.Pause(); err != nil {
		t.Fatal(err)
	}
	b.disturb()
	next(t, b.said, "does not have the latest")
	if err := b.server.Resume(); err != nil {
		t.Fatal(err)
	}
	next(t, b.said, "has the latest again")
	b.mirror.Committed(report("fans", 2, "after"))
	next(t, b.events, "after")
}

func TestAFullRedisIsSaidAndUsedAgainWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	b := start(t, "")
	set := func(name, value string) {
		t.Helper()
		if err := b.client.Do(t.Context(), b.client.B().ConfigSet().ParameterValue().ParameterValue(name, value).Build()).Error(); err != nil {
			t.Fatal(err)
		}
	}
	set("maxmemory", "1") // less than it has
	b.mirror.Committed(report("fans", 1, "too much"))
	said := next(t, b.said, "does not have the latest")
	if !strings.Contains(said, "maxmemory") {
		t.Errorf("it says %s", said)
	}
	set("maxmemory", "0")
	next(t, b.said, "has the latest again")
	next(t, b.events, "too much") // it waited
}

func TestWhatIsWrongIsSaidWithWhatToDo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		user     string
		settings []string
		kind     fault.Kind
		hint     string
	}{
		"a wrong password":  {"unity:wrong@", []string{"user unity on >right ~unity:* &unity:events +@all"}, fault.Auth, "password"},
		"a missing right":   {"unity:right@", []string{"user unity on >right ~unity:* &unity:events +client +hello +ping +set"}, fault.Permission, "ACL SETUSER"},
		"the rights it has": {"unity:right@", []string{"user unity on >right ~unity:* &unity:events +set +del +publish +client +hello +ping"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t, test.user, test.settings...)
			b.mirror.Committed(report("fans", 1, "event"))
			if test.kind == "" {
				next(t, b.events, "event")
				return
			}
			next(t, b.said, "does not have the latest")
			p := b.mirror.Problem()
			if p == nil || p.Kind != test.kind || !strings.Contains(p.Hint, test.hint) || strings.Contains(p.Message, "wrong@") {
				t.Errorf("got %+v", p)
			}
		})
	}
}

func TestAnAddressThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "http://cache", "redis://h/zero", "redis://a:secret%@h/"} {
		_, err := redis.New(redis.Settings{Address: address, Log: slog.New(slog.DiscardHandler)})
		if fault.Of(err) != fault.Config || fault.Hint(err) == "" || strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("%q: got %v", address, err)
		}
	}
}
