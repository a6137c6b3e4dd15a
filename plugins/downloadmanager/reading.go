package downloadmanager

import (
	"net/url"
	"strings"
	"time"
)

// reading is what one collection found out, whoever was asked.
type reading struct {
	client, version string

	down, up           *float64 // bytes per second
	downloaded         *float64 // bytes, ever
	uploaded           *float64
	downLimit, upLimit *float64
	ratio              *float64
	peers, dht         *float64
	quota              *float64
	warnings           *float64
	postQueue          *float64
	paused, alt        *bool
	connectable        *bool
	disks              []disk
	servers            []server
	items              []item
	trackers           map[string]float64 // downloads whose tracker complains; nil where nobody says
	remaining          *float64           // where it is not the sum of the items
	usenet             bool
}

// disk is where downloads are put.
type disk struct {
	Role string   `json:"role"`
	Free *float64 `json:"free,omitempty"`
	Size *float64 `json:"size,omitempty"`
}

// server is a news server.
type server struct {
	Name       string   `json:"name"`
	Active     *bool    `json:"active,omitempty"`
	Downloaded *float64 `json:"downloaded,omitempty"`
}

// The states of downloads.
const (
	downloading    = "downloading"
	seeding        = "seeding"
	stalled        = "stalled"
	queued         = "queued"
	paused         = "paused"
	checking       = "checking"
	moving         = "moving"
	postProcessing = "post_processing"
	completed      = "completed"
	failed         = "error"
)

func states() []string {
	return []string{downloading, seeding, stalled, queued, paused, checking, moving, postProcessing, completed, failed}
}

// item is one download.
type item struct {
	id, name, state, category, why string
	size, remaining, progress      *float64
	down, up, eta, ratio           *float64
	added, active, finished        time.Time
	done                           bool
	past                           bool // it is in the history, and not in the queue
}

// stuck reports whether a download should come in and does not.
func (i *item) stuck(now time.Time, after time.Duration) bool {
	if i.done || i.state != downloading && i.state != stalled {
		return false
	}
	last := i.active
	if last.IsZero() {
		last = i.added
	}
	return !last.IsZero() && now.Sub(last) > after
}

// moment is a time in seconds since 1970, or none.
func moment(n number) time.Time {
	const end = 1 << 35 // in the year 3058
	if !n.known || n.value <= 0 || n.value > end {
		return time.Time{}
	}
	return time.Unix(int64(n.value), 0).UTC()
}

// infinite is how qBittorrent says that there is no end in sight: 100 days.
const infinite = 8640000

// eta is for how long a download goes on, where that is known.
func eta(n number) *float64 {
	if !n.known || n.value <= 0 || n.value >= infinite {
		return nil
	}
	return &n.value
}

// hostOf is the host of the address of a tracker, which may hold a key.
func hostOf(address string) string {
	if parsed, err := url.Parse(address); err == nil && parsed.Hostname() != "" {
		return shorten(parsed.Hostname())
	}
	if address == "" || strings.ContainsAny(address, "/?:@ ") {
		return ""
	}
	return shorten(address)
}

// complain counts a download whose tracker complains.
func (r *reading) complain(tracker string) {
	if tracker == "" {
		tracker = "unknown"
	}
	r.trackers[tracker]++
}
