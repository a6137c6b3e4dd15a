package backup

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// pbsServer is what a Proxmox Backup Server tells of itself.
type pbsServer struct {
	pbsPart

	status pbsStatus
	tasks  map[[2]string]float64 // by type and result
}

// pbsPart is what of it a person sees.
type pbsPart struct {
	Datastores []pbsStoreRow `json:"datastores"`
	Jobs       []pbsJobRow   `json:"jobs"`
	Failed     []pbsTaskRow  `json:"failed_tasks"`
}

type pbsStoreRow struct {
	Name       string     `json:"name"`
	Size       *float64   `json:"size,omitempty"`
	Used       *float64   `json:"used,omitempty"`
	Available  *float64   `json:"available,omitempty"`
	Full       *time.Time `json:"full,omitempty"`
	Dedup      *float64   `json:"dedup,omitempty"`
	Pending    *float64   `json:"pending,omitempty"`
	Unverified *float64   `json:"unverified,omitempty"`
	Damaged    *float64   `json:"damaged,omitempty"`
	Problem    string     `json:"problem,omitempty"`
}

type pbsJobRow struct {
	Kind      string     `json:"kind"`
	Name      string     `json:"name"`
	Datastore string     `json:"datastore,omitempty"`
	Result    string     `json:"result"` // ok, warning, error or unknown
	Text      string     `json:"text,omitempty"`
	Ended     *time.Time `json:"ended,omitempty"`
	Next      *time.Time `json:"next,omitempty"`
}

type pbsTaskRow struct {
	Type  string    `json:"type"`
	Name  string    `json:"name,omitempty"`
	User  string    `json:"user,omitempty"`
	Began time.Time `json:"began"`
	Text  string    `json:"text"`
}

// pbsStatus is how the machine is.
type pbsStatus struct {
	CPU    *float64 `json:"cpu"`
	Uptime *float64 `json:"uptime"`
	Memory struct {
		Total *float64 `json:"total"`
		Used  *float64 `json:"used"`
	} `json:"memory"`
}

// pbsTask is something that the server did or does.
type pbsTask struct {
	Type   string `json:"worker_type"`
	ID     string `json:"worker_id"`
	User   string `json:"user"`
	Start  int64  `json:"starttime"`
	End    int64  `json:"endtime"`
	Status string `json:"status"`
}

// pbsJob is something that the server does by a schedule.
type pbsJob struct {
	ID      string `json:"id"`
	Store   string `json:"store"`
	State   string `json:"last-run-state"`
	Ended   int64  `json:"last-run-endtime"`
	NextRun int64  `json:"next-run"`
}

// The results of tasks and jobs.
const (
	resultOK      = "ok"
	resultWarning = "warning"
	resultError   = "error"
	resultRunning = "running"
)

// result reads how a task ended.
func result(status string) string {
	switch {
	case status == "OK":
		return resultOK
	case strings.HasPrefix(status, "WARNINGS"):
		return resultWarning
	default:
		return resultError
	}
}

// maxTasks bounds the tasks that are listed.
const maxTasks = 50

func (s *pbsServer) setTasks(tasks []pbsTask) {
	s.tasks = make(map[[2]string]float64)
	for _, t := range tasks {
		how := resultRunning
		if t.End > 0 || t.Status != "" {
			how = result(t.Status)
		}
		kind := taskType(t.Type)
		s.tasks[[2]string{kind, how}]++
		if how == resultError || how == resultWarning {
			s.Failed = append(s.Failed, pbsTaskRow{
				Type: kind, Name: plugin.Shorten(t.ID, 80), User: plugin.Shorten(t.User, 60), Began: time.Unix(t.Start, 0).UTC(), Text: plugin.Shorten(t.Status, 200),
			})
		}
	}
	slices.SortFunc(s.Failed, func(a, b pbsTaskRow) int { return cmp.Or(b.Began.Compare(a.Began), cmp.Compare(a.Name, b.Name)) })
	s.Failed = s.Failed[:min(len(s.Failed), maxTasks)]
}

// taskType is the type of a task, of those that matter for backups.
func taskType(kind string) string {
	known := []string{"backup", "reader", "verificationjob", "verify", "garbage_collection", "prune", "prunejob", "syncjob", "sync", "tape-backup", "tape-backup-job"}
	if slices.Contains(known, kind) {
		return kind
	}
	return "other"
}

func (s *pbsServer) addJob(kind string, j pbsJob) {
	row := pbsJobRow{Kind: kind, Name: plugin.Shorten(cmp.Or(j.ID, j.Store), 60), Datastore: plugin.Shorten(j.Store, 60), Result: "unknown", Text: plugin.Shorten(j.State, 200)}
	if j.State != "" {
		row.Result = result(j.State)
	}
	for _, one := range []struct {
		at   int64
		into **time.Time
	}{{j.Ended, &row.Ended}, {j.NextRun, &row.Next}} {
		if one.at > 0 && one.at < 1e11 {
			at := time.Unix(one.at, 0).UTC()
			*one.into = &at
		}
	}
	same := func(other pbsJobRow) bool { return other.Kind == row.Kind && other.Name == row.Name }
	if row.Name != "" && len(s.Jobs) < maxTasks && !slices.ContainsFunc(s.Jobs, same) {
		s.Jobs = append(s.Jobs, row)
	}
}

// emit makes samples of it.
func (s *pbsServer) emit(out *plugin.Batch) {
	for _, d := range s.Datastores {
		for name, value := range map[string]*float64{
			"pbs_datastore_size_bytes": d.Size, "pbs_datastore_used_bytes": d.Used, "pbs_datastore_available_bytes": d.Available,
			"pbs_datastore_dedup_ratio": d.Dedup, "pbs_gc_pending_bytes": d.Pending,
			"pbs_snapshots_unverified": d.Unverified, "pbs_snapshots_verify_failed": d.Damaged,
		} {
			addKnown(out, name, value, "datastore", d.Name)
		}
		out.AddBool("pbs_datastore_broken", d.Problem != "", "datastore", d.Name)
		if d.Full != nil {
			out.Add("pbs_datastore_full_timestamp_seconds", float64(d.Full.Unix()), "datastore", d.Name)
		}
	}
	for of, n := range s.tasks {
		out.Add("pbs_tasks", n, "type", of[0], "result", of[1])
	}
	for _, j := range s.Jobs {
		if j.Result == "unknown" {
			continue
		}
		out.AddBool("pbs_job_last_ok", j.Result != resultError, "kind", j.Kind, "name", j.Name)
		if j.Ended != nil {
			out.Add("pbs_job_last_run_timestamp_seconds", float64(j.Ended.Unix()), "kind", j.Kind, "name", j.Name)
		}
	}
	addKnown(out, "pbs_cpu_usage_ratio", s.status.CPU)
	addKnown(out, "pbs_memory_used_bytes", s.status.Memory.Used)
	addKnown(out, "pbs_memory_total_bytes", s.status.Memory.Total)
	addKnown(out, "pbs_uptime_seconds", s.status.Uptime)
}
