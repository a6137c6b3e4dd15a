package sqlite_test

import (
	"testing"

	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
)

func TestWhatIsWrittenAtOnce(t *testing.T) {
	t.Parallel()
	storetest.RunDirect(t, func(t *testing.T) storetest.Opener {
		t.Helper()
		return opener(t.TempDir())
	})
}
