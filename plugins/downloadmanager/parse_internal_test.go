package downloadmanager

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
)

func TestNumbersAreReadHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]number{
		`5`: {5, true}, `"5.5"`: {5.5, true}, `"1,250.00"`: {1250, true}, `-1`: {-1, true}, `"-"`: {}, `""`: {}, `null`: {}, `"N/A"`: {}, `true`: {}, `"NaN"`: {},
	} {
		var got number
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s is %v (%v), want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]float64{"0:01:00": 60, "10:00:05": 36005, "1:00:00:00": 86400} {
		if got, ok := timeLeft(text); !ok || got != want {
			t.Errorf("%s is %v (%v), want %v", text, got, ok, want)
		}
	}
	for text, want := range map[string]float64{"12.5 G": 12.5 * (1 << 30), "3 M": 3 << 20, "5": 5, "7 KB": 7 << 10} {
		if got, ok := size(text); !ok || got != want {
			t.Errorf("%s is %v (%v), want %v", text, got, ok, want)
		}
	}
	if got := (halves{number{4294967295, true}, number{4294967295, true}}).whole(); got.known {
		t.Errorf("two full halves are %v, and mean that it is not known", got.value)
	}
	if got := hostOf("https://user:pass@tracker.example:443/announce?passkey=secret"); got != "tracker.example" {
		t.Errorf("the host of a tracker is %q", got)
	}
}

func TestARefusedLoginWaitsLongerEachTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	no := fault.New(fault.Auth, "no")
	g := new(gate)
	for _, wait := range []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour, 6 * time.Hour} {
		_ = g.refused("wrong", now, no)
		if g.shut("wrong", now.Add(wait-time.Second)) == nil {
			t.Errorf("after less than %v it is tried again", wait)
		}
		if err := g.shut("wrong", now.Add(wait)); err != nil {
			t.Errorf("after %v it is not tried again: %v", wait, err)
		}
		if g.shut("another", now) != nil {
			t.Error("another password is not tried")
		}
		now = now.Add(wait)
	}
	_ = g.refused("another", now, no)
	if g.shut("another", now.Add(15*time.Minute)) != nil {
		t.Error("another password has to wait for the sins of the first")
	}
	g.accepted()
	if g.shut("another", now) != nil {
		t.Error("what was accepted has to wait")
	}
}

func FuzzSnaked(f *testing.F) {
	f.Add(`{"percentDone":1,"download-dir":"/a-B","x\"Y":{"isStalled":true},"list":["aB-c"]}`)
	f.Add(`{"a`)
	f.Add(`"\`)
	f.Fuzz(func(t *testing.T, text string) {
		out := snaked([]byte(text))
		if json.Valid([]byte(text)) && !strings.Contains(text, `\`) && !json.Valid(out) {
			t.Errorf("%q became %q", text, out)
		}
		if !bytes.ContainsAny([]byte(text), `"`) && string(out) != text {
			t.Errorf("%q without names became %q", text, out)
		}
	})
}

func FuzzTake(f *testing.F) {
	f.Add(`{"rid":1,"full_update":true,"server_state":{"dl_info_speed":1},"torrents":{"a":{"name":"x","state":"error"}}}`, `{"rid":2,"torrents":{"a":{"progress":1}},"torrents_removed":["b"]}`)
	f.Add(`{"full_update":true}`, `{"rid":1e300,"torrents":{"a":null}}`)
	f.Fuzz(func(_ *testing.T, first, second string) {
		d := new(qbittorrentDriver)
		for _, text := range []string{first, second} {
			var change qbittorrentChange
			if json.Unmarshal([]byte(text), &change) != nil {
				return
			}
			if d.take(change) == nil {
				_ = d.reading()
			}
		}
	})
}
