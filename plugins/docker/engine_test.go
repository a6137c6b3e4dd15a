package docker_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// fakeEngine answers as Docker does, within the process. It keeps events as
// Docker does, too: the last 256, and streams of those to come.
type fakeEngine struct {
	conns  chan net.Conn
	server *http.Server

	mu       sync.Mutex
	names    []string // of the containers, all running
	kept     []string // events, one JSON line each
	times    []int64  // of the kept events
	streams  map[chan string]context.CancelFunc
	stuck    map[string]bool // paths without an answer
	slow     map[string]time.Duration
	asked    map[string]int // requests by path
	unknown  []string
	cpuNanos int64
}

func newFakeEngine(t testing.TB, names ...string) *fakeEngine {
	t.Helper()
	e := &fakeEngine{
		conns: make(chan net.Conn), names: names, streams: make(map[chan string]context.CancelFunc),
		stuck: make(map[string]bool), slow: make(map[string]time.Duration), asked: make(map[string]int),
	}
	e.server = &http.Server{Handler: e, ReadHeaderTimeout: time.Hour}
	served := make(chan error, 1)
	go func() { served <- e.server.Serve(&pipes{e.conns, make(chan struct{})}) }()
	t.Cleanup(func() {
		if err := e.server.Close(); err != nil {
			t.Errorf("closing the fake engine: %v", err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serving: %v", err)
		}
	})
	return e
}

// pipes is a listener of connections within the process.
type pipes struct {
	conns chan net.Conn
	ended chan struct{}
}

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error {
	close(p.ended)
	return nil
}

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// host reaches the engine, whatever is dialled.
func (e *fakeEngine) host() plugin.Host {
	return plugin.Host{
		Name: "test",
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			select {
			case e.conns <- theirs:
				return ours, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		},
		Files: hostfs.New(hostfs.Options{}), Log: slog.New(slog.DiscardHandler), Now: time.Now,
	}
}

// happen lets something happen to a container.
func (e *fakeEngine) happen(action, name string, attributes ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	at := map[string]string{"name": name, "image": "app:1"}
	for i := 0; i < len(attributes); i += 2 {
		at[attributes[i]] = attributes[i+1]
	}
	now := time.Now()
	kind, id := "container", idOf(name)
	if action == "pull" {
		kind, id = "image", name
	}
	line, err := json.Marshal(map[string]any{
		"Type": kind, "Action": action, "Actor": map[string]any{"ID": id, "Attributes": at},
		"time": now.Unix(), "timeNano": now.UnixNano() + int64(len(e.kept)),
	})
	if err != nil {
		panic(err)
	}
	e.kept, e.times = append(e.kept, string(line)), append(e.times, now.UnixNano()+int64(len(e.kept)))
	for stream := range e.streams {
		stream <- string(line)
	}
}

// cut ends all event streams.
func (e *fakeEngine) cut() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, end := range e.streams {
		end()
	}
}

// count returns how often paths that end so were asked for.
func (e *fakeEngine) count(suffix string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for path, times := range e.asked {
		if strings.HasSuffix(path, suffix) {
			n += times
		}
	}
	return n
}

func idOf(name string) string { return fmt.Sprintf("%064x", name) }

// ServeHTTP implements http.Handler.
func (e *fakeEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/v1.44")
	e.mu.Lock()
	e.asked[path]++
	stuck, slow := e.stuck[path], e.slow[path]
	names := slices.Clone(e.names)
	e.mu.Unlock()
	if stuck {
		<-r.Context().Done()
		return
	}
	select {
	case <-time.After(slow):
	case <-r.Context().Done():
		return
	}
	w.Header().Set("Api-Version", "1.44")
	var body string
	switch path {
	case "/_ping":
		body = "OK"
	case "/version":
		body = `{"Version":"25.0.0","ApiVersion":"1.44","MinAPIVersion":"1.24","Os":"linux"}`
	case "/info":
		body = `{"ServerVersion":"25.0.0","Driver":"overlay2","OSType":"linux","NCPU":2,"MemTotal":8000000000}`
	case "/containers/json":
		body = containersJSON(names)
	case "/images/json", "/networks":
		body = "[]"
	case "/volumes":
		body = `{"Volumes":[]}`
	case "/system/df":
		body = `{"LayersSize":1000,"Images":[],"Containers":[],"Volumes":[],"BuildCache":[]}`
	case "/events":
		e.serveEvents(w, r)
		return
	default:
		body = e.container(path)
	}
	if body == "" {
		e.mu.Lock()
		e.unknown = append(e.unknown, path)
		e.mu.Unlock()
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write([]byte(body))
}

func containersJSON(names []string) string {
	rows := make([]string, 0, len(names))
	for _, name := range names {
		rows = append(rows, fmt.Sprintf(`{"Id":%q,"Names":["/%s"],"Image":"app:1","ImageID":"sha256:%064d","Created":900000000,`+
			`"State":"running","Status":"Up 2 hours (healthy)","Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"}],`+
			`"Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":%q},`+
			`"Mounts":[],"NetworkSettings":{"Networks":{"shop_default":{"IPAddress":"172.18.0.2"}}}}`, idOf(name), name, 1, name))
	}
	return "[" + strings.Join(rows, ",") + "]"
}

// container answers what is asked about one container.
func (e *fakeEngine) container(path string) string {
	switch {
	case strings.HasSuffix(path, "/json"):
		return `{"Id":"x","RestartCount":1,"State":{"Status":"running","StartedAt":"2000-01-01T00:00:00Z","FinishedAt":"0001-01-01T00:00:00Z",` +
			`"Health":{"Status":"healthy","Log":[]}},"Config":{"Image":"app:1"},` +
			`"HostConfig":{"NetworkMode":"bridge","RestartPolicy":{"Name":"always"},"Memory":134217728,"NanoCpus":500000000}}`
	case strings.HasSuffix(path, "/stats"):
		e.mu.Lock()
		defer e.mu.Unlock()
		return fmt.Sprintf(`{"read":%q,"pids_stats":{"current":5,"limit":100},"blkio_stats":{"io_service_bytes_recursive":`+
			`[{"major":8,"minor":0,"op":"read","value":1000},{"major":8,"minor":0,"op":"write","value":2000}],"io_serviced_recursive":null},`+
			`"cpu_stats":{"cpu_usage":{"total_usage":%d,"usage_in_kernelmode":1,"usage_in_usermode":1},"system_cpu_usage":1,"online_cpus":2,`+
			`"throttling_data":{"periods":10,"throttled_periods":1,"throttled_time":1}},"memory_stats":{"usage":67108864,"stats":`+
			`{"active_anon":1,"active_file":1,"anon":33554432,"file":33554432,"inactive_file":16777216,"pgfault":1,"pgmajfault":1},"limit":134217728},`+
			`"networks":{"eth0":{"rx_bytes":1,"rx_packets":1,"rx_errors":0,"rx_dropped":0,"tx_bytes":1,"tx_packets":1,"tx_errors":0,"tx_dropped":0}}}`,
			time.Now().UTC().Format(time.RFC3339Nano), e.cpuNanos)
	default:
		return ""
	}
}

// serveEvents answers GET /events: what is kept from since on, and then, if
// there is no until, what happens.
func (e *fakeEngine) serveEvents(w http.ResponseWriter, r *http.Request) {
	seconds, nanos, _ := strings.Cut(r.URL.Query().Get("since"), ".")
	whole, err1 := strconv.ParseInt(seconds, 10, 64)
	part, err2 := strconv.ParseInt(nanos, 10, 64)
	if err1 != nil || err2 != nil || len(nanos) != 9 {
		http.Error(w, `{"message":"since is no time"}`, http.StatusBadRequest)
		return
	}
	since := whole*int64(time.Second) + part
	ctx, end := context.WithCancel(r.Context())
	defer end()
	stream := make(chan string, 1000)
	e.mu.Lock()
	from := max(0, len(e.kept)-256)
	for i := from; i < len(e.kept); i++ {
		if e.times[i] >= since {
			_, _ = fmt.Fprintln(w, e.kept[i])
		}
	}
	if r.URL.Query().Has("until") {
		e.mu.Unlock()
		return
	}
	e.streams[stream] = end
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.streams, stream)
	}()
	controller := http.NewResponseController(w)
	for {
		_ = controller.Flush()
		select {
		case line := <-stream:
			_, _ = fmt.Fprintln(w, line)
		case <-ctx.Done():
			return
		}
	}
}
