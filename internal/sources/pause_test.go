package sources_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/sources"
)

func TestAPausedSourceWakesByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, w := setup(t)
		create(t, s, sources.Draft{Plugin: "probe_monitor", ID: "nas", Enabled: true})
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go func() { _ = s.Run(ctx) }()

		until := time.Now().Add(90 * time.Minute)
		paused, err := s.Pause(t.Context(), "nas", until)
		if err != nil || paused.Enabled || !s.PausedUntil("nas").Equal(until) {
			t.Fatalf("paused: %+v until %v, %v", paused, s.PausedUntil("nas"), err)
		}
		time.Sleep(89 * time.Minute)
		synctest.Wait()
		if source, _ := s.Get("nas"); source.Enabled {
			t.Error("it woke too early")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if source, _ := s.Get("nas"); !source.Enabled || !s.PausedUntil("nas").IsZero() || len(w.notes) > 0 {
			t.Errorf("it did not wake: %+v, %v", source, w.notes)
		}
		want := []string{"source_created nas", "source_disabled nas", "source_enabled nas"}
		if diff := cmp.Diff(want, w.events); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func TestAPauseSurvivesARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, w := setup(t)
		for _, id := range []string{"nas", "web"} {
			create(t, s, sources.Draft{Plugin: "probe_monitor", ID: inventory.SourceID(id), Enabled: true})
		}
		if _, err := s.Pause(t.Context(), "nas", time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		w.notes["web"] = time.Now().Add(time.Hour).Format(time.RFC3339Nano) // it ended before it disabled the source
		w.notes["gone"] = "nonsense"
		time.Sleep(2 * time.Hour) // Unity is away meanwhile

		again := w.service()
		if err := again.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(w.notes) != 1 || again.PausedUntil("nas").IsZero() || !again.PausedUntil("web").IsZero() {
			t.Errorf("recalled %v", w.notes)
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go func() { _ = again.Run(ctx) }()
		synctest.Wait()
		if source, _ := again.Get("nas"); !source.Enabled || len(w.notes) > 0 {
			t.Errorf("it did not wake: %+v, %v", source, w.notes)
		}
	})
}

func TestEnablingOrDeletingEndsAPause(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, s *sources.Service) error{
		"enabling": func(t *testing.T, s *sources.Service) error {
			t.Helper()
			on := true
			_, err := s.Update(t.Context(), "nas", sources.Change{Enabled: &on})
			return err
		},
		"disabling": func(t *testing.T, s *sources.Service) error {
			t.Helper()
			off := false
			_, err := s.Update(t.Context(), "nas", sources.Change{Enabled: &off})
			return err
		},
		"deleting": func(t *testing.T, s *sources.Service) error { t.Helper(); return s.Delete(t.Context(), "nas") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, w := setup(t)
			create(t, s, sources.Draft{Plugin: "probe_monitor", ID: "nas", Enabled: true})
			if _, err := s.Pause(t.Context(), "nas", time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if err := end(t, s); err != nil {
				t.Fatal(err)
			}
			if !s.PausedUntil("nas").IsZero() || len(w.notes) > 0 {
				t.Errorf("the pause goes on: %v", w.notes)
			}
		})
	}
}

func TestAPauseEndsInTheFuture(t *testing.T) {
	t.Parallel()
	s, w := setup(t)
	create(t, s, sources.Draft{Plugin: "probe_monitor", ID: "nas", Enabled: true})
	for _, until := range []time.Time{{}, time.Now().Add(-time.Second), time.Now().AddDate(2, 0, 0)} {
		if _, err := s.Pause(t.Context(), "nas", until); fault.Of(err) != fault.Config {
			t.Errorf("paused until %v: %v", until, err)
		}
	}
	if _, err := s.Pause(t.Context(), "none", time.Now().Add(time.Hour)); fault.Of(err) != fault.NotFound {
		t.Errorf("paused what is not there: %v", err)
	}
	if len(w.notes) > 0 {
		t.Errorf("kept %v", w.notes)
	}
}

func TestACopyHasTheSecretsOfItsModel(t *testing.T) {
	t.Parallel()
	s, w := setup(t)
	create(t, s, sources.Draft{Plugin: "probe_monitor", ID: "nas", Name: "NAS", Tags: []string{"home"}, Config: []byte(`{"token":"geheim","text":"ab","size":1,"url":""}`)})
	copied, err := s.Duplicate(t.Context(), "nas", sources.Draft{})
	if err != nil {
		t.Fatal(err)
	}
	stored := w.stored[copied.ID]
	if copied.ID != "probe_monitor" || stored.Name != "Copy of NAS" || stored.Enabled || string(stored.Config) != string(w.stored["nas"].Config) {
		t.Errorf("the copy is %+v", stored)
	}
	long := strings.Repeat("é", 100)
	create(t, s, sources.Draft{Plugin: "probe_monitor", ID: "long", Name: long, Config: []byte(`{"token":"geheim","text":"ab","size":1,"url":""}`)})
	if copied, err = s.Duplicate(t.Context(), "long", sources.Draft{}); err != nil || copied.Name != "Copy of "+long[:2*92] {
		t.Errorf("the copy of a long name is %q, %v", copied.Name, err)
	}
	if _, err := s.Duplicate(t.Context(), "none", sources.Draft{}); fault.Of(err) != fault.NotFound {
		t.Errorf("a copy of nothing: %v", err)
	}
}
