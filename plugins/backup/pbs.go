package backup

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// pbs asks a Proxmox Backup Server.
type pbs struct {
	*fetch.Client

	config   config
	host     plugin.Host
	verified map[string]verification // of datastores, asked for rarely
	askedAt  time.Time
}

// verification is how many snapshots of a datastore were never verified, and how
// many are damaged.
type verification struct{ unverified, damaged float64 }

func newPBS(config config, host plugin.Host) (*pbs, error) {
	client, err := fetch.New(config.server(), host)
	if err != nil {
		return nil, err
	}
	return &pbs{Client: client, config: config, host: host}, nil
}

// auditHint is how a token gets the right to look.
const auditHint = "give the user and the token the role Audit on /: proxmox-backup-manager acl update / Audit --auth-id 'unity@pbs!monitor'"

// ask reads what is in the envelope of an answer.
func (p *pbs) ask(ctx context.Context, path string, into any) error {
	token, err := p.config.Token.Reveal()
	if err != nil {
		return fault.Wrap(err, "reading the token")
	}
	envelope := struct {
		Data any `json:"data"`
	}{into}
	err = p.JSON(ctx, fetch.Request{Path: "/api2/json" + path, Header: http.Header{"Authorization": {"PBSAPIToken=" + token}}}, &envelope)
	switch fault.Of(err) {
	case fault.Auth:
		return fault.New(fault.Auth, "GET %s: the server does not take the token", p.URL("/api2/json"+path)).
			WithHint("it has the form user@realm!name:secret, with a colon before the secret")
	case fault.Permission:
		return fault.New(fault.Permission, "GET %s: the token may not see this", p.URL("/api2/json"+path)).
			WithHint("%s", auditHint)
	}
	return err
}

// read implements origin.
func (p *pbs) read(ctx context.Context, _ *memory) (*report, error) {
	var version struct{ Version, Release string }
	if err := p.ask(ctx, "/version", &version); err != nil {
		return nil, err
	}
	if version.Version == "" {
		return nil, fault.New(fault.WrongService, "GET %s: it does not say its version", p.URL("/api2/json/version")).WithHint("check the address; it is https and port 8007")
	}
	r := &report{tool: kindPBS, version: version.Version, location: p.URL(""), server: &pbsServer{}}
	if version.Release != "" && !strings.Contains(version.Version, "-") {
		r.version += "-" + version.Release
	}
	var stores []pbsStore
	if err := p.ask(ctx, "/status/datastore-usage", &stores); err != nil {
		return nil, err
	}
	if len(stores) == 0 {
		return nil, fault.New(fault.Permission, "GET %s: there is no datastore, or the token may see none", p.URL("/api2/json/status/datastore-usage")).
			WithHint("%s", auditHint)
	}
	again := due(max(p.config.Stats, plugin.Duration(hour)), p.askedAt, p.host.Now())
	if again {
		p.askedAt, p.verified = p.host.Now(), make(map[string]verification)
	}
	for _, s := range stores {
		if len(p.config.Datastores) == 0 || p.config.Datastores.Match(s.Store) {
			p.store(ctx, r, s, again)
		}
	}
	p.whole(ctx, r)
	return r, nil
}

// pbsStore is how full a datastore is.
type pbsStore struct {
	Store string   `json:"store"`
	Total *float64 `json:"total"`
	Used  *float64 `json:"used"`
	Avail *float64 `json:"avail"`
	Full  *float64 `json:"estimated-full-date"`
	Error string   `json:"error"`
	GC    *struct {
		Index   *float64 `json:"index-data-bytes"`
		Disk    *float64 `json:"disk-bytes"`
		Pending *float64 `json:"pending-bytes"`
	} `json:"gc-status"`
}

// pbsGroup is what there are backups of.
type pbsGroup struct {
	Type    string   `json:"backup-type"`
	ID      string   `json:"backup-id"`
	Last    int64    `json:"last-backup"`
	Count   *float64 `json:"backup-count"`
	Comment string   `json:"comment"`
}

// store reads a datastore: what is in it, and rarely how well.
func (p *pbs) store(ctx context.Context, r *report, s pbsStore, again bool) {
	row := pbsStoreRow{Name: s.Store, Size: s.Total, Used: s.Used, Available: s.Avail, Problem: plugin.Shorten(s.Error, 200)}
	if s.Full != nil && *s.Full > 0 && *s.Full < 1e11 {
		at := time.Unix(int64(*s.Full), 0).UTC()
		row.Full = &at
	}
	if s.GC != nil {
		row.Dedup, row.Pending = quotient(s.GC.Index, s.GC.Disk), s.GC.Pending
	}
	if s.Error == "" {
		for _, ns := range p.namespaces(ctx, r, s.Store) {
			p.groups(ctx, r, s.Store, ns, again)
		}
	}
	if v, known := p.verified[s.Store]; known {
		row.Unverified, row.Damaged = &v.unverified, &v.damaged
	}
	r.server.Datastores = append(r.server.Datastores, row)
}

// maxNamespaces bounds what is asked for each datastore.
const maxNamespaces = 50

// namespaces are those of a datastore, the root as an empty name. Versions before
// 2.2 have none.
func (p *pbs) namespaces(ctx context.Context, r *report, store string) []string {
	var list []struct {
		Name string `json:"ns"`
	}
	if err := p.ask(ctx, "/admin/datastore/"+url.PathEscape(store)+"/namespace", &list); err != nil {
		if fault.Of(err) != fault.NotFound {
			r.problem(err)
		}
		return []string{""}
	}
	names := []string{""}
	for _, ns := range list {
		if ns.Name != "" {
			names = append(names, ns.Name)
		}
	}
	slices.Sort(names)
	return names[:min(len(names), maxNamespaces)]
}

// pbsSnapshot is one backup of a group.
type pbsSnapshot struct {
	Type         string   `json:"backup-type"`
	ID           string   `json:"backup-id"`
	Time         int64    `json:"backup-time"`
	Size         *float64 `json:"size"`
	Verification *struct {
		State string `json:"state"`
	} `json:"verification"`
}

func (p *pbs) groups(ctx context.Context, r *report, store, ns string, again bool) {
	at, query := "/admin/datastore/"+url.PathEscape(store), ""
	if ns != "" {
		query = "?ns=" + url.QueryEscape(ns)
	}
	var groups []pbsGroup
	if err := p.ask(ctx, at+"/groups"+query, &groups); err != nil {
		r.problem(err)
		return
	}
	things := make(map[string]*thing)
	for _, g := range groups {
		t := &thing{Name: strings.Trim(store+"/"+ns, "/") + "/" + g.Type + "/" + g.ID, Count: g.Count}
		if comment := strings.TrimSpace(g.Comment); comment != "" {
			t.Name += " " + plugin.Shorten(comment, 30)
		}
		if g.Last > 0 {
			t.Points = []point{{At: time.Unix(g.Last, 0).UTC(), Size: unknownSize}}
		}
		things[g.Type+"/"+g.ID] = t
		r.things = append(r.things, t)
	}
	if !again {
		return
	}
	var list []pbsSnapshot
	if err := p.ask(ctx, at+"/snapshots"+query, &list); err != nil {
		r.problem(err)
		return
	}
	v := p.verified[store]
	for _, s := range list {
		switch {
		case s.Verification == nil:
			v.unverified++
		case s.Verification.State != "ok":
			v.damaged++
		}
		// Which one is the newest the groups have said; sizes are of all.
		if t := things[s.Type+"/"+s.ID]; t != nil && s.Size != nil && s.Time > 0 {
			t.add(point{At: time.Unix(s.Time, 0).UTC(), Size: *s.Size})
		}
	}
	p.verified[store] = v
}

// add puts in a point, or the size of one that is there.
func (t *thing) add(p point) {
	for i := range t.Points {
		if t.Points[i].At.Equal(p.At) {
			t.Points[i].Size = p.Size
			return
		}
	}
	t.Points = append(t.Points, p)
}

// whole reads what is of the server and not of a datastore.
func (p *pbs) whole(ctx context.Context, r *report) {
	s := r.server
	r.problem(p.ask(ctx, "/nodes/localhost/status", &s.status))
	since := p.host.Now().Add(-day).Unix()
	var tasks []pbsTask
	if err := p.ask(ctx, "/nodes/localhost/tasks?limit=500&since="+strconv.FormatInt(since, 10), &tasks); err != nil {
		r.problem(err)
	} else {
		s.setTasks(tasks)
	}
	for _, kind := range []string{"verify", "sync", "prune", "gc"} {
		var jobs []pbsJob
		err := p.ask(ctx, "/admin/"+kind, &jobs)
		if fault.Of(err) == fault.NotFound {
			continue // older versions lack some
		}
		r.problem(err)
		for _, j := range jobs {
			s.addJob(kind, j)
		}
	}
}
