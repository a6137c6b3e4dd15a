package process

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/tools/txtar"
)

// seed adds every recorded file whose name matches.
func seed(f *testing.F, section string, more ...string) {
	f.Helper()
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		f.Fatalf("no cases: %v", err)
	}
	name := regexp.MustCompile(section)
	for _, file := range cases {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range txtar.Parse(data).Files {
			if name.MatchString(part.Name) {
				f.Add([]byte(strings.ReplaceAll(string(part.Data), "{{nul}}", "\x00")))
			}
		}
	}
	for _, text := range more {
		f.Add([]byte(text))
	}
}

func FuzzParseStat(f *testing.F) {
	seed(f, `file /proc/\d+/stat$`, "1 () S", "1 ) S 1(", "1 (x) S 99999999999999999999 -1 -1")
	f.Fuzz(func(t *testing.T, data []byte) {
		r, ok := parseStat(data, 4096)
		if !ok {
			return
		}
		if r.pid <= 0 || r.ppid < 0 || r.threads < 0 || r.state < running || r.state > conditions {
			t.Errorf("%+v", r)
		}
		if !utf8.ValidString(text(r.name)) {
			t.Errorf("the name %q is no text", r.name)
		}
	})
}

func FuzzParseFields(f *testing.F) {
	seed(f, `file /proc/\d+/(status|io|limits|smaps_rollup)$`, "Uid:", "Uid:\t1", "Max open files unlimited unlimited files")
	seed(f, `file /proc/(stat|uptime|loadavg|meminfo)$`)
	f.Fuzz(func(t *testing.T, data []byte) {
		effectiveUser(data)
		fieldNumber(data, "VmSwap")
		parseUptime(data)
		if n := parseTasks(data); n < 0 {
			t.Errorf("%d tasks", n)
		}
		if n := softFileLimit(data); n < 0 {
			t.Errorf("%v files allowed", n)
		}
	})
}

func FuzzPlaceOf(f *testing.F) {
	seed(f, `file /proc/\d+/cgroup$`, "0::/lxc/nas", "0::", "1:a:b:c", "0::/lxc.payload.x/system.slice/a.service")
	f.Fuzz(func(_ *testing.T, data []byte) { placeOf(data) })
}

func FuzzParsePasswd(f *testing.F) {
	seed(f, `file /etc/passwd$`, ":x:1:", "a:b")
	f.Fuzz(func(t *testing.T, data []byte) {
		for number, name := range parsePasswd(data) {
			if name == "" || !utf8.ValidString(name) {
				t.Errorf("user %s is %q", number, name)
			}
		}
	})
}

func FuzzCommandLine(f *testing.F) {
	seed(f, `file /proc/\d+/cmdline$`, "a\x00--token\x00b\x00\x00", "--password")
	redactor, err := newRedactor([]string{"x+"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if line := redactor.line(splitArgs(data)); !utf8.ValidString(line) || len(line) > maxLineBytes+len("…") {
			t.Errorf("%d bytes: %q", len(line), line)
		}
	})
}

func TestSecretsLeaveTheMachineNowhere(t *testing.T) {
	t.Parallel()
	redactor, err := newRedactor([]string{`(?i)customer-[0-9]+`})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want string
		args       []string
	}{
		{"nothing secret", "nginx -g daemon off;", []string{"nginx", "-g", "daemon off;"}},
		{"an option and its value", "db --password *** --port 1", []string{"db", "--password", "hunter2", "--port", "1"}},
		{"an option with a longer name", "x -db-api-key ***", []string{"x", "-db-api-key", "hunter2"}},
		{"an option with an equals sign", "x --auth-token=***", []string{"x", "--auth-token=hunter2 and more"}},
		{"an assignment", "env MYSQL_PASSWORD=*** mysqld", []string{"env", "MYSQL_PASSWORD=hunter2", "mysqld"}},
		{"an assignment in capitals", "APIKEY=***", []string{"APIKEY=hunter2"}},
		{"an assignment within a list", "--set db.password=***", []string{"--set", "db.password=hunter2"}},
		{"a shell's own line", "sh -c run --secret *** && curl --token=***", []string{"sh", "-c", "run --secret hunter2 && curl --token=hunter2"}},
		{"a shell's own line that begins with one", `sh -c PASSWD=***`, []string{"sh", "-c", `PASSWD="hunter2 hunter2" go`}},
		{"a login in an address", "curl https://***@nas/x", []string{"curl", "https://ada:hunter2@nas/x"}},
		{"a login in an address without password", "git clone ssh://***@nas/x", []string{"git", "clone", "ssh://git@nas/x"}},
		{"an address without login", "curl https://nas/x@y", []string{"curl", "https://nas/x@y"}},
		{"a header", "curl -H Authorization: ***", []string{"curl", "-H", "Authorization: Bearer hunter2"}},
		{"a setting in JSON", `x {"token": ***`, []string{"x", `{"token": "hunter2"}`}},
		{"what the config adds", "job ***", []string{"job", "Customer-4711"}},
		{"the last argument without a value", "x --password", []string{"x", "--password"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := redactor.line(c.args)
			if strings.Contains(got, "hunter2") || (got != c.want && got != c.want+"}") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestUnitsAndContainersAreReadFromControlGroups(t *testing.T) {
	t.Parallel()
	const id = "4f66ad0e1f4f2f5b8f9d9c1b7a6e5d4c3b2a1908f7e6d5c4b3a29180f1e2d3c4"
	for _, c := range []struct{ name, text, unit, container string }{
		{"a service", "0::/system.slice/nginx.service\n", "nginx.service", ""},
		{"a service with parts", "0::/system.slice/ssh.service/inner\n", "ssh.service", ""},
		{"a user's service", "0::/user.slice/user-1000.slice/user@1000.service/app.slice/sync.service\n", "sync.service", ""},
		{"a login", "0::/user.slice/user-1000.slice/session-4.scope\n", "session-4.scope", ""},
		{"docker under systemd", "0::/system.slice/docker-" + id + ".scope\n", "", id[:12]},
		{"docker by itself", "0::/docker/" + id + "\n", "", id[:12]},
		{"docker with the old kind", "12:pids:/docker/" + id + "\n11:memory:/docker/" + id + "\n0::/system.slice/containerd.service\n", "", id[:12]},
		{"podman", "0::/machine.slice/libpod-" + id + ".scope/container\n", "", id[:12]},
		{"kubernetes", "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + id + ".scope\n", "", id[:12]},
		{"LXC", "0::/lxc.payload.web/system.slice/nginx.service\n", "nginx.service", "web"},
		{"LXC of Proxmox", "0::/lxc/101/ns/system.slice/cron.service\n", "cron.service", "101"},
		{"the old kind with systemd", "1:name=systemd:/system.slice/cron.service\n0::/system.slice/cron.service\n", "cron.service", ""},
		{"nothing", "0::/\n", "", ""},
		{"nonsense", "x\n::\n", "", ""},
	} {
		if unit, container := placeOf([]byte(c.text)); unit != c.unit || container != c.container {
			t.Errorf("%s: unit %q and container %q, want %q and %q", c.name, unit, container, c.unit, c.container)
		}
	}
}
