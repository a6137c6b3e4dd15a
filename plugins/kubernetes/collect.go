package kubernetes

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// collector watches one cluster.
type collector struct {
	config   config
	host     plugin.Host
	api      *api
	warnings warnings
}

// survey is what one run learned.
type survey struct {
	version    versionPart
	latency    time.Duration
	nodes      []node
	pods       []pod
	namespaces map[string]bool
	listed     map[string]bool // the resources that could be listed
	nodeUse    map[string]amounts
	podUse     map[podKey]amounts
	document   *document
}

type versionPart struct {
	Version  string `json:"gitVersion"`
	Platform string `json:"platform"`
}

// podKey tells pods apart.
type podKey struct{ namespace, name string }

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	a, err := c.connect()
	if err != nil {
		return err
	}
	s := &survey{listed: make(map[string]bool), namespaces: make(map[string]bool), document: newDocument()}
	start := c.host.Now()
	if s.version, err = a.version(ctx); a.broke(err) {
		// The connection of the run before is gone: the server was restarted.
		start = c.host.Now()
		s.version, err = a.version(ctx)
	}
	if err != nil {
		return err
	}
	a.answered = true
	s.latency = c.host.Now().Sub(start)
	c.readComponents(ctx, a, out, s)
	if err := c.readObjects(ctx, a, out, s); err != nil {
		return err
	}
	if c.config.Usage {
		c.readUsage(ctx, a, out, s)
	}
	if c.config.Summary {
		c.readSummaries(ctx, a, out, s)
	}
	c.emitCluster(s, out)
	c.emitNodes(s, out)
	c.emitPods(s, out)
	out.SetSnapshot(s.document)
	return nil
}

// Check implements plugin.Checker: it asks what a collection cannot do without.
func (c *collector) Check(ctx context.Context) error {
	a, err := c.connect()
	if err != nil {
		return err
	}
	if _, err := a.version(ctx); err != nil {
		return err
	}
	var some page[struct{}]
	return a.get(ctx, "/api/v1/nodes?limit=1", &some)
}

// Close implements io.Closer.
func (c *collector) Close() error {
	if c.api == nil {
		return nil
	}
	return c.api.client.Close()
}

// version asks who answers.
func (a *api) version(ctx context.Context) (versionPart, error) {
	var v versionPart
	if err := a.get(ctx, "/version", &v); err != nil {
		return v, err
	}
	if v.Version == "" {
		return v, fault.New(fault.WrongService, "%s answers and is not Kubernetes", a.client.URL("/version")).WithHint("check address and port: most often 6443")
	}
	return v, nil
}

// readComponents asks the API server for its own health.
func (c *collector) readComponents(ctx context.Context, a *api, out *plugin.Batch, s *survey) {
	answer, err := a.client.Do(ctx, a.request("/readyz?verbose", nil))
	status := (*fetch.StatusError)(nil)
	var text string
	switch {
	case err == nil:
		defer func() { _ = answer.Body.Close() }()
		body := make([]byte, 16<<10)
		n, _ := readFull(answer.Body, body)
		text = string(body[:n])
	case errors.As(err, &status) && status.Status == http.StatusInternalServerError:
		text = string(status.Body) // it is not ready, and says what is not
	case fault.Of(err) == fault.NotFound:
		return // before 1.16
	default:
		out.Problem(a.explain("/readyz", err))
		return
	}
	s.document.Components = components(text)
	for _, row := range s.document.Components {
		if !strings.HasPrefix(row.Name, startStep) {
			out.AddBool("kube_component_healthy", row.Healthy, "check", row.Name)
		}
	}
}

// startStep begins the names of some thirty checks, each of which is a step of the
// server's start. They count as one part, and those that are not over are listed.
const startStep = "poststarthook/"

// components reads what the API server says of its parts.
func components(text string) []componentRow {
	const most = 60
	var rows []componentRow
	seen := make(map[string]bool)
	start := componentRow{Name: strings.TrimSuffix(startStep, "/"), Healthy: true}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		healthy := strings.HasPrefix(line, "[+]")
		if !healthy && !strings.HasPrefix(line, "[-]") || len(rows) >= most {
			continue
		}
		name, _, _ := strings.Cut(line[3:], " ")
		if name = plugin.Shorten(name, 80); name == "" || seen[name] || name == start.Name {
			continue
		}
		seen[name] = true
		if strings.HasPrefix(name, startStep) {
			start.Healthy = start.Healthy && healthy
			seen[start.Name] = true
			if healthy {
				continue
			}
		}
		rows = append(rows, componentRow{Name: name, Healthy: healthy})
	}
	if seen[start.Name] {
		rows = append(rows, start)
	}
	return rows
}

// readFull reads what fits.
func readFull(from interface{ Read([]byte) (int, error) }, into []byte) (int, error) {
	n := 0
	for n < len(into) {
		m, err := from.Read(into[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// readObjects lists what there is in the cluster. What may not be listed is a
// problem, and so is all of it together an end of the run.
func (c *collector) readObjects(ctx context.Context, a *api, out *plugin.Batch, s *survey) error {
	var first error
	for _, step := range []struct {
		path string
		read func(path string) error
	}{
		{"/api/v1/nodes", func(path string) error {
			return list(ctx, a, path, nil, func(n *node) { s.nodes = append(s.nodes, *n) })
		}},
		{"/api/v1/pods", func(path string) error {
			return list(ctx, a, path, nil, func(p *pod) {
				if c.shows(p.Metadata.Namespace) {
					s.pods = append(s.pods, *p)
				}
			})
		}},
		{"/api/v1/namespaces", func(path string) error {
			return list(ctx, a, path, nil, func(n *metaOnly) { s.namespaces[n.Metadata.Name] = true })
		}},
		{"/apis/apps/v1/deployments", c.workloads(ctx, a, out, s, "deployment")},
		{"/apis/apps/v1/statefulsets", c.workloads(ctx, a, out, s, "statefulset")},
		{"/apis/apps/v1/daemonsets", c.workloads(ctx, a, out, s, "daemonset")},
		{"/apis/batch/v1/cronjobs", func(path string) error { return c.cronJobs(ctx, a, path, out, s) }},
		{"/apis/batch/v1/jobs", func(path string) error { return c.jobs(ctx, a, path, out, s) }},
		{"/api/v1/persistentvolumeclaims", func(path string) error { return c.claims(ctx, a, path, out, s) }},
		{"/api/v1/persistentvolumes", func(path string) error { return c.volumes(ctx, a, path, out) }},
		{"/api/v1/services", func(path string) error { return c.count(ctx, a, path, out, "kube_services") }},
		{"/apis/networking.k8s.io/v1/ingresses", func(path string) error { return c.ingresses(ctx, a, path, out, s) }},
		{"/api/v1/events", func(path string) error { return c.readEvents(ctx, a, path, out, s) }},
	} {
		err := step.read(step.path)
		switch kind := fault.Of(err); {
		case err == nil, kind == fault.Partial:
			s.listed[resourceOf(step.path)] = true
			out.Problem(err)
		case kind == fault.NotFound:
			// A cluster that does not have this part of the API.
		case kind == fault.Auth, kind == fault.Canceled, ctx.Err() != nil, kind == fault.Refused, kind == fault.Unreachable && first == nil && len(s.listed) == 0:
			return err
		default:
			if first == nil {
				first = err
			}
			out.Problem(err)
		}
	}
	if len(s.listed) == 0 && first != nil {
		return first
	}
	return nil
}

// metaOnly is an object of which only the name matters.
type metaOnly struct {
	Metadata metadata `json:"metadata"`
}

// shows reports whether the objects of a namespace are shown.
func (c *collector) shows(namespace string) bool {
	return plugin.Selects(c.config.NamespaceInclude, c.config.NamespaceExclude, namespace)
}

func (c *collector) count(ctx context.Context, a *api, path string, out *plugin.Batch, metric string) error {
	n := 0
	err := list(ctx, a, path, nil, func(o *metaOnly) {
		if c.shows(o.Metadata.Namespace) {
			n++
		}
	})
	if err == nil {
		out.Add(metric, float64(n))
	}
	return err
}

// warnings counts warnings from when watching began.
type warnings struct {
	begun bool
	seen  map[string]float64 // by the UID of the event
	total map[[2]string]float64
}

const (
	maxEvents   = 50
	recently    = 15 * time.Minute
	maxWarnings = 200 // namespaces and reasons with a series
)

// readEvents counts warnings and lists the latest.
func (c *collector) readEvents(ctx context.Context, a *api, path string, out *plugin.Batch, s *survey) error {
	if !c.config.Events {
		return nil
	}
	w := &c.warnings
	if w.total == nil {
		w.total = make(map[[2]string]float64)
	}
	seen := make(map[string]float64)
	err := list(ctx, a, path, url.Values{"fieldSelector": {"type=Warning"}}, func(e *event) {
		namespace := e.Object.Namespace
		if namespace == "" {
			namespace = e.Metadata.Namespace
		}
		if !c.shows(namespace) {
			return
		}
		count, last := max(1, e.Count), latest(e.Last, e.Time, &e.Metadata.Created)
		if e.Series != nil {
			count, last = max(count, e.Series.Count), latest(e.Series.Last, last)
		}
		seen[e.Metadata.UID] = count
		key := [2]string{plugin.Shorten(namespace, 63), plugin.Shorten(e.Reason, 60)}
		if _, known := w.total[key]; !known && len(w.total) >= maxWarnings {
			return
		}
		if before := w.seen[e.Metadata.UID]; w.begun && count > before {
			w.total[key] += count - before
		} else {
			w.total[key] += 0
		}
		if last != nil && c.host.Now().Sub(*last) <= recently {
			s.document.addEvent(e, namespace, count, *last)
		}
	})
	if err != nil && fault.Of(err) != fault.Partial {
		return err
	}
	w.seen, w.begun = seen, true
	for key, total := range w.total {
		labels := []string{"reason", key[1]}
		if key[0] != "" { // a warning about a node is of no namespace
			labels = append(labels, "namespace", key[0])
		}
		out.Add("kube_warning_events_total", total, labels...)
	}
	s.document.sortEvents()
	return err
}

// latest returns the last of the times that are there.
func latest(times ...*time.Time) *time.Time {
	var last *time.Time
	for _, at := range times {
		if at != nil && !at.IsZero() && (last == nil || at.After(*last)) {
			last = at
		}
	}
	return last
}
