package proxmox

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/lenient"
)

// document is what a person sees.
type document struct {
	Summary      summary          `json:"summary"`
	Nodes        []nodeRow        `json:"nodes"`
	Guests       []guestRow       `json:"guests"`
	Storages     []storageRow     `json:"storages"`
	Tasks        []taskRow        `json:"tasks"`
	Unprotected  []unprotectedRow `json:"unprotected"`
	Replication  []replicaRow     `json:"replication"`
	Disks        []diskRow        `json:"disks"`
	Pools        []poolRow        `json:"zfs"`
	Certificates []certificateRow `json:"certificates"`
	LeftOut      []string         `json:"left_out,omitempty"`
}

type summary struct {
	Version     string `json:"version"`
	Cluster     string `json:"cluster,omitempty"`
	Quorate     *bool  `json:"quorate,omitempty"`
	NodesOnline int    `json:"nodes_online"`
	Nodes       int    `json:"nodes"`
	Running     int    `json:"guests_running"`
	Guests      int    `json:"guests"`
}

type nodeRow struct {
	Name    string   `json:"name"`
	Status  string   `json:"status"`
	CPU     *float64 `json:"cpu,omitempty"`
	Memory  *float64 `json:"memory,omitempty"`
	Root    *float64 `json:"rootfs,omitempty"`
	Load    *float64 `json:"load,omitempty"`
	Uptime  *float64 `json:"uptime,omitempty"`
	Kernel  string   `json:"kernel,omitempty"`
	Version string   `json:"pve_version,omitempty"`
	Updates *float64 `json:"updates,omitempty"`
}

type guestRow struct {
	ID        string     `json:"vmid"`
	Name      string     `json:"name"`
	Type      string     `json:"type"`
	Node      string     `json:"node"`
	Status    string     `json:"status"`
	CPU       *float64   `json:"cpu,omitempty"`
	Memory    *float64   `json:"memory,omitempty"`
	Used      *float64   `json:"disk_used,omitempty"`
	Size      *float64   `json:"disk_size,omitempty"`
	Uptime    *float64   `json:"uptime,omitempty"`
	Tags      []string   `json:"tags,omitempty"`
	HA        string     `json:"ha,omitempty"`
	Lock      string     `json:"lock,omitempty"`
	Backup    *time.Time `json:"last_backup,omitempty"`
	Stale     bool       `json:"backup_stale"`
	Snapshots *float64   `json:"snapshots,omitempty"`
}

type storageRow struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Nodes   []string `json:"nodes"`
	Status  string   `json:"status"`
	Used    *float64 `json:"used,omitempty"`
	Size    *float64 `json:"size,omitempty"`
	Full    *float64 `json:"full,omitempty"`
	Content []string `json:"content,omitempty"`
}

type taskRow struct {
	Type   string     `json:"type"`
	ID     string     `json:"id,omitempty"`
	Node   string     `json:"node"`
	User   string     `json:"user,omitempty"`
	Start  *time.Time `json:"start,omitempty"`
	End    *time.Time `json:"end,omitempty"`
	Result string     `json:"result"`
	Status string     `json:"said,omitempty"`
}

type unprotectedRow struct {
	ID   string `json:"vmid"`
	Name string `json:"name,omitempty"`
	Type string `json:"type"`
}

type replicaRow struct {
	ID       string     `json:"id"`
	Guest    string     `json:"guest"`
	From     string     `json:"from"`
	To       string     `json:"to"`
	Last     *time.Time `json:"last,omitempty"`
	Next     *time.Time `json:"next,omitempty"`
	Duration *float64   `json:"duration,omitempty"`
	Failures float64    `json:"failures"`
	Error    string     `json:"error,omitempty"`
}

type diskRow struct {
	Node   string   `json:"node"`
	Device string   `json:"device"`
	Model  string   `json:"model,omitempty"`
	Serial string   `json:"serial,omitempty"`
	Type   string   `json:"type,omitempty"`
	Size   *float64 `json:"size,omitempty"`
	Health string   `json:"health,omitempty"`
	Left   *float64 `json:"remaining,omitempty"`
	Used   string   `json:"used,omitempty"`
}

type poolRow struct {
	Node   string   `json:"node"`
	Name   string   `json:"name"`
	Health string   `json:"health"`
	Size   *float64 `json:"size,omitempty"`
	Used   *float64 `json:"used,omitempty"`
}

type certificateRow struct {
	Node    string     `json:"node"`
	File    string     `json:"file"`
	Ends    *time.Time `json:"ends,omitempty"`
	Subject string     `json:"subject,omitempty"`
	Issuer  string     `json:"issuer,omitempty"`
}

// document makes the page. Lists are as long as the config says, what needs
// somebody first.
func (c *collector) document(s *sight) document {
	d := document{
		Summary: summary{Version: plugin.Shorten(s.version.Version, 40), Nodes: len(s.nodes)},
		Nodes:   []nodeRow{}, Guests: []guestRow{}, Storages: []storageRow{}, Tasks: []taskRow{}, Unprotected: []unprotectedRow{},
		Replication: []replicaRow{}, Disks: []diskRow{}, Pools: []poolRow{}, Certificates: []certificateRow{},
		LeftOut: slices.Concat(s.leftOut, c.medium.leftOut, c.slow.leftOut),
	}
	if s.cluster != nil {
		d.Summary.Cluster, d.Summary.Quorate = s.cluster.Name, &s.cluster.Quorate
	}
	for _, n := range s.nodes {
		row := n.row()
		if row.Status == "online" {
			d.Summary.NodesOnline++
		}
		if waiting, known := c.slow.updates[n.Name]; known {
			row.Updates = &waiting
		}
		d.Nodes = append(d.Nodes, row)
	}
	old := s.stale(c.config)
	for _, g := range s.guests {
		if !g.template {
			d.Summary.Guests++
		}
		if g.running() {
			d.Summary.Running++
		}
		row := g.row()
		row.Stale = slices.Contains(old, g)
		d.Guests = append(d.Guests, row)
	}
	d.Storages = s.storageRows()
	c.medium.rows(s, &d)
	c.slow.rows(&d)
	rows := c.config.Rows
	d.Guests, d.Storages, d.Tasks, d.Unprotected = first(d.Guests, rows), first(d.Storages, rows), first(d.Tasks, rows), first(d.Unprotected, rows)
	d.Replication, d.Disks, d.Certificates = first(d.Replication, rows), first(d.Disks, rows), first(d.Certificates, rows)
	return d
}

func first[T any](rows []T, most int) []T { return rows[:min(len(rows), most)] }

func (n *node) row() nodeRow {
	row := nodeRow{Name: n.Name, Status: unknown}
	if n.Online != nil {
		row.Status = map[bool]string{true: "online", false: "offline"}[*n.Online]
	}
	if row.Status == "offline" {
		return row
	}
	row.CPU, row.Memory, row.Root = n.status.CPU.Pointer(), ratio(n.status.Memory), ratio(n.status.Root)
	if row.Memory == nil {
		row.CPU, row.Memory = n.CPU.Pointer(), ratio(space{n.Memory, n.MaxMemory})
	}
	if len(n.status.Load) > 0 {
		row.Load = n.status.Load[0].Pointer()
	}
	row.Uptime, row.Kernel = n.status.Uptime.Positive(), plugin.Shorten(string(n.status.Kernel), 80)
	row.Version = plugin.Shorten(strings.TrimPrefix(string(n.status.Version), "pve-manager/"), 60)
	return row
}

func ratio(of space) *float64 {
	used, known := of.Used.Get()
	total := of.Total.Positive()
	if !known || total == nil {
		return nil
	}
	share := used / *total
	return &share
}

func (g *guest) row() guestRow {
	row := guestRow{
		ID: g.ID, Name: g.Name, Type: g.Type, Node: g.Node, Status: g.Status, Size: g.MaxDisk.Positive(),
		Tags: first(g.Tags, 20), HA: plugin.Shorten(g.HA, 40), Lock: plugin.Shorten(g.Lock, 40),
	}
	if g.template {
		row.Status = "template"
	}
	if g.running() {
		row.CPU, row.Memory, row.Uptime = g.CPU.Pointer(), ratio(space{g.Memory, g.MaxMemory}), g.Uptime.Positive()
		row.Used = g.diskUsed()
	}
	if g.backup != nil {
		row.Backup = moment(g.backup.Time)
	}
	if g.detail != nil {
		row.Snapshots = g.detail.snapshots
	}
	return row
}

// moment is a time, where it is one.
func moment(n lenient.Number) *time.Time {
	seconds := n.Positive()
	if seconds == nil || *seconds > 1e11 {
		return nil
	}
	at := time.Unix(int64(*seconds), 0).UTC()
	return &at
}

func (s *sight) storageRows() []storageRow {
	active := make(map[string]map[string]bool) // by storage and node
	for _, n := range s.nodes {
		for _, one := range n.storages {
			name := plugin.Shorten(one.Name, 60)
			if active[name] == nil {
				active[name] = make(map[string]bool)
			}
			active[name][n.Name] = bool(one.Active) || !bool(one.Enabled)
		}
	}
	rows := []storageRow{}
	for _, one := range s.distinct() {
		row := storageRow{Name: one.Name, Type: plugin.Shorten(one.Plugin, 40), Status: unknown, Content: first(strings.FieldsFunc(string(one.Content), func(r rune) bool { return r == ',' }), 20)}
		for _, other := range s.storages {
			if other.Name == one.Name && (bool(one.Shared) || other.Node == one.Node) {
				row.Nodes = append(row.Nodes, other.Node)
			}
		}
		slices.Sort(row.Content)
		if one.available() {
			row.Status, row.Used, row.Size = "active", one.Disk.Pointer(), one.MaxDisk.Positive()
			row.Full = ratio(space{one.Disk, one.MaxDisk})
		}
		for _, at := range row.Nodes {
			if works, known := active[one.Name][at]; known && !works {
				row.Status = "inactive"
			}
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b storageRow) int {
		return cmp.Compare(rank(a), rank(b))
	})
	return rows
}

// rank puts the storages first that are not there.
func rank(row storageRow) int {
	if row.Status == "inactive" {
		return 0
	}
	return 1
}

func (m *medium) rows(s *sight, d *document) {
	for _, t := range m.tasks {
		row := taskRow{
			Type: plugin.Shorten(string(t.Type), 40), ID: plugin.Shorten(string(t.ID), 60), Node: plugin.Shorten(t.Node, 60), User: plugin.Shorten(string(t.User), 60),
			Start: moment(t.Start), End: moment(t.End), Result: t.result(),
		}
		if row.Result != taskOK {
			row.Status = plugin.Shorten(string(t.Status), 200)
		}
		d.Tasks = append(d.Tasks, row)
	}
	order := []string{taskError, taskRunning, taskWarning, taskOK}
	slices.SortStableFunc(d.Tasks, func(a, b taskRow) int {
		return cmp.Compare(slices.Index(order, a.Result), slices.Index(order, b.Result))
	})
	for _, one := range m.without(s) {
		d.Unprotected = append(d.Unprotected, unprotectedRow{plugin.Shorten(string(one.VMID), 20), plugin.Shorten(one.Name, 80), plugin.Shorten(one.Type, 20)})
	}
	for _, job := range m.replication {
		d.Replication = append(d.Replication, replicaRow{
			ID: plugin.Shorten(job.ID, 40), Guest: plugin.Shorten(string(job.Guest), 20), From: job.Node, To: plugin.Shorten(string(job.Target), 60),
			Last: moment(job.Last), Next: moment(job.Next), Duration: job.Duration.Pointer(), Failures: job.Failures.Or(0), Error: plugin.Shorten(string(job.Error), 200),
		})
	}
}

func (l *slow) rows(d *document) {
	for _, one := range l.disks {
		d.Disks = append(d.Disks, diskRow{
			Node: one.Node, Device: plugin.Shorten(one.Path, 60), Model: plugin.Shorten(string(one.Model), 60), Serial: plugin.Shorten(string(one.Serial), 60), Type: plugin.Shorten(string(one.Type), 20),
			Size: one.Size.Positive(), Health: plugin.Shorten(strings.ToLower(string(one.Health)), 20), Left: one.remaining(), Used: plugin.Shorten(string(one.Used), 40),
		})
	}
	for _, p := range l.pools {
		d.Pools = append(d.Pools, poolRow{p.Node, plugin.Shorten(p.Name, 60), plugin.Shorten(strings.ToLower(string(p.Health)), 20), p.Size.Positive(), p.Allocated.Pointer()})
	}
	for _, one := range l.certificates {
		d.Certificates = append(d.Certificates, certificateRow{one.Node, plugin.Shorten(one.File, 60), moment(one.Ends), plugin.Shorten(string(one.Subject), 120), plugin.Shorten(string(one.Issuer), 120)})
	}
}
