package process

import (
	"regexp"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// watcher finds the processes of one watch.
type watcher struct {
	watch
	matches func(name string) bool

	// of the run going on
	members []*process
	// unsure is set when a process that might match could not be looked at.
	unsure bool
}

func newWatcher(w watch) (*watcher, error) {
	made := &watcher{watch: w}
	if made.Field == "" {
		made.Field = "comm"
	}
	switch w.Match {
	case "regex":
		compiled, err := regexp.Compile(w.Pattern)
		if err != nil {
			return nil, err
		}
		made.matches = compiled.MatchString
	case "glob":
		pattern := plugin.Globs{w.Pattern}
		made.matches = pattern.Match
	default:
		want := w.Pattern
		if made.Field == "comm" {
			want = want[:min(len(want), maxNameBytes)] // the kernel keeps no more
		}
		made.matches = func(name string) bool { return name == want }
	}
	return made, nil
}

// maxNameBytes is how much of a program's name Linux keeps.
const maxNameBytes = 15

// match finds the members of every watch, and says whether they are right.
func (c *collector) match(out *plugin.Batch) {
	for _, w := range c.watches {
		w.members, w.unsure = w.members[:0], false
		if w.Field == "pidfile" {
			c.matchFile(w)
		} else {
			for _, p := range c.table.all {
				if c.belongs(w, p) {
					w.members = append(w.members, p)
				}
			}
		}
		n := len(w.members)
		// Where processes are hidden, those that are missing may well be there.
		if n < w.least() && (w.unsure || c.table.machine.hidden) {
			out.Problem(fault.New(fault.Permission, "looking for the watched processes %s: this user may not look at all processes", w.Name).
				WithHint("run Unity as root, or watch them by comm, cmdline or unit"))
			w.unsure = true
			continue
		}
		out.Add("process_watch_count", float64(n), "name", w.Name)
		out.AddBool("process_watch_ok", w.ok(), "name", w.Name)
	}
}

// ok reports whether as many run as should.
func (w *watcher) ok() bool {
	n := len(w.members)
	return n >= w.least() && (w.Max == 0 || n <= w.Max)
}

func (c *collector) belongs(w *watcher, p *process) bool {
	if p.state == zombie && w.Field != "comm" {
		return false // nothing is left of it but its name
	}
	switch w.Field {
	case "exe":
		if p.kernel {
			return false
		}
		exe, denied := c.readExe(p)
		if denied {
			w.unsure, c.limited = true, true
		}
		// A program that was replaced by an update keeps running.
		return exe != "" && w.matches(strings.TrimSuffix(exe, " (deleted)"))
	case "cmdline":
		args := c.readLine(p)
		return len(args) > 0 && w.matches(strings.Join(args, " "))
	case "unit":
		c.readPlace(p)
		return p.about.unit != "" && w.matches(p.about.unit)
	default:
		return p.state != zombie && w.matches(p.name)
	}
}

// matchFile looks for the process whose number the file holds.
func (c *collector) matchFile(w *watcher) {
	data, err := c.host.Files.ReadFile(w.Pattern)
	if err != nil {
		w.unsure = fault.Of(err) != fault.NotFound
		return
	}
	word, _ := nextWord(data)
	pid, ok := digits(word)
	if !ok || pid > 1<<30 {
		return
	}
	if p := c.table.byPID[int(pid)]; p != nil && p.state != zombie {
		w.members = append(w.members, p)
	}
}

// pids returns the members' numbers for the snapshot.
func (w *watcher) pids() []int {
	const shown = 50
	pids := make([]int, 0, min(len(w.members), shown))
	for _, p := range w.members[:min(len(w.members), shown)] {
		pids = append(pids, p.pid)
	}
	slices.Sort(pids)
	return pids
}
