package fault_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/unity-homelab/unity/test/program"
)

func TestVisitorsWhoLeaveWithoutAWordLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("counts files in /proc")
	}
	binary, err := program.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	unity := start(t, program.Options{Binary: binary, Data: filepath.Join(t.TempDir(), "data")})
	visit(t, unity) // what is opened once and kept
	before := openFiles(t, unity)
	for range 20 {
		visit(t, unity)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	after := openFiles(t, unity)
	for ; after > before+2; after = openFiles(t, unity) {
		select {
		case <-ctx.Done():
			t.Fatalf("%d files are open after 20 visits, %d were after the first", after, before)
		case <-time.After(100 * time.Millisecond):
		}
	}
	ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := unity.Stop(ctx); err != nil {
		t.Fatal(err)
	}
}

// visit opens live streams and pages and goes away: half of the streams are
// closed, the other half just end.
func visit(t *testing.T, unity *program.Program) {
	t.Helper()
	for n := range 10 {
		connection, response, err := websocket.Dial(t.Context(), strings.Replace(unity.URL, "http", "ws", 1)+"/api/v1/live",
			&websocket.DialOptions{HTTPClient: unity.Visitor()})
		if response != nil && response.Body != nil {
			defer response.Body.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		subscribe := `{"type":"subscribe","id":"1","sources":["*"],"topics":["metrics","run","status","event"]}`
		if err := connection.Write(t.Context(), websocket.MessageText, []byte(subscribe)); err != nil {
			t.Fatal(err)
		}
		if n%2 == 0 {
			err = connection.Close(websocket.StatusNormalClosure, "")
		} else {
			err = connection.CloseNow()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"/", "/api/v1/sources", "/api/v1/events", "/api/v1/no-such-thing"} {
		get(t, unity, path)
	}
}

// get asks and hangs up without reading the answer.
func get(t *testing.T, unity *program.Program, path string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, unity.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := unity.Visitor().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}

func openFiles(t *testing.T, unity *program.Program) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(unity.PID()), "fd"))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
