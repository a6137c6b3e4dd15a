package graph_test

import (
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/test/graph"
)

func TestEveryLineRunsFromTheBeginningToTheEndWithinThePicture(t *testing.T) {
	t.Parallel()
	picture := graph.Draw([]time.Duration{0, 3 * time.Minute, 6 * time.Minute},
		graph.Line{Name: "memory", Values: []float64{0, 40e6, 20e6}}, graph.Line{Name: "heap", Values: []float64{20e6, 20e6, 20e6}})
	for _, part := range []string{
		`points="60.0,260.0 400.0,100.0 740.0,180.0 "/>`, `points="60.0,180.0 400.0,180.0 740.0,180.0 "/>`,
		">memory</text>", ">heap</text>", ">60 MB</text>", ">0 min</text>", ">6 min</text>",
	} {
		if !strings.Contains(picture, part) {
			t.Errorf("the picture lacks %s:\n%s", part, picture)
		}
	}
}
