package gitserver

import (
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// FuzzLists reads whatever servers may list.
func FuzzLists(f *testing.F) {
	f.Add(`[{"full_name": "me/site", "size": 1, "mirror": true, "mirror_updated": "2026-03-01T00:00:00Z"}]`)
	f.Add(`[{"path_with_namespace": "home/site", "visibility": "odd", "statistics": {"repository_size": "5"}}]`)
	f.Fuzz(func(t *testing.T, text string) {
		s := newSight(kindGitea, text)
		s.now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		var listed []giteaRepository
		if decode(strings.NewReader(text), &listed, "x") == nil {
			for _, g := range listed {
				s.Repositories = append(s.Repositories, g.repository())
			}
		}
		var projects []gitlabProject
		if decode(strings.NewReader(text), &projects, "x") == nil {
			for _, p := range projects {
				s.addProject(p)
			}
		}
		s.sumRepositories()
		s.judgeCI()
		batch := plugin.NewBatch(Plugin())
		s.emit(config{PerRepo: true}, batch)
		for _, problem := range batch.Problems() {
			t.Error(problem)
		}
	})
}
