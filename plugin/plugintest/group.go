package plugintest

import (
	"os/user"
	"strconv"
	"testing"
)

// Group is the number of a group that the machine has, for the groups of a
// [Sandbox].
func Group(tb testing.TB, name string) uint32 {
	tb.Helper()
	group, err := user.LookupGroup(name)
	if err != nil {
		Skip(tb, "needs the group %s", name)
	}
	number, err := strconv.ParseUint(group.Gid, 10, 32)
	if err != nil {
		tb.Fatalf("the group %s has the number %s", name, group.Gid)
	}
	return uint32(number)
}
