package photomanager

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// sight is what was seen of a server. What it did not say is nil or empty.
type sight struct {
	Kind, Version, Edition, Build string
	Features                      []string

	Items, Usage, Counts        map[string]*float64
	UsedBytes                   *float64
	Disk                        disk
	Users                       []user
	Queues                      []queue
	Libraries                   []library
	Release                     string
	Maintenance, Update, Public *bool
	LogSeen                     bool
	LogErrors                   map[string]float64
	Errors                      []logEntry

	now      time.Time
	left     []leftOut
	problems []error
}

type disk struct {
	Size      *float64 `json:"size,omitempty"`
	Used      *float64 `json:"used,omitempty"`
	Available *float64 `json:"available,omitempty"`
}

type user struct {
	Name       string   `json:"name"`
	Photos     *float64 `json:"photos,omitempty"`
	Videos     *float64 `json:"videos,omitempty"`
	Usage      *float64 `json:"usage,omitempty"`
	Quota      *float64 `json:"quota,omitempty"`
	QuotaRatio *float64 `json:"quota_ratio,omitempty"`
}

type queue struct {
	Name       string   `json:"name"`
	Status     string   `json:"status"`
	Active     *float64 `json:"active,omitempty"`
	Waiting    *float64 `json:"waiting,omitempty"`
	Delayed    *float64 `json:"delayed,omitempty"`
	Failed     *float64 `json:"failed,omitempty"`
	PausedJobs *float64 `json:"paused_jobs,omitempty"`
	Paused     *bool    `json:"paused,omitempty"`
	Stuck      bool     `json:"stuck"`
}

type library struct {
	Name   string   `json:"name"`
	Items  *float64 `json:"items,omitempty"`
	Photos *float64 `json:"photos,omitempty"`
	Videos *float64 `json:"videos,omitempty"`
	Usage  *float64 `json:"usage,omitempty"`
}

type logEntry struct {
	Time    string `json:"time,omitempty"`
	Level   string `json:"level"`
	Message string `json:"message"`
}

// leftOut is a part that the login may not see.
type leftOut struct {
	Part  string `json:"part"`
	Needs string `json:"needs"`
}

func (s *sight) leave(part, needs string) { s.left = append(s.left, leftOut{part, needs}) }

func (s *sight) emit(config config, out *plugin.Batch) {
	add := func(name string, value *float64, labels ...string) {
		if value != nil {
			out.Add(name, *value, labels...)
		}
	}
	flag := func(name string, value *bool, labels ...string) {
		if value != nil {
			out.AddBool(name, *value, labels...)
		}
	}
	out.Add("photo_manager_info", 1, "platform", s.Kind, "edition", s.Edition, "version", s.Version)
	for _, kind := range sortedKeys(s.Items) {
		add("photo_manager_items", s.Items[kind], "kind", kind)
	}
	for _, kind := range sortedKeys(s.Usage) {
		add("photo_manager_usage_bytes", s.Usage[kind], "kind", kind)
	}
	for _, name := range sortedKeys(s.Counts) {
		add(name, s.Counts[name])
	}
	add("photo_manager_disk_size_bytes", s.Disk.Size)
	add("photo_manager_disk_used_bytes", s.Disk.Used)
	add("photo_manager_disk_available_bytes", s.Disk.Available)
	flag("photo_manager_maintenance", s.Maintenance)
	flag("photo_manager_update_available", s.Update)
	flag("photo_manager_public", s.Public)
	add("photo_manager_fullest_quota_ratio", s.fullestQuota())
	if config.PerUser {
		for _, u := range s.Users {
			add("photo_manager_user_usage_bytes", u.Usage, "user", u.Name)
			add("photo_manager_user_quota_bytes", u.Quota, "user", u.Name)
			add("photo_manager_user_items", u.Photos, "user", u.Name, "kind", "photo")
			add("photo_manager_user_items", u.Videos, "user", u.Name, "kind", "video")
		}
	}
	for _, q := range s.Queues {
		for state, jobs := range map[string]*float64{"active": q.Active, "waiting": q.Waiting, "delayed": q.Delayed, "failed": q.Failed, "paused": q.PausedJobs} {
			add("photo_manager_queue_jobs", jobs, "queue", q.Name, "state", state)
		}
		flag("photo_manager_queue_paused", q.Paused, "queue", q.Name)
		if q.Waiting != nil {
			out.AddBool("photo_manager_queue_stuck", q.Stuck, "queue", q.Name)
		}
	}
	for _, l := range s.Libraries {
		add("photo_manager_library_items", l.Items, "library", l.Name)
		add("photo_manager_library_bytes", l.Usage, "library", l.Name)
	}
	if s.LogSeen {
		for _, level := range logLevels() {
			out.Add("photo_manager_log_errors", s.LogErrors[level], "level", level)
		}
	}
}

// fullestQuota is how full the quota is that is the fullest.
func (s *sight) fullestQuota() (most *float64) {
	for _, u := range s.Users {
		if u.QuotaRatio != nil && (most == nil || *u.QuotaRatio > *most) {
			most = u.QuotaRatio
		}
	}
	return most
}

// document is what a person wants to see.
type document struct {
	Summary   []summary  `json:"summary"`
	Disk      disk       `json:"disk"`
	Users     []user     `json:"users"`
	Queues    []queue    `json:"queues"`
	Libraries []library  `json:"libraries"`
	Errors    []logEntry `json:"errors"`
	LeftOut   []leftOut  `json:"left_out"`
	Features  []string   `json:"features"`
}

type summary struct {
	Platform  string   `json:"platform"`
	Version   string   `json:"version,omitempty"`
	Build     string   `json:"build,omitempty"`
	Edition   string   `json:"edition,omitempty"`
	Release   string   `json:"release,omitempty"`
	Photos    *float64 `json:"photos,omitempty"`
	Videos    *float64 `json:"videos,omitempty"`
	Usage     *float64 `json:"usage,omitempty"`
	Available *float64 `json:"available,omitempty"`
	Users     *float64 `json:"users,omitempty"`
}

func (s *sight) document() document {
	platform := "Immich"
	if s.Kind == kindPhotoPrism {
		platform = "PhotoPrism"
	}
	slices.SortFunc(s.left, func(a, b leftOut) int { return strings.Compare(a.Part, b.Part) })
	return document{
		Summary: []summary{{
			Platform: platform, Version: s.Version, Build: s.Build, Edition: s.Edition, Release: s.Release,
			Photos: s.Items["photo"], Videos: s.Items["video"], Usage: s.UsedBytes, Available: s.Disk.Available, Users: s.Counts["photo_manager_users"],
		}},
		Disk: s.Disk, Users: orEmpty(s.Users), Queues: orEmpty(s.Queues), Libraries: orEmpty(s.Libraries), Errors: orEmpty(s.Errors),
		LeftOut: orEmpty(s.left), Features: orEmpty(s.Features),
	}
}

// orEmpty is the list, and an empty one in place of none.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// number is a count or a size. What is none, and what is below 0, is absent.
type number struct{ value *float64 }

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(raw []byte) error {
	const most = 1e18
	value, err := strconv.ParseFloat(strings.Trim(string(raw), `" `), 64)
	if err == nil && value >= 0 && value < most {
		n.value = &value
	}
	return nil
}

func (n number) or(other float64) float64 {
	if n.value == nil {
		return other
	}
	return *n.value
}
