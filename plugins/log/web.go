package log

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// Forms of access logs.
const (
	accessOff      = "off"
	accessCombined = "combined"
	accessCaddy    = "caddy_json"
	accessTraefik  = "traefik_json"
)

const (
	maxVhosts    = 50     // that have series of their own
	maxDistinct  = 10_000 // paths and clients told apart in one run
	maxDurations = 100_000
	topRows      = 10
	// leastRequests is how many requests it takes for a share to mean something.
	leastRequests = 10
)

// webTotals are the counters of an access log.
type webTotals struct {
	Classes  map[string]int64 `json:"classes"` // by class and method: "2xx GET"
	Codes    map[string]int64 `json:"codes"`
	Vhosts   map[string]int64 `json:"vhosts"`
	Bytes    int64            `json:"bytes"`
	Unparsed int64            `json:"unparsed"`
}

// request is one line of an access log.
type request struct {
	method, path, host, client string
	status                     int
	bytes                      int64
	seconds                    float64 // negative: not told
}

// webPass is what one collection found in an access log.
type webPass struct {
	form      string
	totals    *webTotals
	requests  int64
	failed    int64 // with a status of 500 and above
	durations []float64
	paths     map[string]int64
	clients   map[string]int64
	failures  map[string]int64
}

func newWebPass(form string, l *ledger) *webPass {
	if l.Web == nil {
		l.Web = &webTotals{}
	}
	for _, m := range []*map[string]int64{&l.Web.Classes, &l.Web.Codes, &l.Web.Vhosts} {
		if *m == nil {
			*m = make(map[string]int64)
		}
	}
	return &webPass{
		form: form, totals: l.Web,
		paths: make(map[string]int64), clients: make(map[string]int64), failures: make(map[string]int64),
	}
}

// line counts a request.
func (w *webPass) line(text []byte) {
	var r request
	var ok bool
	switch w.form {
	case accessCaddy:
		r, ok = parseCaddy(text)
	case accessTraefik:
		r, ok = parseTraefik(text)
	default:
		r, ok = parseCombined(text)
	}
	if !ok || r.status < 100 || r.status > 599 {
		w.totals.Unparsed++
		return
	}
	code := strconv.Itoa(r.status)
	w.requests++
	w.totals.Classes[code[:1]+"xx "+methodLabel(r.method)]++
	w.totals.Codes[code]++
	w.totals.Bytes += max(0, r.bytes)
	if r.host != "" {
		host := strings.ToLower(cut(r.host, 100))
		if _, known := w.totals.Vhosts[host]; !known && len(w.totals.Vhosts) >= maxVhosts {
			host = "other"
		}
		w.totals.Vhosts[host]++
	}
	if r.seconds >= 0 && len(w.durations) < maxDurations {
		w.durations = append(w.durations, r.seconds)
	}
	path, _, _ := strings.Cut(r.path, "?") // what follows may hold secrets
	path = cut(cmp.Or(path, "(none)"), 200)
	count(w.paths, path)
	count(w.clients, r.client)
	if r.status >= 500 {
		w.failed++
		count(w.failures, code+" "+path)
	}
}

func count(m map[string]int64, key string) {
	if _, known := m[key]; known || len(m) < maxDistinct {
		m[key]++
	}
}

func methodLabel(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "REPORT":
		return method
	default:
		return "other"
	}
}

// parseCombined reads the common form, with or without what the combined one
// adds. A host in front of it, as some write, is taken for the virtual host.
func parseCombined(text []byte) (request, bool) {
	r := request{seconds: -1}
	open := bytes.IndexByte(text, '[')
	begin := bytes.IndexByte(text, '"')
	if open < 0 || begin < open {
		return r, false
	}
	fields := bytes.Fields(text[:open])
	switch len(fields) {
	case 3:
		r.client = string(fields[0])
	case 4:
		r.host, r.client = string(fields[0]), string(fields[1])
	default:
		return r, false
	}
	rest := text[begin+1:]
	end := endOfQuotes(rest)
	if end < 0 {
		return r, false
	}
	words := bytes.Fields(rest[:end])
	if len(words) >= 2 {
		r.method, r.path = string(words[0]), strings.ToValidUTF8(string(words[1]), "\uFFFD")
	}
	numbers := bytes.Fields(rest[end+1:])
	if len(numbers) < 2 {
		return r, false
	}
	var err error
	if r.status, err = strconv.Atoi(string(numbers[0])); err != nil {
		return r, false
	}
	if string(numbers[1]) != "-" {
		if r.bytes, err = strconv.ParseInt(string(numbers[1]), 10, 64); err != nil {
			return r, false
		}
	}
	return r, true
}

// endOfQuotes returns where a quoted text ends, whose quotes may be escaped.
func endOfQuotes(text []byte) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

func parseCaddy(text []byte) (request, bool) {
	var raw struct {
		Status   int     `json:"status"`
		Size     int64   `json:"size"`
		Duration float64 `json:"duration"`
		Request  *struct {
			Method   string `json:"method"`
			URI      string `json:"uri"`
			Host     string `json:"host"`
			RemoteIP string `json:"remote_ip"`
		} `json:"request"`
	}
	if json.Unmarshal(text, &raw) != nil || raw.Request == nil {
		return request{}, false
	}
	return request{
		method: raw.Request.Method, path: raw.Request.URI, host: raw.Request.Host, client: raw.Request.RemoteIP,
		status: raw.Status, bytes: raw.Size, seconds: raw.Duration,
	}, true
}

func parseTraefik(text []byte) (request, bool) {
	var raw struct {
		Method   string `json:"RequestMethod"`
		Path     string `json:"RequestPath"`
		Host     string `json:"RequestHost"`
		Client   string `json:"ClientHost"`
		Status   int    `json:"DownstreamStatus"`
		Size     int64  `json:"DownstreamContentSize"`
		Duration int64  `json:"Duration"` // nanoseconds
	}
	if json.Unmarshal(text, &raw) != nil {
		return request{}, false
	}
	return request{
		method: raw.Method, path: raw.Path, host: raw.Host, client: raw.Client,
		status: raw.Status, bytes: raw.Size, seconds: float64(raw.Duration) / 1e9,
	}, true
}

// emit puts in the samples of an access log.
func (w *webPass) emit(out *plugin.Batch) {
	for key, n := range w.totals.Classes {
		class, method, _ := strings.Cut(key, " ")
		out.Add("weblog_requests_total", float64(n), "code_class", class, "method", method)
	}
	for code, n := range w.totals.Codes {
		out.Add("weblog_responses_total", float64(n), "code", code)
	}
	for host, n := range w.totals.Vhosts {
		out.Add("weblog_vhost_requests_total", float64(n), "vhost", host)
	}
	out.Add("weblog_transmit_bytes_total", float64(w.totals.Bytes))
	out.Add("log_unparsed_lines_total", float64(w.totals.Unparsed))
	out.Add("weblog_unique_clients", float64(len(w.clients)))
	if w.requests >= leastRequests {
		out.Add("weblog_server_errors_ratio", float64(w.failed)/float64(w.requests))
	}
	if len(w.durations) > 0 {
		slices.Sort(w.durations)
		for label, share := range map[string]float64{"50": 0.50, "95": 0.95, "99": 0.99} {
			at := int(math.Ceil(share*float64(len(w.durations)))) - 1
			out.Add("weblog_request_duration_seconds", w.durations[at], "percentile", label)
		}
	}
}

// ranked is a row of a list of the most frequent.
type ranked struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// top returns the most frequent.
func top(m map[string]int64) []ranked {
	rows := make([]ranked, 0, len(m))
	for name, n := range maps.All(m) {
		rows = append(rows, ranked{name, n})
	}
	slices.SortFunc(rows, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Name, b.Name))
	})
	return rows[:min(len(rows), topRows)]
}
