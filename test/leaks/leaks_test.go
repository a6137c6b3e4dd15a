package leaks_test

import (
	"testing"
	"time"

	"github.com/unity-homelab/unity/test/leaks"
)

func TestMain(m *testing.M) { leaks.Check(m) }

// It fails by what TestMain says when the tests are over.
func TestAGoroutineThatEndsALittleLaterIsNotLeftBehind(t *testing.T) {
	t.Parallel()
	const later = time.Second // goleak by itself waits for half of it
	late := make(chan struct{})
	time.AfterFunc(later, func() { close(late) })
	go func() { <-late }()
}
