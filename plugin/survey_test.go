package plugin_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/plugin"
)

func TestASurveyTellsOfEachServerOnce(t *testing.T) {
	t.Parallel()
	places := []plugin.Place{{"", "socket"}, {"", "port"}, {"second", "other port"}, {"third", "nowhere"}}
	for name, c := range map[string]struct {
		answers map[string]bool
		want    []plugin.Finding
	}{
		"nothing is there":   {nil, nil},
		"at all ways":        {map[string]bool{"socket": true, "port": true, "other port": true}, []plugin.Finding{{Config: "socket"}, {Name: "second", Config: "other port"}}},
		"at the port only":   {map[string]bool{"port": true}, []plugin.Finding{{Config: "port"}}},
		"only one of a name": {map[string]bool{"other port": true}, []plugin.Finding{{Name: "second", Config: "other port"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := plugin.Survey(t.Context(), places, time.Minute, func(_ context.Context, address string) (plugin.Finding, bool) {
				return plugin.Finding{Config: address}, c.answers[address]
			})
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

func TestASurveyWaitsForEachPlaceOnlySoLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		silent := func(ctx context.Context, _ string) (plugin.Finding, bool) {
			<-ctx.Done()
			return plugin.Finding{}, false
		}
		found, err := plugin.Survey(t.Context(), []plugin.Place{{"", "a"}, {"b", "b"}}, 2*time.Second, silent)
		if took := time.Since(began); took != 4*time.Second || len(found) > 0 || err != nil {
			t.Errorf("it took %v: %v, %v", took, found, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := plugin.Survey(ctx, []plugin.Place{{"", "a"}}, time.Minute, silent); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("when time is over: %v", err)
		}
	})
}
