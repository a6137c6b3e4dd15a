package bitwarden

import (
	"encoding/json"
	"testing"
	"time"
)

func TestTimesOfVaultwarden(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-01-02 03:04:05 UTC": "2026-01-02T03:04:05Z", "2026-01-02 03:04:05 CEST": "2026-01-02T03:04:05Z", "2026-01-02 03:04:05 +0100": "2026-01-02T03:04:05Z",
		"2026-01-02 03:04:05": "2026-01-02T03:04:05Z", "": "", "Never": "", "02.01.2026 03:04:05 UTC": "",
	} {
		got := ""
		if at, known := moment(text); known {
			got = at.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestWhatCanBeReadOnTheWay(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"http://vault.lan": true, "http://192.168.1.2:8080": true, "https://vault.lan": false, "http://localhost:8080": false, "http://127.0.0.1": false, "http://[::1]:80": false, "": false, ":": false,
	} {
		if got := insecure(address); got != want {
			t.Errorf("%q can be read: %t", address, got)
		}
	}
}

func FuzzUsers(f *testing.F) {
	for _, seed := range []string{
		`[{"_status": 0, "userEnabled": true, "twoFactorEnabled": false, "createdAt": "2024-05-01 08:00:00 UTC", "lastActive": null}]`,
		`[{"_Status": 1, "TwoFactorEnabled": true}, {"UserEnabled": false, "LastActive": "2026-01-02 03:04:05 UTC"}]`, `[{"lastActive": 7}, {}]`,
	} {
		f.Add([]byte(seed))
	}
	c := &collector{config: defaults()}
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var all []user
		if json.Unmarshal(raw, &all) != nil {
			return
		}
		u, inactive := new(users), 0
		for _, one := range all {
			if u.count(one) && c.inactive(one, now) {
				inactive++
			}
		}
		if u.Total != len(all) || u.Enabled+u.Disabled+u.Invited != u.Total || u.Single > u.Enabled || inactive > u.Enabled {
			t.Errorf("of %d users %d are inactive, and %+v", len(all), inactive, u)
		}
	})
}
