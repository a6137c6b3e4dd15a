package plugin_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func TestColumnsAreOfTheKindTheyAreCalled(t *testing.T) {
	t.Parallel()
	for kind, column := range map[plugin.ColumnKind]func(key, title string) plugin.Column{
		plugin.CellText:     plugin.TextColumn,
		plugin.CellCode:     plugin.CodeColumn,
		plugin.CellTime:     plugin.TimeColumn,
		plugin.CellDuration: plugin.DurationColumn,
		plugin.CellFlag:     plugin.FlagColumn,
		plugin.CellStatus:   plugin.StatusColumn,
		plugin.CellList:     plugin.ListColumn,
	} {
		want := plugin.Column{Key: "key", Title: "Title", Kind: kind}
		if diff := cmp.Diff(want, column("key", "Title")); diff != "" {
			t.Errorf("%s:\n%s", kind, diff)
		}
	}
	want := plugin.Column{Key: "size", Title: "Size", Kind: plugin.CellNumber, Unit: metric.Bytes}
	if diff := cmp.Diff(want, plugin.NumberColumn("size", "Size", metric.Bytes)); diff != "" {
		t.Error(diff)
	}
}

func TestAColumnSaysHowGoodItsWordsAre(t *testing.T) {
	t.Parallel()
	levels := plugin.Levels{OK: []string{"bound"}, Warning: []string{"released", "pending"}, Critical: []string{"lost"}}
	want := plugin.Column{Key: "state", Title: "State", Kind: plugin.CellStatus, Levels: levels}
	if diff := cmp.Diff(want, plugin.StatusColumn("state", "State").With(levels)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"bound", "released", "pending", "lost"}, levels.Words()); diff != "" {
		t.Error(diff)
	}
}
