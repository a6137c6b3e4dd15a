package homelab

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/test/program"
	"github.com/unity-homelab/unity/test/servers"
)

// peer is something real on this machine for a source to watch.
type peer struct {
	name  string
	start func(tb testing.TB, unity *program.Program) plugintest.Settings
}

// peers are the real things, by plugin. A plugin without one watches the machine
// itself, or else what its own cases answer.
func peers() map[string]peer {
	return map[string]peer{
		"postgres_monitor": {"PostgreSQL", postgres},
		"mysql_monitor":    {"MariaDB", mariadb},
		"redis_monitor":    {"Redis", redis},
		"influxdb_monitor": {"InfluxDB", at(servers.InfluxDB, "url")},
		"mongodb_monitor":  {"FerretDB", at(servers.FerretDB, "url")},
		"sqlite_monitor":   {"Unity's own database", ownDatabase},

		"web_service_monitor":      {"Unity itself", ownHealth},
		"certificate_monitor":      {"a server with TLS", encrypted},
		"reverse_proxy_monitor":    {"HAProxy", haproxy},
		"dns_monitor":              {"Unbound", unbound},
		"network_switch_monitor":   {"snmpd", snmpd},
		"ups_monitor":              {"NUT", nut},
		"log_monitor":              {"a file that grows", growing},
		"backup_monitor":           {"a repository of restic", restic},
		"syncthing_monitor":        {"Syncthing", syncthing},
		"download_manager_monitor": {"Transmission", transmission},
		"email_server_monitor":     {"Postfix", postfix},
		"game_server_monitor":      {"OpenArena", openArena},
		"vpn_monitor":              {"OpenVPN", openVPN},
		"home_assistant_monitor":   {"its case, and a WebSocket", homeAssistant},
	}
}

// at is a server that needs no more than its address.
func at(engine func() servers.Engine, key string) func(testing.TB, *program.Program) plugintest.Settings {
	return func(tb testing.TB, _ *program.Program) plugintest.Settings {
		tb.Helper()
		return plugintest.Settings{key: servers.Start(tb, engine()).URL()}
	}
}

func postgres(tb testing.TB, _ *program.Program) plugintest.Settings {
	tb.Helper()
	return plugintest.Settings{"dsn": servers.Start(tb, servers.PostgreSQL(), "fsync = off").URL()}
}

func mariadb(tb testing.TB, _ *program.Program) plugintest.Settings {
	tb.Helper()
	address := addressOf(tb, servers.Start(tb, servers.MariaDB(), "innodb_flush_log_at_trx_commit = 0", "innodb_buffer_pool_size = 32M"))
	password, _ := address.User.Password()
	return plugintest.Settings{
		"host": address.Hostname(), "port": portOf(tb, address), "username": address.User.Username(), "password": password,
	}
}

func redis(tb testing.TB, _ *program.Program) plugintest.Settings {
	tb.Helper()
	return plugintest.Settings{"url": servers.Start(tb, servers.Redis()).URL()}
}

func ownDatabase(_ testing.TB, unity *program.Program) plugintest.Settings {
	return plugintest.Settings{"database_paths": []string{filepath.Join(unity.Data, "*.db")}}
}

func ownHealth(_ testing.TB, unity *program.Program) plugintest.Settings {
	return plugintest.Settings{"url": unity.URL + "/health"}
}

func encrypted(tb testing.TB, _ *program.Program) plugintest.Settings {
	tb.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo) // whoever knocks without TLS
	server.StartTLS()
	tb.Cleanup(server.Close)
	return plugintest.Settings{"target": server.URL}
}

func haproxy(tb testing.TB, unity *program.Program) plugintest.Settings {
	tb.Helper()
	server := servers.Start(tb, servers.HAProxy(),
		"global", "  stats socket {{home}}/admin.sock mode 660 level user", "  maxconn 400",
		"defaults", "  mode http", "  timeout connect 1s", "  timeout client 10s", "  timeout server 10s",
		"frontend web", "  bind 127.0.0.1:{{port}}", "  default_backend app",
		"backend app", "  option httpchk GET /health", "  server live "+strings.TrimPrefix(unity.URL, "http://")+" check")
	return plugintest.Settings{"url": "unix://" + filepath.Join(server.Folder(), "admin.sock")}
}

func unbound(tb testing.TB, _ *program.Program) plugintest.Settings {
	tb.Helper()
	server := servers.Start(tb, servers.Unbound(),
		"server:", "  port: {{port}}", "  interface: 127.0.0.1", `  chroot: ""`, `  username: ""`, "  directory: {{home}}", `  pidfile: ""`,
		"  use-syslog: no", `  logfile: ""`, "  extended-statistics: yes", "  local-zone: lab.test. static", `  local-data: "nas.lab.test. A 192.168.1.10"`,
		"remote-control:", "  control-enable: yes", "  control-interface: {{home}}/control.sock", "  control-use-cert: no")
	return plugintest.Settings{
		"type": "unbound", "control": filepath.Join(server.Folder(), "control.sock"), "server": addressOf(tb, server).Host,
		"probes": []plugintest.Settings{{"query": "nas.lab.test"}},
	}
}

func snmpd(tb testing.TB, _ *program.Program) plugintest.Settings {
	tb.Helper()
	server := servers.Start(tb, servers.SNMPD(), "rocommunity public 127.0.0.1", "sysName lab", "sysLocation cellar")
	return plugintest.Settings{"host": "127.0.0.1", "port": portOf(tb, addressOf(tb, server)), "interface_exclude": ""}
}

func nut(tb testing.TB, _ *program.Program) plugintest.Settings {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "rack.dev")
	rack := "battery.charge: 100\nbattery.runtime: 2346\nbattery.voltage: 27.3\ninput.voltage: 232.0\nups.load: 12\nups.status: OL CHRG\n"
	if err := os.WriteFile(file, []byte(rack), 0o600); err != nil {
		tb.Fatal(err)
	}
	server := servers.Start(tb, servers.NUT(), "pollinterval = 5", "[rack]", "driver = dummy-ups", "port = "+file, "mode = dummy-once", `desc = "The rack"`)
	return plugintest.Settings{"type": "nut", "host": addressOf(tb, server).Host}
}

// growing is a log to which a line is added every second.
func growing(tb testing.TB, _ *program.Program) plugintest.Settings {
	tb.Helper()
	name := filepath.Join(tb.TempDir(), "app.log")
	file, err := os.Create(name)
	if err != nil {
		tb.Fatal(err)
	}
	tick := time.NewTicker(time.Second)
	ended, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		for n := 0; ; n++ {
			level := "INFO"
			if n%20 == 0 {
				level = "ERROR"
			}
			_, _ = file.WriteString(time.Now().Format(time.RFC3339) + " " + level + " request " + strconv.Itoa(n) + " done in 12 ms\n")
			select {
			case <-tick.C:
			case <-ended:
				return
			}
		}
	}()
	tb.Cleanup(func() { tick.Stop(); close(ended); <-gone; _ = file.Close() })
	return plugintest.Settings{"paths": []string{name}, "start_at": "beginning"}
}

// restic is a repository with one backup, of this package.
func restic(tb testing.TB, _ *program.Program) plugintest.Settings {
	tb.Helper()
	if _, err := exec.LookPath("restic"); err != nil {
		plugintest.Skip(tb, "needs restic (apt-get install restic)")
	}
	repository := filepath.Join(tb.TempDir(), "repository")
	for _, words := range []string{"init", "backup --host nas ."} {
		command := exec.CommandContext(tb.Context(), "restic", append([]string{"-r", repository, "--no-cache"}, strings.Fields(words)...)...)
		command.Env = append(os.Environ(), "RESTIC_PASSWORD="+password)
		if said, err := command.CombinedOutput(); err != nil {
			tb.Fatalf("restic %s: %v\n%s", words, err, said)
		}
	}
	return plugintest.Settings{"type": "restic", "location": repository, "password": password}
}

func postfix(tb testing.TB, _ *program.Program) plugintest.Settings {
	tb.Helper()
	if os.Getuid() != 0 {
		plugintest.Skip(tb, "needs root: Postfix gives up rights")
	}
	server := servers.Start(tb, servers.Postfix(), "relayhost = [127.0.0.1]:9", "local_recipient_maps =")
	return plugintest.Settings{
		"endpoints": []any{plugintest.Settings{"protocol": "smtp", "host": "127.0.0.1", "port": portOf(tb, addressOf(tb, server))}}, "mta": "postfix",
		"postfix_config_dir": filepath.Join(server.Folder(), "etc"), "log_source": "file",
		"log_files": []string{filepath.Join(server.Folder(), "log")}, "dovecot": "none",
	}
}

func openArena(tb testing.TB, _ *program.Program) plugintest.Settings {
	tb.Helper()
	server := servers.Start(tb, servers.OpenArena(), "+set net_port {{port}}", "+set sv_hostname Unity")
	return plugintest.Settings{"protocol": "openarena", "host": addressOf(tb, server).Host}
}

// openVPN is a server and its only client, which writes its status every second.
// Both have the same certificate, that of the server with TLS.
func openVPN(tb testing.TB, _ *program.Program) plugintest.Settings {
	tb.Helper()
	if _, err := os.Stat("/dev/net/tun"); err != nil || os.Getuid() != 0 {
		plugintest.Skip(tb, "needs root and /dev/net/tun")
	}
	holder := httptest.NewTLSServer(nil)
	defer holder.Close()
	key, err := x509.MarshalPKCS8PrivateKey(holder.TLS.Certificates[0].PrivateKey)
	if err != nil {
		tb.Fatal(err)
	}
	raw := holder.Certificate().Raw
	digest := strings.ReplaceAll(fmt.Sprintf("% X", sha256.Sum256(raw)), " ", ":")
	identity := fmt.Sprintf("<cert>\n%s</cert>\n<key>\n%s</key>\n<peer-fingerprint>\n%s\n</peer-fingerprint>",
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), digest)
	server := servers.Start(tb, servers.OpenVPN(),
		"ip link set lo up", "cd {{home}}",
		"cat > server.conf <<'THE_END'",
		"dev tun\ntopology subnet\nserver 10.97.0.0 255.255.255.0\nproto udp\nlocal 127.0.0.1\nport 21194\ndh none\nkeepalive 1 5\nverb 3",
		"status {{home}}/status.log 1\nstatus-version 2", identity, "THE_END",
		"cat > client.conf <<'THE_END'",
		"client\ndev tun\nproto udp\nremote 127.0.0.1 21194\nnobind\nconnect-retry 1 1\nverb 1", identity, "THE_END",
		"setpriv --pdeathsig kill openvpn --config client.conf > client.log 2>&1 &",
		"exec openvpn --config server.conf",
	)
	return plugintest.Settings{"status_file": filepath.Join(server.Folder(), "status.log")}
}

// homeAssistant is the best case of the plugin, with the WebSocket that a case
// cannot play.
func homeAssistant(tb testing.TB, _ *program.Program) plugintest.Settings {
	tb.Helper()
	var settings struct {
		URL   string `json:"url"`
		Token string `json:"token"`
	}
	played := plugintest.Scenes(tb, filepath.Join("..", "..", "plugins", "homeassistant"))[0].Play(tb, tb.TempDir())
	if err := json.Unmarshal(played, &settings); err != nil {
		tb.Fatal(err)
	}
	address, err := url.Parse(settings.URL)
	if err != nil {
		tb.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", httputil.NewSingleHostReverseProxy(address))
	mux.HandleFunc("/api/websocket", converse)
	server := httptest.NewServer(mux)
	tb.Cleanup(server.Close)
	return plugintest.Settings{"url": server.URL, "token": settings.Token}
}

// converse is a WebSocket of Home Assistant, which lets everybody in.
func converse(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	answers := map[string]string{
		"repairs/list_issues":         `{"issues": []}`,
		"persistent_notification/get": `[]`,
		"recorder/info":               `{"backlog": 0, "migration_in_progress": false}`,
		"system_log/list":             `[]`,
		"backup/info":                 `{"backups": [], "state": "idle"}`,
	}
	said := `{"type": "auth_required", "ha_version": "2026.2.1"}`
	for conn.Write(r.Context(), websocket.MessageText, []byte(said)) == nil {
		var command struct {
			ID   int    `json:"id"`
			Type string `json:"type"`
		}
		_, raw, err := conn.Read(r.Context())
		if err != nil || json.Unmarshal(raw, &command) != nil {
			return
		}
		answer, known := answers[command.Type]
		switch {
		case command.Type == "auth":
			said = `{"type": "auth_ok", "ha_version": "2026.2.1"}`
		case known:
			said = fmt.Sprintf(`{"id": %d, "type": "result", "success": true, "result": %s}`, command.ID, answer)
		default:
			said = fmt.Sprintf(`{"id": %d, "type": "result", "success": false, "error": {"code": "unknown_command", "message": "Unknown command."}}`, command.ID)
		}
	}
}

func addressOf(tb testing.TB, server *servers.Server) *url.URL {
	tb.Helper()
	address, err := url.Parse(server.URL())
	if err != nil {
		tb.Fatal(err)
	}
	return address
}

func portOf(tb testing.TB, address *url.URL) int {
	tb.Helper()
	port, err := strconv.Atoi(address.Port())
	if err != nil {
		tb.Fatal(err)
	}
	return port
}
