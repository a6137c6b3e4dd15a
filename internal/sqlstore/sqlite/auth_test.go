package sqlite_test

import (
	"testing"

	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
)

func TestAccounts(t *testing.T) {
	t.Parallel()
	storetest.RunAccounts(t, func(t *testing.T) storetest.Opener {
		t.Helper()
		return opener(t.TempDir())
	})
}
