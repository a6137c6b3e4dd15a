package syncthing

import (
	"strings"
	"testing"
	"time"
)

func FuzzSettings(f *testing.F) {
	f.Add(`<configuration><gui tls="true"><address>127.0.0.1:8384</address><apikey>abc</apikey></gui></configuration>`)
	f.Add(`<configuration><gui tls="perhaps"><apikey>a
b</apikey></gui></configuration>`)
	f.Add(`<other/>`)
	f.Fuzz(func(t *testing.T, text string) {
		known, err := parseSettings([]byte(text), "config.xml")
		if err == nil && (known.key == "" || strings.ContainsAny(known.key, "\r\n")) {
			t.Errorf("%q is no key to put into a header", known.key)
		}
	})
}

func TestWhatIsYoungIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	for ago, want := range map[time.Duration]bool{
		0: true, 30 * time.Second: true, 53 * time.Second: true,
		54 * time.Second: false,                    // a run that comes a little early is in time
		time.Hour:        false, -time.Hour: false, // the clock was set back
	} {
		if got := young(now.Add(-ago), now, time.Minute); got != want {
			t.Errorf("%v ago: %v, want %v", ago, got, want)
		}
	}
	if young(time.Time{}, now, time.Minute) {
		t.Error("what was never asked for counts as young")
	}
}
