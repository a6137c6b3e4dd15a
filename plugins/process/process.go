// Package process watches the processes of a machine: how many there are, who
// uses processor, memory, disks and files most, and whether those run that
// should.
//
// A run goes through all processes once, cheaply, and looks closely only at
// those it is going to show: the largest ones and the members of groups. A
// process is told apart by its number and the moment it started, so that one
// that took over another's number never inherits its figures.
package process

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

type config struct {
	TopProcesses  int      `json:"top_processes_count" title:"Processes shown" help:"How many processes each list of the largest ones holds." min:"1" max:"100"`
	SortBy        string   `json:"sort_by" title:"Order" help:"What the main list is sorted by." enum:"cpu,memory,io,fds"`
	IncludeCmd    bool     `json:"include_cmdline" title:"Command lines" help:"Show full command lines, with passwords and the like hidden."`
	Redact        []string `json:"cmdline_redact" title:"Hide in command lines" help:"Regular expressions of which every match becomes ***, besides passwords, tokens, secrets, API keys and logins in URLs, which always do." example:"(?i)customer-[0-9]+" group:"advanced"`
	Watch         []watch  `json:"watch" title:"Watched processes" help:"Processes that have to run."`
	GroupBy       string   `json:"group_by" title:"Groups" help:"Keep figures of the largest groups of processes, put together by program name, user or systemd unit." enum:"none,name,user,unit"`
	MaxGroups     int      `json:"max_groups" title:"Most groups" help:"How many groups to keep figures of, watched ones not counted." min:"1" max:"200" group:"advanced"`
	CollectIO     bool     `json:"collect_io" title:"Disk traffic" help:"Read how much processes read and write; those of other users need root."`
	CollectPSS    bool     `json:"collect_pss" title:"Proportional memory" help:"Read memory with shared parts divided among those who share them; expensive, and for other users' processes needs root." group:"advanced"`
	ExcludeKernel bool     `json:"exclude_kernel_threads" title:"Leave out kernel threads" help:"Leave threads of the kernel out of lists and groups; counts include them." group:"advanced"`
}

// watch says which processes have to run.
type watch struct {
	Name    string `json:"name" title:"Name" help:"What to call it." required:"true" example:"ssh"`
	Match   string `json:"match" title:"Compare" help:"How the pattern is compared; exact when left out." enum:"exact,glob,regex"`
	Field   string `json:"field" title:"With" help:"What it is compared with: the program's name as the kernel keeps it (15 characters), its file, its command line, its systemd unit, or the process whose number a file holds; comm when left out." enum:"comm,exe,cmdline,unit,pidfile"`
	Pattern string `json:"pattern" title:"Pattern" help:"The pattern, or the path of the file with the number." required:"true" example:"sshd"`
	Min     *int   `json:"min" title:"At least" help:"How many have to run; 1 when left out." min:"0"`
	Max     int    `json:"max" title:"At most" help:"How many may run; 0 means any number." min:"0"`
}

// least returns how many have to run.
func (w watch) least() int {
	if w.Min == nil {
		return 1
	}
	return *w.Min
}

// Validate implements the plugin's own check of its config.
func (w watch) Validate() error {
	switch {
	case w.Match == "regex" && w.Field != "pidfile":
		if _, err := regexp.Compile(w.Pattern); err != nil {
			return plugin.Invalid("pattern", "is not a regular expression: %v", err)
		}
	case w.Field == "pidfile" && !strings.HasPrefix(w.Pattern, "/"):
		return plugin.Invalid("pattern", "must be an absolute path of a file with a process number")
	}
	if w.Max > 0 && w.Max < w.least() {
		return plugin.Invalid("max", "must be 0 or at least %d, like min", w.least())
	}
	return nil
}

// Validate implements the plugin's own check of its config.
func (c config) Validate() error {
	names := make(map[string]bool)
	for i, w := range c.Watch {
		if names[w.Name] {
			return plugin.Invalid("watch["+strconv.Itoa(i)+"].name", "is used twice")
		}
		names[w.Name] = true
	}
	for i, pattern := range c.Redact {
		if _, err := regexp.Compile(pattern); err != nil {
			return plugin.Invalid("cmdline_redact["+strconv.Itoa(i)+"]", "is not a regular expression: %v", err)
		}
	}
	return nil
}

// Plugin returns the plugin process_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), config{
		TopProcesses: 10, SortBy: "cpu", Redact: []string{}, Watch: []watch{}, GroupBy: "none", MaxGroups: 20,
		CollectIO: true, ExcludeKernel: true,
	}, open, plugin.WithDetect(detect))
}

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID:       "process_monitor",
		Name:     "Processes",
		Category: plugin.System,
		Summary:  "Who uses the machine, and whether the right processes run.",
		Description: "Counts processes by state, lists those that use most processor, memory and disk, keeps figures of " +
			"groups of processes, and says when a process that has to run does not.",
		Tags:     []string{"host", "process", "cpu", "memory"},
		Icon:     "activity",
		Interval: 15 * time.Second,
		Timeout:  10 * time.Second,
		Rights: plugin.Rights{
			Paths: []string{"/proc", "/etc/passwd", "/run", "/var/run"},
			Notes: "Works for every user. Disk traffic, open files, the program's file and proportional memory of other " +
				"users' processes need root (or the capability CAP_SYS_PTRACE), and are left out otherwise.",
		},
		Metrics: metrics(),
		Panels:  panels(),
		Tables:  tables(),
		Rules:   rules(),
	}
}

func open(_ context.Context, c config, host plugin.Host) (plugin.Collector, error) {
	return newCollector(c, host)
}

func detect(context.Context, plugin.Host) ([]plugin.Finding, error) {
	return []plugin.Finding{{Config: struct{}{}, Evidence: "the machine Unity runs on", Ready: true}}, nil
}
