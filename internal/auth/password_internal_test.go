package auth

import (
	"strings"
	"testing"
	"time"
)

func TestAPasswordIsHashedAgainWhenHashingCostsSomethingElse(t *testing.T) {
	t.Parallel()
	old := newHasher(cost{memory: 64, passes: 1, threads: 1})
	stored, err := old.hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	now := newHasher(cost{memory: 128, passes: 1, threads: 1})
	if right, stale, err := now.check(t.Context(), "correct horse battery", stored); !right || !stale || err != nil {
		t.Errorf("right %v, stale %v, %v; want both", right, stale, err)
	}
	if right, stale, err := old.check(t.Context(), "correct horse battery", stored); !right || stale || err != nil {
		t.Errorf("right %v, stale %v, %v; want right only", right, stale, err)
	}
	if right, stale, err := now.check(t.Context(), "wrong", stored); right || stale || err != nil {
		t.Errorf("a wrong password: right %v, stale %v, %v", right, stale, err)
	}
}

func TestWhoDoesNotExistIsCheckedLikeWhoDoes(t *testing.T) {
	t.Parallel()
	c, salt, key, ok := decode(newHasher(standardCost()).nobody)
	if !ok || c != standardCost() || len(salt) != saltBytes || len(key) != hashBytes {
		t.Errorf("nobody costs %+v with %d and %d bytes", c, len(salt), len(key))
	}
	h := newHasher(cost{memory: 64, passes: 1, threads: 1})
	for _, stored := range []string{"", "$argon2id$v=19$m=1,t=1,p=1$AAAA$AAAA", "plain"} {
		if right, _, err := h.check(t.Context(), "", stored); right || err != nil {
			t.Errorf("the empty password for %q: %v, %v", stored, right, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(standardCost(), make([]byte, saltBytes), make([]byte, hashBytes)))
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$$$$$")
	f.Fuzz(func(t *testing.T, stored string) {
		c, _, key, ok := decode(stored)
		if ok && (c.memory > maxMemory || c.passes > maxPasses || len(key) > 64 || !strings.HasPrefix(stored, "$argon2id$")) {
			t.Errorf("%q would cost %+v", stored, c)
		}
	})
}

func TestTheMemoryOfAttemptsIsBounded(t *testing.T) {
	t.Parallel()
	l := newLimiter(perAccount, perAccountEvery)
	now := testTime()
	for range perAccount {
		l.take("attacked", now)
	}
	for n := range 3 * maxWatched {
		now = now.Add(perAccountEvery / 1000)
		l.take(strings.Repeat("x", n%7)+string(rune(n)), now)
	}
	if len(l.left) > maxWatched {
		t.Errorf("%d are remembered, want %d at most", len(l.left), maxWatched)
	}
}

func testTime() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }

func TestNeighboursShareTheirAllowance(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.168.1.5": "192.168.1.5", "::ffff:192.168.1.5": "192.168.1.5", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"fe80::1%eth0": "fe80::/64", "socket": "socket",
	} {
		if got := neighbourhood(address); got != want {
			t.Errorf("%s is limited as %s, want %s", address, got, want)
		}
	}
}
