package syncthing

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// maxRows bounds the lists of the snapshot that have no bound of their own.
const maxRows = 50

// document is what a person sees.
type document struct {
	Summary  summary      `json:"summary"`
	Folders  []folderRow  `json:"folders"`
	Devices  []deviceRow  `json:"devices"`
	Files    []fileError  `json:"files"`
	Pending  []pendingRow `json:"pending"`
	Services []serviceRow `json:"services"`
	Notices  []noticeRow  `json:"notices"`
}

type summary struct {
	ID        string   `json:"id"`
	Version   string   `json:"version,omitempty"`
	Platform  string   `json:"platform,omitempty"`
	Uptime    *float64 `json:"uptime_seconds,omitempty"`
	Folders   int      `json:"folders"`
	InSync    int      `json:"folders_in_sync"`
	Need      float64  `json:"missing_bytes"`
	Devices   int      `json:"devices"`
	Connected int      `json:"devices_connected"`
	Update    *bool    `json:"update_available,omitempty"`
}

type folderRow struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Path       string     `json:"path,omitempty"`
	Type       string     `json:"type,omitempty"`
	State      string     `json:"state,omitempty"`
	Since      *time.Time `json:"since,omitempty"`
	Completion *float64   `json:"completion,omitempty"`
	Size       *float64   `json:"size,omitempty"`
	Need       *float64   `json:"need,omitempty"`
	Errors     *float64   `json:"errors,omitempty"`
	Error      string     `json:"error,omitempty"`
	LastScan   *time.Time `json:"last_scan,omitempty"`
	LastFile   string     `json:"last_file,omitempty"`
	LastFileAt *time.Time `json:"last_file_at,omitempty"`
}

type deviceRow struct {
	Name       string     `json:"name"`
	ID         string     `json:"id"`
	Status     string     `json:"status"`
	Type       string     `json:"type,omitempty"`
	Address    string     `json:"address,omitempty"`
	Version    string     `json:"version,omitempty"`
	Completion *float64   `json:"completion,omitempty"`
	Need       *float64   `json:"need,omitempty"`
	LastSeen   *time.Time `json:"last_seen,omitempty"`
	Received   *float64   `json:"received,omitempty"`
	Sent       *float64   `json:"sent,omitempty"`
	Shared     []string   `json:"shared,omitempty"`
	Error      string     `json:"error,omitempty"`
}

type pendingRow struct {
	Kind  string     `json:"kind"`
	ID    string     `json:"id"`
	Name  string     `json:"name,omitempty"`
	From  string     `json:"from,omitempty"`
	Since *time.Time `json:"since,omitempty"`
}

type serviceRow struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Status string `json:"status"`
	Error  string `json:"error,omitempty"`
}

type noticeRow struct {
	When    *time.Time `json:"when,omitempty"`
	Message string     `json:"message"`
}

// document makes what a person sees of a reading.
func (c *collector) document(r *reading) *document {
	doc := &document{
		Summary: summary{
			ID: short(r.status.ID), Version: shorten(r.version.Version), Platform: strings.Trim(r.version.OS+" "+r.version.Arch, " "),
			Uptime: r.status.Uptime, Folders: len(r.folders), Devices: len(r.devices), Update: c.update,
		},
		Folders: []folderRow{}, Devices: []deviceRow{}, Files: []fileError{}, Pending: pendingRows(r), Services: serviceRows(r), Notices: noticeRows(r),
	}
	for _, f := range r.folders {
		row := c.folderRow(r, f)
		if row.State == inSync {
			doc.Summary.InSync++
		}
		if status := c.statuses[f.ID]; status != nil {
			doc.Summary.Need += status.NeedBytes
			doc.Files = append(doc.Files, status.faults...)
		}
		doc.Folders = append(doc.Folders, row)
	}
	doc.Files = doc.Files[:min(len(doc.Files), maxRows)]
	for _, d := range r.devices {
		row := c.deviceRow(r, d)
		if row.Status == "connected" {
			doc.Summary.Connected++
		}
		doc.Devices = append(doc.Devices, row)
	}
	return doc
}

const inSync = "in sync"

func (c *collector) folderRow(r *reading, f folderConfig) folderRow {
	stats := r.folderStats[f.ID]
	row := folderRow{
		ID: f.ID, Name: f.name(), Path: shorten(f.Path), Type: f.Type, State: c.state(f),
		LastScan: moment(stats.LastScan), LastFileAt: moment(stats.LastFile.At),
	}
	if row.LastFileAt != nil {
		row.LastFile = shorten(stats.LastFile.Filename)
		if stats.LastFile.Deleted {
			row.LastFile += " (deleted)"
		}
	}
	status := c.statuses[f.ID]
	if status == nil {
		return row
	}
	if row.State == "idle" {
		row.State = inSync
		if status.NeedItems > 0 || status.NeedBytes > 0 {
			row.State = "out of sync"
		}
	}
	ratio := status.ratio()
	row.Since, row.Completion, row.Size, row.Need, row.Errors = moment(status.Changed), &ratio, &status.GlobalBytes, &status.NeedBytes, &status.Errors
	row.Error = shorten(status.Error)
	return row
}

func (c *collector) deviceRow(r *reading, d deviceConfig) deviceRow {
	connection := r.connections.Connections[d.ID]
	row := deviceRow{
		Name: d.name(), ID: short(d.ID), Status: "away", LastSeen: moment(r.lastSeen(d)), Shared: sharedWith(r.folders, d.ID),
	}
	if known := c.completions[d.ID]; known != nil {
		ratio := min(1, max(0, known.Completion/100))
		row.Completion, row.Need = &ratio, &known.NeedBytes
	}
	switch {
	case connection.Connected:
		row.Status, row.Type, row.Address, row.Version = "connected", connection.Type, connection.Address, connection.Version
		row.Received, row.Sent = &connection.In, &connection.Out
		return row
	case d.Paused:
		row.Status = "paused"
	case selected(c.config.Always, d.ID, d.Name):
		row.Status = "missing"
	case c.stale(r, d):
		row.Status = "stale"
	}
	for _, address := range d.Addresses {
		if row.Error == "" {
			row.Error = r.status.Dialled[address].why()
		}
	}
	return row
}

func pendingRows(r *reading) []pendingRow {
	rows := []pendingRow{}
	for _, id := range slices.Sorted(maps.Keys(r.newDevices)) {
		d := r.newDevices[id]
		rows = append(rows, pendingRow{Kind: "device", ID: shorten(id), Name: shorten(d.Name), From: shorten(d.Address), Since: moment(d.Time)})
	}
	for _, id := range slices.Sorted(maps.Keys(r.newFolders)) {
		for _, from := range slices.Sorted(maps.Keys(r.newFolders[id].OfferedBy)) {
			offer := r.newFolders[id].OfferedBy[from]
			rows = append(rows, pendingRow{Kind: "folder", ID: shorten(id), Name: shorten(offer.Label), From: r.nameOf(from), Since: moment(offer.Time)})
		}
	}
	return rows[:min(len(rows), maxRows)]
}

// nameOf is how a device is called.
func (r *reading) nameOf(id string) string {
	for _, d := range r.devices {
		if d.ID == id {
			return d.name()
		}
	}
	return short(id)
}

func serviceRows(r *reading) []serviceRow {
	rows := []serviceRow{}
	for _, kind := range []struct {
		name     string
		services map[string]service
	}{{"listener", r.status.Listeners}, {"discovery", r.status.Discovery}} {
		for _, name := range some(kind.services) {
			row := serviceRow{Kind: kind.name, Name: shorten(name), Status: "ok", Error: kind.services[name].why()}
			if row.Error != "" {
				row.Status = "failed"
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// noticeRows are the newest first.
func noticeRows(r *reading) []noticeRow {
	rows := []noticeRow{}
	for _, one := range r.notices.Errors {
		rows = append(rows, noticeRow{moment(one.When), shorten(one.Message)})
	}
	slices.SortStableFunc(rows, func(a, b noticeRow) int {
		return cmp.Compare(unix(b.When), unix(a.When))
	})
	return rows[:min(len(rows), maxRows)]
}

func unix(at *time.Time) int64 {
	if at == nil {
		return 0
	}
	return at.Unix()
}

func moment(at time.Time) *time.Time {
	if !sensible(at) {
		return nil
	}
	at = at.UTC().Truncate(time.Second)
	return &at
}
