// Package record writes down what a collection asked of the world and what came
// back, as a test case of package plugintest. A report of something odd on a
// real machine becomes a test that way.
//
//	recorder := record.New(host)
//	collector, err := p.Open(ctx, config, recorder.Host())
//	…
//	err = collector.Collect(recorder.Context(ctx), batch)
//	text := recorder.Case(p, config, batch, err)
//
// Secrets of the config, and what looks like one in an answer, are replaced.
// Addresses and names of the household are not, so the case is to be looked
// through before it is given away.
package record

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// maxSections and maxSectionBytes bound a case; what is beyond is left out and
// said in the comment.
const (
	maxSections     = 5000
	maxSectionBytes = 1 << 20
)

// Recorder stands between a collector and its host. It is safe for concurrent
// use.
type Recorder struct {
	host  plugin.Host
	began time.Time

	mu       sync.Mutex
	sections []txtar.File
	place    map[string]int // of a section, by name
	bases    map[string]bool
	sockets  map[string]bool
	dialed   map[string]bool
	found    map[string]bool
	cut      int
}

// New returns a recorder in front of the host.
func New(host plugin.Host) *Recorder {
	return &Recorder{
		host: host, began: host.Now(), place: make(map[string]int),
		bases: make(map[string]bool), sockets: make(map[string]bool), dialed: make(map[string]bool), found: make(map[string]bool),
	}
}

// Host returns the host as the collector is to see it.
func (r *Recorder) Host() plugin.Host {
	host := r.host
	host.Files = files{r.host.Files, r}
	host.Commands = commands{r.host.Commands, r}
	host.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := r.host.Dial(ctx, network, address)
		if err == nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			if network == "unix" {
				r.sockets[address] = true
			} else {
				r.dialed[address] = true
			}
		}
		return conn, err
	}
	return host
}

// Context returns a context whose questions are recorded: HTTP requests, and
// those of a protocol of the plugin's own.
func (r *Recorder) Context(ctx context.Context) context.Context {
	return plugin.Observe(fetch.Observe(ctx, r.exchange), r.answer)
}

// keep adds a section. A name that is there already is kept as it was, unless it
// was empty: a file in a listing is one that may be read later.
func (r *Recorder) keep(name string, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keepLocked(name, data)
}

func (r *Recorder) keepLocked(name string, data []byte) {
	if i, there := r.place[name]; there {
		if len(r.sections[i].Data) == 0 {
			r.sections[i].Data = r.bounded(data)
		}
		return
	}
	if len(r.sections) >= maxSections {
		r.cut++
		return
	}
	r.place[name] = len(r.sections)
	r.sections = append(r.sections, txtar.File{Name: name, Data: r.bounded(data)})
}

func (r *Recorder) bounded(data []byte) []byte {
	if len(data) > maxSectionBytes {
		r.cut++
		data = data[:maxSectionBytes]
	}
	return bytes.Clone(data)
}

// exchange keeps a request's answer.
func (r *Recorder) exchange(e fetch.Exchange) {
	name := e.Request.Method + " " + e.Request.URL.RequestURI()
	if e.Status != http.StatusOK {
		name += fmt.Sprintf(" %d", e.Status)
	}
	var head bytes.Buffer
	for _, key := range slices.Sorted(maps.Keys(e.Header)) {
		if !noise(key) {
			fmt.Fprintf(&head, "%s: %s\n", key, strings.Join(e.Header[key], ", "))
		}
	}
	body := e.Body
	if head.Len() > 0 {
		name += " +headers"
		body = append(append(head.Bytes(), '\n'), body...)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bases[e.Request.URL.Scheme+"://"+e.Request.URL.Host] = true
	if i, there := r.place[name]; there && !bytes.Equal(r.sections[i].Data, body) {
		// The same question was answered in another way: a section of its own.
		delete(r.place, name)
	}
	r.keepLocked(name, body)
}

// answer keeps the answer to a question of the plugin's own protocol. Of several
// answers to one question each has its section.
func (r *Recorder) answer(question string, answer []byte) {
	name := "answer " + question
	r.mu.Lock()
	defer r.mu.Unlock()
	if i, there := r.place[name]; there && !bytes.Equal(r.sections[i].Data, answer) {
		delete(r.place, name)
	}
	r.keepLocked(name, answer)
}

// noise reports whether a header says nothing about the service, or too much
// about the session.
func noise(header string) bool {
	return slices.Contains([]string{
		"Date", "Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Connection", "Keep-Alive",
		"Set-Cookie", "Vary", "Etag", "Last-Modified", "Cache-Control", "Expires", "Pragma", "Accept-Ranges", "Alt-Svc",
	}, header) || strings.HasPrefix(header, "X-Frame-") || strings.HasPrefix(header, "Access-Control-") ||
		strings.HasPrefix(header, "Content-Security-") || strings.HasPrefix(header, "Strict-Transport-")
}

// looksSecret finds values that a JSON answer calls a secret.
func looksSecret() *regexp.Regexp {
	return regexp.MustCompile(`(?i)("[a-z_-]*(?:token|passw(?:or)?d|secret|api_?key|private_?key|cookie|session_?id)[a-z_-]*"\s*:\s*")[^"]+(")`)
}

// Case returns the recorded collection as the text of a case. The config is the
// one the collector was opened with; err is what the collection returned.
func (r *Recorder) Case(p plugin.Plugin, config []byte, batch *plugin.Batch, err error) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	manifest := p.Manifest()
	archive := txtar.Archive{Comment: []byte(fmt.Sprintf("%s %s, recorded from a real collection.\n", manifest.Name, manifest.Version))}
	if r.cut > 0 {
		archive.Comment = append(archive.Comment, fmt.Sprintf("It was too large: %d parts were cut or left out.\n", r.cut)...)
	}
	add := func(name string, data []byte) {
		if len(data) > 0 && data[len(data)-1] != '\n' {
			data = append(data, '\n')
		}
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: data})
	}
	clean := r.cleaner(p, config)
	if len(bytes.TrimSpace(config)) > 0 {
		add("config.json", r.cleanConfig(p, config))
	}
	add("now", []byte(r.began.UTC().Format(time.RFC3339)))
	for _, socket := range sorted(r.sockets) {
		if !bytes.Contains(config, []byte(socket)) {
			add("socket "+socket, nil)
		}
	}
	if len(r.bases) == 0 { // with HTTP the address is in the config, as {{url}}
		for _, address := range sorted(r.dialed) {
			add("listen "+address, nil)
		}
	}
	for _, section := range r.sections {
		add(string(clean([]byte(section.Name))), clean(section.Data))
	}
	for _, name := range sorted(r.found) {
		if !slices.ContainsFunc(r.sections, func(f txtar.File) bool { return strings.HasPrefix(f.Name+" ", "exec "+name+" ") }) {
			add("exec "+name, nil)
		}
	}
	if err != nil {
		add("want error", clean([]byte(fmt.Sprintf("%s: %v", fault.Of(err), err))))
		return txtar.Format(&archive)
	}
	var lines []string
	for _, sample := range batch.Samples() {
		lines = append(lines, sample.String())
	}
	slices.Sort(lines)
	add("want", clean([]byte(strings.Join(lines, "\n"))))
	var problems bytes.Buffer
	for _, problem := range batch.Problems() {
		fmt.Fprintf(&problems, "%s: %v\n", fault.Of(problem), problem)
	}
	if problems.Len() > 0 {
		add("want problems", clean(problems.Bytes()))
	}
	return txtar.Format(&archive)
}

// cleanConfig takes the secrets out of the config, short ones too.
func (r *Recorder) cleanConfig(p plugin.Plugin, config []byte) []byte {
	pairs := r.places(config)
	for i, secret := range p.Secrets(config) {
		if quoted, err := json.Marshal(secret); err == nil {
			pairs = append(pairs, string(quoted), fmt.Sprintf(`"recorded-secret-%d"`, i+1))
		}
	}
	return []byte(strings.NewReplacer(pairs...).Replace(string(config)))
}

// places returns the addresses that were talked to, each with its placeholder.
func (r *Recorder) places(config []byte) []string {
	var pairs []string
	for _, base := range sorted(r.bases) {
		pairs = append(pairs, base, "{{url}}")
	}
	for _, socket := range sorted(r.sockets) {
		if bytes.Contains(config, []byte(socket)) {
			pairs = append(pairs, socket, "{{socket}}")
		}
	}
	return pairs
}

// cleaner returns a function that takes secrets out of a text and puts in the
// placeholders of a case.
func (r *Recorder) cleaner(p plugin.Plugin, config []byte) func([]byte) []byte {
	var pairs []string
	for i, secret := range p.Secrets(config) {
		if len(secret) >= 4 { // shorter ones would be found by chance
			pairs = append(pairs, secret, fmt.Sprintf("recorded-secret-%d", i+1))
		}
	}
	pairs = append(pairs, r.places(config)...)
	replacer, secret := strings.NewReplacer(pairs...), looksSecret()
	return func(text []byte) []byte {
		return secret.ReplaceAll([]byte(replacer.Replace(string(text))), []byte("${1}scrubbed${2}"))
	}
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
