package mediaserver

import (
	"context"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// found is what one collection found. What was not told is nil.
type found struct {
	Server   server
	sessions []session
	more     int // sessions beyond the bound
	tasks    []task
	scanning bool

	remoteOK, restart, update *bool
	devices                   *int
	failures                  *int64
	// usage is CPU and memory, by scope.
	usage map[string][2]float64
	sent  *traffic
	// problems are those of parts.
	problems []error
}

// server says what answers.
type server struct {
	Kind     string `json:"kind"`
	Name     string `json:"name,omitempty"`
	Version  string `json:"version,omitempty"`
	Platform string `json:"platform,omitempty"`
}

// slow is what is asked now and then, and told again until the next time.
type slow struct {
	at               time.Time
	libraries        []library
	spaces           []space
	users, unhealthy *int
	update           *bool
	problems         []error
}

// library is one library, or all of them together.
type library struct {
	Name     string     `json:"name"`
	Type     string     `json:"type,omitempty"`
	Items    float64    `json:"items,omitempty"`
	Bytes    *float64   `json:"bytes,omitempty"`
	Scanning bool       `json:"scanning"`
	LastScan *time.Time `json:"last_scan,omitempty"`

	counts   map[string]float64
	duration *float64
}

// maxSessions bounds the sessions that are looked at.
const maxSessions = 1000

func (f *found) add(s session) {
	if len(f.sessions) >= maxSessions {
		f.more++
		return
	}
	f.sessions = append(f.sessions, s)
}

func (f *found) problem(err error) {
	if err != nil {
		f.problems = append(f.problems, err)
	}
}

func (s *slow) problem(err error) {
	if err != nil {
		s.problems = append(s.problems, err)
	}
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	if err := c.guard.Refused(c.host.Now()); err != nil {
		return err
	}
	if err := c.know(ctx); err != nil {
		return err
	}
	f := new(found)
	ask := c.askJellyfin
	if c.kind == plex {
		ask = c.askPlex
	}
	if err := ask(ctx, f); err != nil {
		if kind := fault.Of(err); c.config.ServerType == auto && (kind == fault.NotFound || kind == fault.WrongService) {
			c.kind = "" // it may be another one by now
		}
		return c.guard.Note(err, c.host.Now())
	}
	_ = c.guard.Note(nil, c.host.Now())
	if c.kind == jellyfin {
		f.problem(c.part(partFailures, func() error { return c.countFailures(ctx, f) }))
	}
	c.refresh(ctx)
	if err := ctx.Err(); err != nil {
		return fault.Wrap(err, "asking the media server")
	}
	sortSessions(f.sessions)
	c.emit(f, out)
	out.SetSnapshot(c.document(f))
	return c.tell(f, out)
}

// Check implements plugin.Checker.
func (c *collector) Check(ctx context.Context) error {
	if err := c.know(ctx); err != nil {
		return err
	}
	f := new(found)
	if c.kind == plex {
		return c.askPlex(ctx, f)
	}
	return c.askJellyfin(ctx, f)
}

// know finds out what kind of server it is.
func (c *collector) know(ctx context.Context) error {
	switch {
	case c.kind != "":
		return nil
	case c.config.ServerType != auto:
		c.kind = c.config.ServerType
		return nil
	}
	kind, err := identify(ctx, c.client)
	if err != nil {
		return c.explain(err)
	}
	c.kind = kind
	return nil
}

// refresh asks the slow questions when it is time.
func (c *collector) refresh(ctx context.Context) {
	now := c.host.Now()
	if c.slow != nil && now.Sub(c.slow.at) < c.config.Slow.Std() {
		return
	}
	s := &slow{at: now}
	if c.kind == plex {
		c.plexSlow(ctx, s)
	} else {
		c.jellyfinSlow(ctx, s)
	}
	if ctx.Err() == nil {
		c.slow = s
	}
}

// emit makes samples.
func (c *collector) emit(f *found, out *plugin.Batch) {
	out.Add("media_server_info", 1, "kind", f.Server.Kind, "version", f.Server.Version)
	emitSessions(f.sessions, out)
	emitTasks(f.tasks, out)
	for name, value := range map[string]*bool{
		"media_server_remote_access_ok": f.remoteOK, "media_server_pending_restart": f.restart, "media_server_update_available": firstOf(f.update, c.slow.update),
	} {
		if value != nil {
			out.AddBool(name, *value)
		}
	}
	for name, value := range map[string]*int{
		"media_server_devices_active": f.devices, "media_server_users": c.slow.users, "media_server_plugins_unhealthy": c.slow.unhealthy,
	} {
		if value != nil {
			out.Add(name, float64(*value))
		}
	}
	if f.failures != nil {
		out.Add("media_server_auth_failures_total", float64(*f.failures))
	}
	for scope, usage := range f.usage {
		out.Add("media_server_cpu_usage_ratio", usage[0], "scope", scope)
		out.Add("media_server_memory_usage_ratio", usage[1], "scope", scope)
	}
	if f.sent != nil {
		out.Add("media_server_transmit_bytes_total", f.sent.Local, "location", atHome)
		out.Add("media_server_transmit_bytes_total", f.sent.Remote, "location", remote)
	}
	for _, l := range c.slow.libraries {
		for item, n := range l.counts {
			out.Add("media_server_library_items", n, "library", l.Name, "item_type", item)
		}
		if l.Bytes != nil {
			out.Add("media_server_library_bytes", *l.Bytes, "library", l.Name)
		}
		if l.duration != nil {
			out.Add("media_server_library_duration_seconds", *l.duration, "library", l.Name)
		}
	}
	for _, s := range c.slow.spaces {
		out.Add("media_server_storage_free_bytes", s.Free, "folder", s.Folder)
	}
	if f.more > 0 {
		out.Problem(fault.New(fault.Partial, "%d sessions more than %d were left out", f.more, maxSessions))
	}
	for _, problem := range slices.Concat(f.problems, c.slow.problems) {
		out.Problem(problem)
	}
}

func firstOf(values ...*bool) *bool {
	for _, value := range values {
		if value != nil {
			return value
		}
	}
	return nil
}

// document is what a person wants to see.
type document struct {
	Server    server    `json:"server"`
	Summary   summary   `json:"summary"`
	Sessions  []session `json:"sessions"`
	Libraries []library `json:"libraries,omitempty"`
	Tasks     []task    `json:"tasks,omitempty"`
	Storage   []space   `json:"storage,omitempty"`
}

// summary is the picture in a few numbers.
type summary struct {
	Streams    int     `json:"streams"`
	Transcodes int     `json:"transcodes"`
	Direct     int     `json:"direct"`
	Remote     int     `json:"remote"`
	Bandwidth  float64 `json:"bandwidth_bps"`
	Scanning   bool    `json:"scanning"`
}

func (c *collector) document(f *found) document {
	d := document{Server: f.Server, Sessions: []session{}, Libraries: c.slow.libraries, Tasks: f.tasks, Storage: c.slow.spaces}
	d.Summary.Scanning = f.scanning
	for _, s := range f.sessions {
		d.Summary.Streams++
		switch s.Method {
		case transcode:
			d.Summary.Transcodes++
		default:
			d.Summary.Direct++
		}
		if s.Location == remote {
			d.Summary.Remote++
		}
		if s.Bandwidth != nil {
			d.Summary.Bandwidth += *s.Bandwidth
		}
		if !c.config.ShowUsers {
			s = s.anonymous()
		}
		if len(d.Sessions) < c.config.MaxRows {
			s.Method = words(s.Method)
			d.Sessions = append(d.Sessions, s)
		}
	}
	d.Libraries = d.Libraries[:min(len(d.Libraries), c.config.MaxRows)]
	d.Tasks = d.Tasks[:min(len(d.Tasks), c.config.MaxRows)]
	d.Storage = d.Storage[:min(len(d.Storage), c.config.MaxRows)]
	return d
}
