package mediaserver

import (
	"cmp"
	"errors"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"

	"github.com/unity-homelab/unity/plugin"
)

const (
	// keyStreams and keyTasks are where it is kept how things were in the run before.
	keyStreams, keyTasks = "streams", "tasks"
	// maxStreams bounds the streams that are remembered and told of.
	maxStreams = 100
)

// stream is one that goes on, as it is remembered. Whoever wants no names keeps
// none.
type stream struct {
	User  string `json:"user,omitempty"`
	Title string `json:"title,omitempty"`
	How   string `json:"how"`
	Where string `json:"where,omitempty"`
}

// tell tells who began to watch and who stopped, and which tasks went wrong, since
// the run before.
func (c *collector) tell(f *found, out *plugin.Batch) error {
	was, known := plugin.Recall[map[string]stream](c.host.State, keyStreams)
	now := make(map[string]stream)
	for _, s := range f.sessions[:min(len(f.sessions), maxStreams)] {
		one := stream{How: s.Method, Where: s.Location}
		if c.config.ShowUsers {
			one.User, one.Title = plugin.Shorten(s.User, 30), plugin.Shorten(s.name(), 60)
		}
		now[digest(s.id)] = one
	}
	// Those that are not remembered for there are too many began and ended unseen.
	whole := len(f.sessions) <= maxStreams && len(was) < maxStreams
	if known {
		for _, id := range slices.Sorted(maps.Keys(now)) {
			if _, before := was[id]; !before && whole {
				out.Event(now[id].event("stream_started", "started"))
			}
		}
		for _, id := range slices.Sorted(maps.Keys(was)) {
			if _, still := now[id]; !still && whole {
				out.Event(was[id].event("stream_stopped", "stopped"))
			}
		}
	}
	tasks, asked := plugin.Recall[map[string]string](c.host.State, keyTasks)
	ended := make(map[string]string)
	for _, t := range f.tasks {
		if t.End == nil {
			continue
		}
		ended[t.Name] = t.End.String()
		if before, there := tasks[t.Name]; asked && there && before != ended[t.Name] && (t.Status == "failed" || t.Status == "aborted") {
			out.Event(plugin.Event{
				Time: *t.End, Kind: "task_failed", Severity: plugin.Warning, Title: "The task " + t.Name + " went wrong",
				Detail: map[string]string{"task": t.Name, "status": t.Status, "error": t.Error},
			})
		}
	}
	kept := plugin.Keep(c.host.State, keyStreams, now)
	if c.kind == plex || !c.config.Tasks {
		return kept
	}
	return errors.Join(kept, plugin.Keep(c.host.State, keyTasks, ended))
}

// digest is a short name for a long one: a hundred streams have to fit into what a
// state may hold.
func digest(id string) string {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(id))
	return strconv.FormatUint(hash.Sum64(), 36)
}

func (s stream) event(kind, did string) plugin.Event {
	title := cmp.Or(s.User, "Somebody") + " " + did + " " + cmp.Or(s.Title, "a stream")
	detail := map[string]string{"method": s.How}
	for name, value := range map[string]string{"user": s.User, "title": s.Title, "location": s.Where} {
		if value != "" {
			detail[name] = value
		}
	}
	return plugin.Event{Kind: kind, Severity: plugin.Info, Title: plugin.Shorten(title, 160), Detail: detail}
}
