package postgres_test

import (
	"testing"

	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
	"github.com/unity-homelab/unity/test/servers"
)

func TestWhatIsWrittenAtOnce(t *testing.T) {
	t.Parallel()
	storetest.RunDirect(t, func(t *testing.T) storetest.Opener {
		t.Helper()
		return opener(servers.Database(t, servers.PostgreSQL()), t.TempDir())
	})
}
