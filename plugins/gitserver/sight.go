package gitserver

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// sight is what is seen of a server.
type sight struct {
	Kind, Version string
	Health        []healthRow
	Repositories  []*repository
	Total         *float64 // of repositories, where there are more than looked at
	Users         *float64
	ActiveUsers   *float64
	Organizations *float64
	Issues        *float64
	Pulls         *float64
	Unread        *float64
	Storage       map[string]float64
	Runs          []run
	CISeen        bool // whether runs are known at all
	Runners       []runnerRow
	RunnersSeen   bool
	Cron          []cronRow
	Queues        map[string]queue
	JobsFailed    *float64

	leftOut  []string
	failing  []string // repositories whose default branch fails
	problems []error
	now      time.Time
}

func newSight(kind, version string) *sight {
	return &sight{Kind: kind, Version: plugin.Shorten(version, 60), Storage: make(map[string]float64), Queues: make(map[string]queue)}
}

// leave notes what is left out and what it needs.
func (s *sight) leave(needs string) {
	if needs != "" && !slices.Contains(s.leftOut, needs) {
		s.leftOut = append(s.leftOut, needs)
	}
}

type healthRow struct {
	Check  string `json:"check"`
	Status string `json:"status"` // ok or failed
}

// repository is one of the server.
type repository struct {
	Name       string     `json:"name"`
	Visibility string     `json:"visibility"`
	Size       *float64   `json:"size,omitempty"`
	Stars      float64    `json:"stars"`
	Issues     *float64   `json:"open_issues,omitempty"`
	Pulls      *float64   `json:"open_prs,omitempty"`
	Mirror     bool       `json:"mirror"`
	Mirrored   *time.Time `json:"mirrored,omitempty"`
	Archived   bool       `json:"archived"`
	Empty      bool       `json:"empty"`
	Updated    time.Time  `json:"updated"`

	id     int64
	branch string // the default one
	runs   bool   // whether it may have actions or pipelines
}

// run is something that ran on a push, or by the clock.
type run struct {
	Repo     string    `json:"repo"`
	Workflow string    `json:"workflow"`
	Branch   string    `json:"branch"`
	Status   string    `json:"status"`
	Started  time.Time `json:"started"`
	URL      string    `json:"url,omitempty"`

	main bool // on the default branch
}

type runnerRow struct {
	Name   string `json:"name"`
	Status string `json:"status"` // online, offline or paused
	Busy   bool   `json:"busy"`
}

type cronRow struct {
	Name    string     `json:"name"`
	Next    *time.Time `json:"next,omitempty"`
	Prev    *time.Time `json:"prev,omitempty"`
	Overdue bool       `json:"overdue"`
}

// queue is one of GitLab's queues of background work.
type queue struct{ Backlog, Latency float64 }

// The states of what runs.
const (
	runSuccess   = "success"
	runFailure   = "failure"
	runCancelled = "cancelled"
	runRunning   = "running"
	runWaiting   = "waiting"
	runSkipped   = "skipped"
)

func runStates() []string {
	return []string{runSuccess, runFailure, runCancelled, runRunning, runWaiting, runSkipped}
}

// runState is the state by the word of any server.
func runState(word string) string {
	switch strings.ToLower(word) {
	case "success", "successful":
		return runSuccess
	case "failure", "failed", "error":
		return runFailure
	case "cancelled", "canceled", "canceling":
		return runCancelled
	case "running", "in_progress":
		return runRunning
	case "skipped":
		return runSkipped
	default: // waiting, blocked, pending, created, preparing, scheduled, manual …
		return runWaiting
	}
}

// The states of a runner.
func runnerStates() []string { return []string{"online", "offline", "paused"} }

// judgeCI finds the repositories whose default branch fails: the last finished
// run of one of its workflows did.
func (s *sight) judgeCI() {
	last := make(map[[2]string]run)
	for _, r := range s.Runs {
		key := [2]string{r.Repo, r.Workflow}
		if r.main && (r.Status == runSuccess || r.Status == runFailure) && !r.Started.Before(last[key].Started) {
			last[key] = r
		}
	}
	for key, r := range last {
		if r.Status == runFailure && !slices.Contains(s.failing, key[0]) {
			s.failing = append(s.failing, key[0])
		}
	}
	slices.Sort(s.failing)
	slices.SortStableFunc(s.Runs, func(a, b run) int { return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(a.Repo, b.Repo)) })
}

// known returns a time that is one: servers write the year 1, or 1970, for never.
func known(at time.Time) *time.Time {
	if at.Year() <= 1970 {
		return nil
	}
	return &at
}
