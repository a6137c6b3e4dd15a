package plugintest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

const (
	// quickly is how soon a collection returns after its context ended.
	quickly = 10 * time.Second
	// maxVariants bounds the garbled variants of one case, and maxPlaced the
	// sections that are put in place for them: a case with many files costs more
	// per variant.
	maxVariants = 240
	maxPlaced   = 4000
)

// checkRobust runs a case as it never goes in real life, and as it does.
func (s *suite) checkRobust(t *testing.T, c *testCase) {
	t.Helper()
	if c.fails() {
		return
	}
	t.Run("a cancelled collection ends", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, s, c, false)
		ctx, cancel := context.WithCancel(t.Context())
		collector, err := s.plugin.Open(ctx, c.config(w), w.host())
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if o, ok := s.within(quickly, ctx, collector); !ok {
			t.Errorf("it still runs %v after its context ended", quickly)
		} else if o.panicked != "" {
			t.Errorf("panic: %s", o.panicked)
		}
	})
	t.Run("two collectors at once do not disturb each other", func(t *testing.T) {
		t.Parallel()
		var group sync.WaitGroup
		for range 2 {
			w := newWorld(t, s, c, false)
			collector, err := s.plugin.Open(t.Context(), c.config(w), w.host())
			if err != nil {
				t.Fatal(err)
			}
			group.Go(func() {
				if o := run(s.plugin, func(b *plugin.Batch) error { return collector.Collect(t.Context(), b) }); o.panicked != "" {
					t.Errorf("panic: %s", o.panicked)
				}
			})
		}
		group.Wait()
	})
	t.Run("garbled answers", func(t *testing.T) {
		t.Parallel()
		s.checkGarbled(t, c)
	})
}

// bendable are the answers that are bent. Cases share files that are none of their
// business; bending one of those once, in the first case that has it, is enough.
func bendable(cases []*testCase) map[*section]bool {
	first := make(map[*section]bool)
	seen := make(map[string]bool)
	for _, c := range cases {
		if c.fails() {
			continue
		}
		for _, of := range c.sections {
			answers := of.verb == "file" || of.verb == "exec" || isAnswer(of.verb)
			if said := of.full + "\n" + string(of.data); answers && !seen[said] {
				first[of], seen[said] = true, true
			}
		}
	}
	return first
}

// within collects, and gives up waiting after a while.
func (s *suite) within(d time.Duration, ctx context.Context, c plugin.Collector) (outcome, bool) { //nolint:revive // the duration reads first
	done := make(chan outcome, 1)
	go func() { done <- run(s.plugin, func(b *plugin.Batch) error { return c.Collect(ctx, b) }) }()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case o := <-done:
		return o, true
	case <-timer.C:
		return outcome{}, false
	}
}

// checkGarbled cuts and bends each answer of the case in turn. The collector
// may complain as it likes, in words of its own; it must not panic, hang or
// give itself away.
func (s *suite) checkGarbled(t *testing.T, c *testCase) {
	t.Helper()
	type variant struct {
		of   *section
		name string
		data []byte
	}
	var variants []variant
	for _, of := range c.sections {
		if !s.bent[of] {
			continue
		}
		garbled := garble(of.data)
		for _, name := range slices.Sorted(maps.Keys(garbled)) {
			variants = append(variants, variant{of, name, garbled[name]})
		}
	}
	step := 1 + len(variants)/min(maxVariants, 1+maxPlaced/len(c.sections))
	for i := 0; i < len(variants); i += step {
		v := variants[i]
		bent := *c
		bent.sections = nil
		for _, other := range c.sections {
			if other == v.of {
				copied := *other
				copied.data = v.data
				other = &copied
			}
			bent.sections = append(bent.sections, other)
		}
		t.Run(fmt.Sprintf("%s %s", v.of.full, v.name), func(t *testing.T) {
			w := newWorld(t, s, &bent, false)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			collector, err := s.plugin.Open(ctx, bent.config(w), w.host())
			if err != nil {
				t.Fatal(err)
			}
			for round := 1; round <= bent.rounds; round++ {
				if round > 1 {
					w.enter(round)
				}
				o, ok := s.within(patience+quickly, ctx, collector)
				if !ok {
					t.Fatal("it hangs")
				}
				if o.panicked != "" {
					t.Fatalf("panic: %s\nwith\n%s", o.panicked, v.data)
				}
				s.checkSecrets(t, w, o)
				for _, problem := range allProblems(o) {
					if fault.Of(problem) == fault.Internal {
						t.Errorf("a fault without a kind: %v", problem)
					}
				}
			}
		})
	}
}

// garble returns the text cut at several places and with bytes bent.
func garble(text []byte) map[string][]byte {
	out := map[string][]byte{
		"empty":   {},
		"html":    []byte("<html><body>502 Bad Gateway</body></html>\n"),
		"nul":     bytes.Repeat([]byte{0}, 64),
		"numbers": bendNumbers(text),
	}
	for _, quarter := range []int{1, 2, 3} {
		out[fmt.Sprintf("cut at %d/4", quarter)] = text[:len(text)*quarter/4]
	}
	if len(text) > 1 {
		out["without its end"] = text[:len(text)-2]
	}
	for i, place := range []int{len(text) / 7, len(text) / 3, len(text) * 4 / 5} {
		if place < len(text) {
			bent := bytes.Clone(text)
			bent[place] ^= 0x55
			out[fmt.Sprintf("bent %d", i+1)] = bent
		}
	}
	return out
}

// bendNumbers makes every number enormous.
func bendNumbers(text []byte) []byte {
	var out []byte
	inside := false
	for _, b := range text {
		digit := b >= '0' && b <= '9'
		if digit && !inside {
			out = append(out, "99999999999999999999"...)
		}
		inside = digit
		out = append(out, b)
	}
	return out
}

// checkAway takes the first case that talks to the served address and lets the
// address refuse, be unknown, and say nothing.
func (s *suite) checkAway(t *testing.T, cases []*testCase) {
	t.Helper()
	var example *testCase
	for _, c := range cases {
		if config := c.find("config.json", c.rounds); config != nil && !c.fails() &&
			(bytes.Contains(config.data, []byte("{{url}}")) || bytes.Contains(config.data, []byte("{{host}}")) ||
				bytes.Contains(config.data, []byte("{{port}}")) ||
				bytes.Contains(config.data, []byte("{{socket}}"))) {
			example = c
			break
		}
	}
	if example == nil && !s.manifest.Rights.Network {
		return // its config names no target; it talks to sockets of the machine beside its other work
	}
	if example == nil {
		t.Fatal("no case that gives samples has {{url}}, {{host}}, {{port}} or {{socket}} in its config.json")
	}
	quiet := silence(t)
	// A socket that is missing may be taken for a service that is not there.
	gone := []fault.Kind{fault.Refused, fault.Unreachable, fault.NotFound, fault.NotInstalled}
	for _, away := range []struct {
		name, address, socket string
		within                time.Duration
		want                  []fault.Kind
	}{
		{"refused", closedAddress(t), filepath.Join(t.TempDir(), "none"), patience, gone},
		{"unknown name", "nas.invalid:8080", filepath.Join(t.TempDir(), "none"), patience, append([]fault.Kind{fault.DNS}, gone[1:]...)},
		{"silent", quiet.tcp, quiet.unix, 500 * time.Millisecond, []fault.Kind{fault.Timeout}},
	} {
		t.Run(away.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, s, example, false)
			w.address, w.socket = away.address, away.socket
			ctx, cancel := context.WithTimeout(t.Context(), away.within)
			defer cancel()
			collector, err := s.plugin.Open(ctx, example.config(w), w.host())
			if err != nil {
				t.Fatalf("opening a collector must not need the target: %v", err)
			}
			o, ok := s.within(away.within+quickly, ctx, collector)
			if !ok {
				t.Fatalf("it still runs %v after its deadline", quickly)
			}
			s.checkSecrets(t, w, o)
			got := fault.Of(o.err)
			for _, want := range away.want {
				if got == want {
					return
				}
			}
			t.Errorf("got %q: %v; want one of %v", got, o.err, away.want)
		})
	}
}

// dialable is a pair of addresses that the world connects to.
type dialable struct{ tcp, unix string }

// silence listens and never says anything.
func silence(t *testing.T) dialable {
	t.Helper()
	dir, err := os.MkdirTemp("", "unity") //nolint:usetesting // the path of a socket has at most 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	d := dialable{unix: filepath.Join(dir, "s")}
	var mu sync.Mutex
	var open []interface{ Close() error }
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range open {
			_ = c.Close()
		}
		_ = os.RemoveAll(dir)
	})
	for _, at := range []struct{ network, address string }{{"tcp", "127.0.0.1:0"}, {"unix", d.unix}} {
		listener, err := new(net.ListenConfig).Listen(t.Context(), at.network, at.address)
		if err != nil {
			t.Fatal(err)
		}
		if at.network == "tcp" {
			d.tcp = listener.Addr().String()
		}
		mu.Lock()
		open = append(open, listener)
		mu.Unlock()
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				mu.Lock()
				open = append(open, conn)
				mu.Unlock()
			}
		}()
	}
	return d
}

// closedAddress returns an address at which nobody listens before the test has
// ended: it is that of the other end of a connection.
func closedAddress(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.LocalAddr().String()
}

// checkSecrets looks for the config's secrets in everything that is shown.
func (s *suite) checkSecrets(t *testing.T, w *world, o outcome) {
	t.Helper()
	config := w.c.config(w)
	// Short ones are found by chance.
	secrets := slices.DeleteFunc(s.plugin.Secrets(config), func(secret string) bool { return len(secret) < 4 })
	if len(secrets) == 0 {
		return
	}
	w.mu.Lock()
	shown := map[string]string{"the log": w.log.String()}
	w.mu.Unlock()
	shown["the snapshot"] = string(o.batch.Snapshot())
	for _, problem := range allProblems(o) {
		shown["an error"] += problem.Error() + "\n" + fault.Hint(problem) + "\n"
	}
	for _, event := range o.batch.Events() {
		shown["an event"] += fmt.Sprintln(event)
	}
	shown["a sample"] = sampleLines(o.batch.Samples())
	for where, text := range shown {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows a secret of the config: %s", where, text)
			}
		}
	}
}
