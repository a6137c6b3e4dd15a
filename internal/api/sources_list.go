package api

import (
	"cmp"
	"context"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
)

type listSourcesInput struct {
	Status   []string `query:"status" doc:"Only these statuses" enum:"unknown,healthy,degraded,failing,paused"`
	Category []string `query:"category" doc:"Only plugins of these categories"`
	Plugin   []string `query:"plugin" doc:"Only these plugins"`
	Host     []string `query:"host" doc:"Only on these hosts"`
	Tag      []string `query:"tag,explode" doc:"Only sources with all of these tags" maxItems:"20"`
	Query    string   `query:"q" maxLength:"100" doc:"Only sources whose name, ID, plugin, host or tags contain this"`
	Sort     string   `query:"sort" enum:"id,-id,name,-name,status,-status,plugin,-plugin,host,-host,updated,-updated" default:"id" doc:"With a minus the other way round; by status the worst come last"`
	Limit    int      `query:"limit" minimum:"0" maximum:"1000" doc:"All when 0 or absent"`
	Cursor   string   `query:"cursor" maxLength:"1000" doc:"The next_cursor of the page before, with the same sort"`
	Spark    bool     `query:"spark" doc:"With the values of the last hour for a sparkline"`
}

// listed is a source with what it is sorted by.
type listed struct {
	item *Source
	key  string
}

func (s *server) listSources(ctx context.Context, in *listSourcesInput) (*body[list[Source]], error) {
	by, descending := strings.CutPrefix(in.Sort, "-")
	after, err := positionOf(in.Cursor)
	if err != nil {
		return nil, err
	}
	order := func(a, b listed) int {
		sign := 1
		if descending {
			sign = -1
		}
		return sign * cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.item.ID, b.item.ID))
	}
	all, who := s.Sources.List(), visitOf(ctx).who
	// Every page asks for this list: what need not be made anew is not.
	items, found := make([]Source, len(all)), make([]listed, 0, len(all))
	for i := range all {
		if !who.Sees(string(all[i].ID)) {
			continue
		}
		item := &items[len(found)]
		*item = s.sourceOf(all[i])
		each := listed{item: item, key: sortKey(item, by)}
		if in.selects(item) && (in.Cursor == "" || order(each, after) > 0) {
			found = append(found, each)
		}
	}
	if items = items[:len(found)]; !slices.IsSortedFunc(found, order) {
		slices.SortFunc(found, order)
		items = make([]Source, len(found))
		for i, each := range found {
			items[i] = *each.item
		}
	}
	next := ""
	if in.Limit > 0 && len(found) > in.Limit {
		items, next = items[:in.Limit], found[in.Limit-1].position()
	}
	for i := range items {
		if !in.Spark {
			break
		}
		if source, err := s.Sources.Get(inventory.SourceID(items[i].ID)); err == nil {
			s.addSpark(ctx, &items[i], source)
		}
	}
	answer := listOf(items)
	answer.Body.NextCursor = next
	return answer, nil
}

func (in *listSourcesInput) selects(item *Source) bool {
	for _, filter := range []struct {
		wanted []string
		value  string
	}{
		{in.Status, string(item.Status.Status)}, {in.Category, string(item.Category)}, {in.Plugin, item.Plugin}, {in.Host, item.Host},
	} {
		if len(filter.wanted) > 0 && !slices.Contains(filter.wanted, filter.value) {
			return false
		}
	}
	for _, tag := range in.Tag {
		if !slices.Contains(item.Tags, tag) {
			return false
		}
	}
	if in.Query == "" {
		return true
	}
	text := strings.ToLower(strings.Join(append([]string{item.ID, item.Name, item.Plugin, item.Host}, item.Tags...), "\n"))
	return strings.Contains(text, strings.ToLower(in.Query))
}

// sortKey returns what a source is sorted by, as text that sorts like it.
func sortKey(item *Source, by string) string {
	switch by {
	case "name":
		return strings.ToLower(item.Name)
	case "status":
		return string(rune('0' + badness(item.Status.Status)))
	case "plugin":
		return item.Plugin
	case "host":
		return item.Host
	case "updated":
		return item.Updated.UTC().Format("2006-01-02T15:04:05.000")
	default:
		return ""
	}
}

// badness says how much a status asks for somebody to look.
func badness(status inventory.Status) int {
	return slices.Index([]inventory.Status{inventory.Healthy, inventory.Paused, inventory.Unknown, inventory.Degraded, inventory.Failing}, status)
}

// position is where a page ends, for people to hand back.
func (l listed) position() string {
	return base64.RawURLEncoding.EncodeToString([]byte(l.key + "\x00" + l.item.ID))
}

func positionOf(cursor string) (listed, error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	key, id, ok := strings.Cut(string(text), "\x00")
	if cursor != "" && (err != nil || !ok) {
		return listed{}, fault.New(fault.Config, "the cursor %q is none of ours", cursor).WithHint("leave it out to begin at the first source")
	}
	return listed{key: key, item: &Source{ID: id}}, nil
}
