package proxmox_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/proxmox"
)

const (
	tokenID  = "monitor@pve!hub"
	secret   = "1f4b1d52-0000-4000-8000-0123456789ab"
	user     = "monitor@pve"
	password = "only-for-tests"
)

// cluster behaves as the interface of a node does: it takes a token in its own
// header or a ticket in a cookie, refuses in the status line, and wants no other
// method than GET for what it tells.
type cluster struct {
	plugintest.Guard

	guests   int
	secret   string
	tickets  map[string]bool
	logins   int
	refused  int
	message  bool   // a refusal is repeated in the answer, as since version 9
	hanging  string // a path that is not answered
	released chan struct{}
}

func newCluster(tb testing.TB, guests int) (*cluster, *httptest.Server) {
	tb.Helper()
	c := &cluster{guests: guests, secret: secret, tickets: make(map[string]bool), released: make(chan struct{})}
	server := httptest.NewTLSServer(c)
	tb.Cleanup(server.Close)
	tb.Cleanup(func() { close(c.released) })
	return c, server
}

// refuse answers with words in the status line, which net/http cannot.
func refuse(w http.ResponseWriter, status int, words, body string) {
	conn, out, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprintf(out, "HTTP/1.1 %d %s\r\nServer: pve-api-daemon/3.0\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, words, len(body), body)
	_ = out.Flush()
}

// ServeHTTP implements http.Handler.
func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.Lock()
	hanging := c.hanging != "" && strings.HasSuffix(r.URL.Path, c.hanging)
	c.Unlock()
	if hanging {
		select {
		case <-c.released:
		case <-r.Context().Done():
		}
		return
	}
	c.Lock()
	defer c.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/api2/json")
	w.Header().Set("Server", "pve-api-daemon/3.0")
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	if path == "/access/ticket" {
		c.logins++
		if r.Method != http.MethodPost || r.PostFormValue("username") != user || r.PostFormValue("password") != password {
			c.refused++
			refuse(w, http.StatusUnauthorized, "authentication failure", `{"data":null}`)
			return
		}
		ticket := fmt.Sprintf("PVE:%s:65A1%d::a+b/c==", user, c.logins)
		c.tickets[ticket] = true
		_, _ = fmt.Fprintf(w, `{"data":{"username":%q,"ticket":%q,"CSRFPreventionToken":"x","cap":{}}}`, user, ticket)
		return
	}
	if said := c.denies(r); said != "" {
		c.refused++
		body := `{"data":null}`
		if c.message {
			body = fmt.Sprintf(`{"data":null,"message":%q}`, said+"\n")
		}
		refuse(w, http.StatusUnauthorized, said, body)
		return
	}
	if r.Method != http.MethodGet {
		refuse(w, http.StatusNotImplemented, "Method '"+r.Method+" "+path+"' not implemented", `{"data":null}`)
		return
	}
	c.answer(w, path)
}

// denies is why a login is not taken, or nothing.
func (c *cluster) denies(r *http.Request) string {
	given := r.Header.Get("Authorization")
	id, value, _ := strings.Cut(strings.TrimPrefix(given, "PVEAPIToken="), "=")
	cookie, err := r.Cookie("PVEAuthCookie")
	switch {
	case strings.HasPrefix(given, "PVEAPIToken=") && id != tokenID:
		return "no such token '" + id + "' for user"
	case strings.HasPrefix(given, "PVEAPIToken=") && value != c.secret:
		return "invalid token value!"
	case strings.HasPrefix(given, "PVEAPIToken="):
		return ""
	case err != nil:
		return "No ticket"
	}
	ticket, err := url.QueryUnescape(cookie.Value)
	if err != nil || !c.tickets[ticket] {
		return "permission denied - invalid PVE ticket"
	}
	return ""
}

func (c *cluster) answer(w http.ResponseWriter, path string) {
	var text string
	switch {
	case path == "/version":
		text = `{"version":"8.4.1","release":"8.4"}`
	case path == "/cluster/status":
		text = `[{"type":"cluster","name":"home","quorate":1},{"type":"node","name":"pve1","online":1}]`
	case path == "/cluster/resources":
		text = c.resources()
	case path == "/nodes/pve1/status":
		text = `{"cpu":0.1,"uptime":1000,"memory":{"used":1,"total":2}}`
	case path == "/nodes/pve1/storage":
		text = `[{"storage":"local","type":"dir","active":1,"enabled":1}]`
	case path == "/cluster/ceph/status":
		refuse(w, http.StatusInternalServerError, "binary not installed: /usr/bin/ceph-mon", `{"data":null}`)
		return
	case path == "/nodes/pve1/apt/update":
		refuse(w, http.StatusForbidden, "Permission check failed (/nodes/pve1, Sys.Modify)", `{"data":null}`)
		return
	case strings.HasSuffix(path, "/config"):
		text = `{"onboot":1}`
	case strings.HasSuffix(path, "/snapshot"):
		text = `[{"name":"old","snaptime":1700000000},{"name":"current"}]`
	default:
		text = `[]`
	}
	_, _ = fmt.Fprintf(w, `{"data":%s}`, text)
}

// resources lists as many guests as there are, and a storage.
func (c *cluster) resources() string {
	var b strings.Builder
	b.WriteString(`[{"type":"node","node":"pve1","status":"online"},{"type":"storage","storage":"local","node":"pve1","status":"available","plugintype":"dir","content":"backup,iso","disk":10,"maxdisk":100}`)
	for i := range c.guests {
		fmt.Fprintf(&b, `,{"type":"qemu","vmid":%d,"name":"vm%d","node":"pve1","status":"running","cpu":0.1,"maxcpu":2,"mem":1000,"maxmem":2000,"disk":0,"maxdisk":3000,"diskread":1,"diskwrite":2,"netin":3,"netout":4,"uptime":5,"template":0}`, 100+i, i)
	}
	return b.String() + `]`
}

func settings(server *httptest.Server) plugintest.Settings {
	return plugintest.Settings{"url": server.URL, "verify_tls": false, "token_id": tokenID, "token_secret": secret}
}

func TestAHundredGuestsAreAskedInTurns(t *testing.T) {
	t.Parallel()
	p := proxmox.Plugin()
	_, server := newCluster(t, 100)
	c := plugintest.Live(t, p, settings(server).JSON(t))
	expected := func() (n int) {
		for key := range plugintest.Values(plugintest.CollectAll(t, p, c)) {
			if strings.HasPrefix(key, "proxmox_guest_expected{") {
				n++
			}
		}
		return n
	}
	for round := 1; round <= 5; round++ {
		if got := expected(); got != 20*round {
			t.Errorf("after %d runs it is known of %d guests whether they start with their node", round, got)
		}
	}
	values := plugintest.Values(plugintest.CollectAll(t, p, c))
	if n := len(values); n > 1900 || values[`proxmox_guests{node="pve1",status="running",type="qemu"}`] != 100 {
		t.Errorf("%d samples of %v guests", n, values[`proxmox_guests{node="pve1",status="running",type="qemu"}`])
	}
}

func TestARefusedTokenIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, message := range []bool{false, true} {
		p := proxmox.Plugin()
		v, server := newCluster(t, 1)
		v.message = message
		clock := plugintest.NewClock()
		c := clock.Open(t, p, settings(server).JSON(t))
		plugintest.CollectAll(t, p, c)
		v.Change(func() { v.secret = "another" })
		for range 3 {
			_, err := plugintest.Attempt(t, p, c, 20*time.Second)
			plugintest.WantFault(t, err, fault.Auth, "invalid token value!", "it is tried again at")
		}
		v.Change(func() {
			if v.refused != 1 {
				t.Errorf("a token that is not taken was sent %d times", v.refused)
			}
			v.secret = secret
		})
		clock.Move(16 * time.Minute)
		plugintest.CollectAll(t, p, c)
	}
}

func TestATicketIsKeptAndMadeAnew(t *testing.T) {
	t.Parallel()
	p := proxmox.Plugin()
	v, server := newCluster(t, 1)
	clock := plugintest.NewClock()
	with := plugintest.Settings{"url": server.URL, "verify_tls": false, "username": user, "password": password}
	c := clock.Open(t, p, with.JSON(t))
	logins := func(what string, want int) {
		t.Helper()
		plugintest.CollectAll(t, p, c)
		v.Change(func() {
			if v.logins != want {
				t.Errorf("%s: %d logins, want %d", what, v.logins, want)
			}
		})
	}
	logins("the first run", 1)
	logins("the second run", 1)
	clock.Move(61 * time.Minute)
	logins("after an hour", 2)
	v.Change(func() { clear(v.tickets) })
	logins("after the node forgot it", 3)

	wrong := plugintest.Live(t, p, with.With(plugintest.Settings{"password": "not-this-one"}).JSON(t))
	for range 2 {
		_, err := plugintest.Attempt(t, p, wrong, 20*time.Second)
		plugintest.WantFault(t, err, fault.Auth, "wrong user, realm or password", "it is tried again at")
	}
	v.Change(func() {
		if v.logins != 4 {
			t.Errorf("a wrong password was sent %d times", v.logins-3)
		}
	})
}

func TestAStorageThatHangsDoesNotStopTheRest(t *testing.T) {
	t.Parallel()
	p := proxmox.Plugin()
	v, server := newCluster(t, 2)
	c := plugintest.Live(t, p, settings(server).With(plugintest.Settings{"timeout": "2s"}).JSON(t))
	v.Change(func() { v.hanging = "/nodes/pve1/storage" })
	for range 2 { // the second run does not wait for it
		batch := plugintest.Collect(t, p, c)
		problems := batch.Problems()
		if len(problems) != 1 || fault.Of(problems[0]) != fault.Timeout || !strings.Contains(problems[0].Error(), "asking for the storages of pve1") {
			t.Errorf("problems: %v", problems)
		}
		values := plugintest.Values(batch)
		if values[`proxmox_guest_up{name="vm1",node="pve1",type="qemu",vmid="101"}`] != 1 || values[`proxmox_node_memory_total_bytes{node="pve1"}`] != 2 {
			t.Errorf("the rest is not there: %v", values)
		}
	}
}

func TestAnotherNodeAnswersForOneThatIsAway(t *testing.T) {
	t.Parallel()
	p := proxmox.Plugin()
	_, first := newCluster(t, 1)
	_, second := newCluster(t, 2)
	c := plugintest.Live(t, p, settings(first).With(plugintest.Settings{"extra_urls": []string{second.URL}}).JSON(t))
	guests := func() float64 {
		return plugintest.Values(plugintest.CollectAll(t, p, c))[`proxmox_guests{node="pve1",status="running",type="qemu"}`]
	}
	if n := guests(); n != 1 {
		t.Errorf("the first node tells %v guests", n)
	}
	first.Close()
	for range 2 {
		if n := guests(); n != 2 {
			t.Errorf("the second node tells %v guests", n)
		}
	}
	second.Close()
	_, err := plugintest.Attempt(t, p, c, 20*time.Second)
	plugintest.WantFault(t, err, fault.Refused, "connection refused", "")
}

func TestAStrangeCertificateIsShown(t *testing.T) {
	t.Parallel()
	p := proxmox.Plugin()
	_, server := newCluster(t, 1)
	_, err := plugintest.Attempt(t, p, plugintest.Live(t, p, settings(server).With(plugintest.Settings{"verify_tls": true}).JSON(t)), 20*time.Second)
	plugintest.WantFault(t, err, fault.TLS, "signed by nobody we trust", "the fingerprint of the one that it shows is ")
	_, fingerprint, _ := strings.Cut(fault.Hint(err), "it shows is ")
	pinned := settings(server).With(plugintest.Settings{"verify_tls": true, "tls_fingerprint": fingerprint})
	plugintest.CollectAll(t, p, plugintest.Live(t, p, pinned.JSON(t)))
}

func TestItIsFoundOnItsOwnHost(t *testing.T) {
	t.Parallel()
	p := proxmox.Plugin()
	_, server := newCluster(t, 1)
	host := plugintest.LiveHost(t, p)
	host.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != "127.0.0.1:8006" {
			t.Errorf("it asks %s", address)
		}
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	found, err := p.Detect(t.Context(), host)
	if err != nil || len(found) != 1 {
		t.Fatalf("found %v (%v)", found, err)
	}
	if f := found[0]; f.Ready || !strings.Contains(fmt.Sprint(f.Config), "tls_fingerprint") {
		t.Errorf("found %+v", f)
	}
}

func TestPartsThatAreNotAllowedAreNamed(t *testing.T) {
	t.Parallel()
	p := proxmox.Plugin()
	_, server := newCluster(t, 1)
	c := plugintest.Live(t, p, settings(server).With(plugintest.Settings{"collect_updates": true}).JSON(t))
	snapshot := plugintest.CollectAll(t, p, c).Snapshot()
	if want := []byte("the updates of pve1: Permission check failed (/nodes/pve1, Sys.Modify)"); !bytes.Contains(snapshot, want) {
		t.Errorf("not named: %s", snapshot)
	}
}

// TestTheStepsOfSetUpAreInTheReadme keeps the recipe that these tests are about.
func TestTheStepsOfSetUpAreInTheReadme(t *testing.T) {
	t.Parallel()
	plugintest.InReadme(t, "pveum acl modify / --tokens '"+tokenID+"' --roles PVEAuditor")
}

// BenchmarkCollect is one run on a stand-in with 100 guests.
func BenchmarkCollect(b *testing.B) {
	p := proxmox.Plugin()
	_, server := newCluster(b, 100)
	c := plugintest.Live(b, p, settings(server).JSON(b))
	for range 5 {
		plugintest.Collect(b, p, c) // each guest was asked in turn
	}
	plugintest.Benchmark(b, p, c)
}
