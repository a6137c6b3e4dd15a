package follow

import (
	"testing"

	"github.com/unity-homelab/unity/plugin"
)

func FuzzEntries(f *testing.F) {
	for _, line := range []string{
		`{"__CURSOR":"s=a;i=2","__REALTIME_TIMESTAMP":"1772366400000000","PRIORITY":"3","MESSAGE":"backup failed","_PID":"42"}` + "\n",
		`{"__CURSOR":"s=a;i=3","__REALTIME_TIMESTAMP":"1","MESSAGE":[98,97,100,255],"SYSLOG_IDENTIFIER":["a","b"],"PRIORITY":null}`,
		`{"__CURSOR":"s=a;i=4","__REALTIME_TIMESTAMP":"-1","MESSAGE":[[1],[2]]}`,
		`{"MESSAGE":"no cursor"}`,
	} {
		f.Add([]byte(line), true)
		f.Add([]byte(line), false)
	}
	f.Fuzz(func(t *testing.T, text []byte, truncated bool) {
		place, told := Cursor{}, 0
		err := tellEntries(plugin.Output{Stdout: text, Truncated: truncated}, &place, func(e Entry) {
			told++
			if e.Priority < -1 || e.Priority > 7 {
				t.Errorf("the priority is %d", e.Priority)
			}
		})
		if err == nil && (told > 0) != (place.Cursor != "") {
			t.Errorf("%d entries were told, and the place is %q", told, place.Cursor)
		}
	})
}
