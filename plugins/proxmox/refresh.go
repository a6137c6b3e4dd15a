package proxmox

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/lenient"
)

// medium is what is asked for every few minutes. What was not told is nil.
type medium struct {
	report

	at          time.Time
	tasks       []task
	tasksKnown  bool
	unprotected []unprotected
	jobsKnown   bool
	replication []replica
	ha          []haService
	ceph        string
}

// slow is what is asked for once an hour.
type slow struct {
	report

	at           time.Time
	backups      map[string]*backup // the newest of each guest, by its number
	disks        []disk
	pools        []pool
	certificates []certificate
	services     []service
	updates      map[string]float64
}

// task is something that a node did or does.
type task struct {
	UPID   string         `json:"upid"`
	Node   string         `json:"node"`
	Type   lenient.Text   `json:"type"`
	ID     lenient.Text   `json:"id"`
	User   lenient.Text   `json:"user"`
	Start  lenient.Number `json:"starttime"`
	End    lenient.Number `json:"endtime"`
	Status lenient.Text   `json:"status"`
}

// The results of a task.
const (
	taskOK      = "ok"
	taskWarning = "warning"
	taskError   = "error"
	taskRunning = "running"
)

func taskResults() []string { return []string{taskOK, taskWarning, taskError, taskRunning} }

func (t task) result() string {
	switch status := string(t.Status); {
	case t.End.Positive() == nil:
		return taskRunning
	case status == "OK":
		return taskOK
	case strings.HasPrefix(status, "WARNINGS"):
		return taskWarning
	default:
		return taskError
	}
}

// unprotected is a guest that is in no backup job.
type unprotected struct {
	VMID lenient.Text `json:"vmid"`
	Name string       `json:"name"`
	Type string       `json:"type"`
}

// replica is a job that copies a guest to another node.
type replica struct {
	ID       string         `json:"id"`
	Node     string         `json:"-"`
	Guest    lenient.Text   `json:"guest"`
	Target   lenient.Text   `json:"target"`
	Last     lenient.Number `json:"last_sync"`
	Next     lenient.Number `json:"next_sync"`
	Duration lenient.Number `json:"duration"`
	Failures lenient.Number `json:"fail_count"`
	Error    lenient.Text   `json:"error"`
	Disabled lenient.Flag   `json:"disable"`
}

// haService is a guest that the cluster keeps in a state.
type haService struct {
	Type  string `json:"type"`
	SID   string `json:"sid"`
	State string `json:"state"`
}

// haStates are the states that such a guest can be in.
func haStates() []string {
	return []string{
		"started", "stopped", "request_start", "request_start_balance", "request_stop", "queued", "disabled", "ignored", "freeze", "fence", "recovery", "migrate", "relocate",
		"error", other,
	}
}

// backup is a copy of a guest on a storage.
type backup struct {
	Storage string         `json:"-"`
	VMID    lenient.Text   `json:"vmid"`
	Time    lenient.Number `json:"ctime"`
	Size    lenient.Number `json:"size"`
}

// refresh asks for what is asked for now and then.
func (c *collector) refresh(ctx context.Context, s *sight) {
	if c.medium == nil || s.now.Sub(c.medium.at) >= mediumEvery {
		c.medium = c.askMedium(ctx, s)
	}
	if c.slow == nil || s.now.Sub(c.slow.at) >= slowEvery {
		c.slow = c.askSlow(ctx, s)
	}
}

func (c *collector) askMedium(ctx context.Context, s *sight) *medium {
	m, r := &medium{at: s.now}, &sight{now: s.now}
	since := s.now.Add(-c.config.Window.Std()).Unix()
	byID := make(map[string]task)
	add := func(t task) {
		start, known := t.Start.Get()
		if known && t.UPID != "" && (start >= float64(since) || t.End.Positive() == nil) && c.config.wantsNode(t.Node) && len(byID) < maxTasks {
			byID[t.UPID] = t
		}
	}
	m.tasksKnown = c.part(r, "tasks", func() error { return each(ctx, c, "/cluster/tasks", add) })
	m.jobsKnown = c.part(r, "guests without a backup job", func() (err error) {
		m.unprotected, err = list[unprotected](ctx, c, "/cluster/backup-info/not-backed-up", maxGuests)
		return err
	})
	if c.config.HA && s.cluster != nil {
		c.part(r, "high availability", func() error {
			return each(ctx, c, "/cluster/ha/status/current", func(one haService) {
				if one.Type == "service" && len(m.ha) < maxItems {
					m.ha = append(m.ha, one)
				}
			})
		})
	}
	if c.config.Ceph {
		c.part(r, "Ceph", func() error {
			answer, err := get[struct {
				Health struct {
					Status string `json:"status"`
				} `json:"health"`
			}](ctx, c, "/cluster/ceph/status")
			m.ceph = strings.ToLower(strings.TrimPrefix(answer.Health.Status, "HEALTH_"))
			if said := fault.Of(err); said == fault.BadAnswer && strings.Contains(err.Error(), "status 500") {
				return fault.New(fault.NotInstalled, "there is no Ceph") // this is how a node without it says so
			}
			return err
		})
	}
	var mu sync.Mutex
	several(s.online(), func(n *node) {
		base := "/nodes/" + n.Name
		c.part(r, "the backups that "+n.Name+" made", func() error {
			// The list of the cluster holds the latest few of each node only.
			made, err := list[task](ctx, c, base+"/tasks?typefilter=vzdump&source=all&limit=50&since="+strconv.FormatInt(since, 10), maxTasks)
			mu.Lock()
			defer mu.Unlock()
			for _, t := range made {
				add(t)
			}
			return err
		})
		if !c.config.Replication || s.cluster == nil {
			return
		}
		c.part(r, "the replication of "+n.Name, func() error {
			jobs, err := list[replica](ctx, c, base+"/replication", maxItems)
			mu.Lock()
			defer mu.Unlock()
			for _, job := range jobs {
				job.Node = n.Name
				m.replication = append(m.replication, job)
			}
			return err
		})
	})
	for _, t := range byID {
		m.tasks = append(m.tasks, t)
	}
	slices.SortFunc(m.tasks, func(a, b task) int {
		return cmp.Or(cmp.Compare(b.Start.Or(0), a.Start.Or(0)), cmp.Compare(a.UPID, b.UPID))
	})
	m.replication = unique(m.replication, func(r replica) string { return r.ID })
	m.ha = unique(m.ha, func(h haService) string { return h.SID })
	m.report = r.report
	return m
}

func (c *collector) askSlow(ctx context.Context, s *sight) *slow {
	l, r := &slow{at: s.now, updates: make(map[string]float64)}, &sight{now: s.now}
	var mu sync.Mutex
	several(s.online(), func(n *node) {
		found := c.askNodeSlow(ctx, s, r, n)
		mu.Lock()
		defer mu.Unlock()
		l.disks = append(l.disks, found.disks...)
		l.pools = append(l.pools, found.pools...)
		l.certificates = append(l.certificates, found.certificates...)
		l.services = append(l.services, found.services...)
		for name, n := range found.updates {
			l.updates[name] = n
		}
	})
	l.disks = unique(l.disks, func(d disk) string { return d.Node + " " + d.Path })
	l.pools = unique(l.pools, func(p pool) string { return p.Node + " " + p.Name })
	l.certificates = unique(l.certificates, func(c certificate) string { return c.Node + " " + c.File })
	l.services = unique(l.services, func(s service) string { return s.Node + " " + s.Name })
	if c.config.Backups {
		l.backups = c.askBackups(ctx, s, r)
		if len(l.backups) == 0 {
			r.leftOut = append(r.leftOut, "backups: the token sees none; for that it needs Datastore.AllocateSpace on the storage and VM.Backup on the guests")
		}
	}
	l.report = r.report
	return l
}

// unique sorts a list and leaves out what it holds twice.
func unique[T any](all []T, name func(T) string) []T {
	slices.SortStableFunc(all, func(a, b T) int { return cmp.Compare(name(a), name(b)) })
	return slices.CompactFunc(all, func(a, b T) bool { return name(a) == name(b) })
}

// askNodeSlow asks one node.
func (c *collector) askNodeSlow(ctx context.Context, s, r *sight, n *node) *slow {
	found, base := &slow{updates: make(map[string]float64)}, "/nodes/"+n.Name
	if c.config.Disks {
		c.part(r, "the disks of "+n.Name, func() (err error) {
			found.disks, err = list[disk](ctx, c, base+"/disks/list", maxItems)
			return err
		})
	}
	if c.config.ZFS {
		c.part(r, "the pools of "+n.Name, func() (err error) {
			found.pools, err = list[pool](ctx, c, base+"/disks/zfs", maxItems)
			return err
		})
	}
	if c.config.Certificates {
		c.part(r, "the certificates of "+n.Name, func() (err error) {
			found.certificates, err = list[certificate](ctx, c, base+"/certificates/info", maxItems)
			return err
		})
	}
	c.part(r, "the services of "+n.Name, func() error {
		return each(ctx, c, base+"/services", func(one service) {
			of := one.Name != "corosync" || s.cluster != nil
			if of && slices.Contains(services(), one.Name) && one.Unit != "not-found" && len(found.services) < maxItems {
				one.Node = n.Name
				found.services = append(found.services, one)
			}
		})
	})
	if c.config.Updates {
		c.part(r, "the updates of "+n.Name, func() error {
			waiting := 0.0
			err := each(ctx, c, base+"/apt/update", func(struct{}) { waiting++ })
			if err == nil {
				found.updates[n.Name] = waiting
			}
			return err
		})
	}
	for i := range found.disks {
		found.disks[i].Node = n.Name
	}
	for i := range found.pools {
		found.pools[i].Node = n.Name
	}
	for i := range found.certificates {
		found.certificates[i].Node = n.Name
	}
	return found
}

// askBackups finds the newest backup of each guest over all storages.
func (c *collector) askBackups(ctx context.Context, s, r *sight) map[string]*backup {
	online := make(map[string]bool)
	for _, n := range s.online() {
		online[n.Name] = true
	}
	newest, seen := make(map[string]*backup), 0
	var mu sync.Mutex
	several(s.distinct(), func(one *storage) {
		if !one.holds("backup") || !one.available() || !online[one.Node] || !plainName(one.Name) {
			return
		}
		c.part(r, "the backups on "+one.Name+" of "+one.Node, func() error {
			return each(ctx, c, "/nodes/"+one.Node+"/storage/"+one.Name+"/content?content=backup", func(b backup) {
				mu.Lock()
				defer mu.Unlock()
				id := string(b.VMID)
				if seen++; seen > maxBackups || id == "" || b.Time.Positive() == nil {
					return
				}
				if last := newest[id]; last == nil || b.Time.Or(0) > last.Time.Or(0) {
					b.Storage = one.Name
					newest[id] = &b
				}
			})
		})
	})
	return newest
}
