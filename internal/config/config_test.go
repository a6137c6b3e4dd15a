package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/config"
)

func load(t *testing.T, yaml string, environ ...string) (config.Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "unity.yaml")
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(config.Input{File: file, Environ: environ})
}

func TestDefaultsAreValid(t *testing.T) {
	t.Parallel()
	got, err := load(t, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.Default(), got); diff != "" {
		t.Errorf("an empty file changes the defaults (-want +got):\n%s", diff)
	}
}

func TestLaterLayersWin(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "unity.yaml")
	yaml := "listen: 127.0.0.1:1\ndata: /from/file\nstorage:\n  raw_retention: 10d\n  sync_interval: 2s\n"
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := config.Load(config.Input{
		File:      file,
		Environ:   []string{"UNITY_DATA=/from/environment", "UNITY_STORAGE_SYNC_INTERVAL=3s", "DATABASE_URL=sqlite:///a.db", "PATH=/bin"},
		Overrides: map[string]any{"listen": "127.0.0.1:2"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.Listen, want.Data = "127.0.0.1:2", "/from/environment"
	want.Storage.RawRetention = config.Duration(240 * time.Hour)
	want.Storage.SyncInterval = config.Duration(3 * time.Second)
	want.Database.URL = "sqlite:///a.db"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestEveryProblemIsNamedWithItsPath(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		yaml    string
		environ []string
		want    []string
	}{
		"unknown keys": {
			yaml: "listne: x\nstorage:\n  keep: 3d\nraw_retention: 3d\n",
			want: []string{"listne: no such setting; did you mean listen?", "raw_retention: no such setting; did you mean storage.raw_retention?", "storage.keep: no such setting"},
		},
		"wrong types": {
			yaml: "storage:\n  sync_interval: soon\nschedule:\n  concurrency: many\n",
			want: []string{`storage.sync_interval: "soon" is not a duration`, "schedule.concurrency: "},
		},
		"values out of bounds": {
			yaml: "data: ''\nlisten: nowhere\nlog:\n  level: loud\n  format: xml\nschedule:\n  per_host: 0\n",
			want: []string{"data: is empty", "listen: \"nowhere\" is not HOST:PORT", "log.level: must be", "log.format: must be", "schedule.per_host: must be"},
		},
		"a database that is not supported": {
			yaml: "database:\n  url: oracle://unity@db/unity\n",
			want: []string{`database.url: "oracle" is not supported`},
		},
		"who may come in, and how": {
			yaml: "hosts: ['https://unity.example.org', '', '.example.org']\ntls:\n  certificate: a.pem\nauth:\n" +
				"  trusted_proxies: [10.0.0.0/8, nas]\n  proxy_user_header: 'Remote User'\n  session_idle: 1s\n",
			want: []string{
				"hosts: \"https://unity.example.org\" is not the name of a host", "hosts: \"\" is not", "tls.key: certificate and key",
				"auth.trusted_proxies: \"nas\" is not an address", "auth.proxy_user_header: is not the name", "auth.session_idle: 1s is not between",
			},
		},
		"a user header of anybody": {
			yaml: "auth:\n  proxy_user_header: Remote-User\n",
			want: []string{"auth.proxy_user_header: needs auth.trusted_proxies"},
		},
		"another cache": {
			yaml: "cache:\n  redis_url: memcached://h/\n",
			want: []string{"cache.redis_url: is not the address of a Redis"},
		},
		"a server without a database": {
			yaml: "database:\n  url: postgres://unity:hunter2@db/\n",
			want: []string{"database.url: names no database"},
		},
		"a password with a stray percent": {
			yaml: "database:\n  url: mysql://unity:100%sure@db/unity\n",
			want: []string{"database.url: is not a URL"},
		},
		"environment variables": {
			environ: []string{"UNITY_LISTNE=x"},
			want:    []string{"UNITY_LISTNE: no setting"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, test.yaml, test.environ...)
			if fault.Of(err) != fault.Config {
				t.Fatalf("kind %q of %v, want config", fault.Of(err), err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the problems do not name %q:\n%v", want, err)
				}
			}
		})
	}
}

func TestDatabasePath(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"":                               "./data/unity.db",
		"sqlite:///var/lib/unity/u.db":   "/var/lib/unity/u.db",
		"sqlite:///./elsewhere/unity.db": "elsewhere/unity.db",
		"postgres://unity@db/unity":      "",
	} {
		c := config.Default()
		c.Database.URL = address
		if got := c.DatabasePath(); got != want {
			t.Errorf("database path of %q: %q, want %q", address, got, want)
		}
	}
}

func TestWhatIsShownOfADatabaseHasNoPassword(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"":                                 "./data/unity.db",
		"sqlite:///var/lib/unity/u.db":     "/var/lib/unity/u.db",
		"postgres://unity:hunter2@db/u":    "postgres://unity:xxxxx@db/u",
		"mariadb://unity:hunter2@db:3307/": "mariadb://unity:xxxxx@db:3307/",
	} {
		c := config.Default()
		c.Database.URL = address
		if got := c.DatabaseName(); got != want {
			t.Errorf("of %q is shown %q, want %q", address, got, want)
		}
	}
}

func TestTheURLOfADatabaseNamesTheSameOne(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "sqlite:///var/lib/unity/u.db", "sqlite:///./elsewhere/unity.db", "mysql://u@db/unity"} {
		c, named := config.Default(), config.Default()
		c.Database.URL = address
		named.Database.URL = c.DatabaseURL()
		if named.DatabasePath() != c.DatabasePath() || named.DatabaseName() != c.DatabaseName() {
			t.Errorf("%q became %q", address, named.Database.URL)
		}
	}
}

func TestListsAreGivenInTheEnvironmentWithCommas(t *testing.T) {
	t.Parallel()
	got, err := load(t, "hosts: [a.example]", "UNITY_AUTH_TRUSTED_PROXIES=127.0.0.1,10.0.0.0/8", "UNITY_HOSTS=b.example,.c.example")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b.example", ".c.example"}, got.Hosts); diff != "" {
		t.Errorf("hosts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("[127.0.0.1/32 10.0.0.0/8]", fmt.Sprint(got.Auth.TrustedPrefixes())); diff != "" {
		t.Errorf("proxies (-want +got):\n%s", diff)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("listen: 127.0.0.1:1\n")
	f.Add("storage:\n  raw_retention: 30d\n")
	f.Add("a: [\n")
	f.Add("data: {a: b}\n")
	f.Fuzz(func(t *testing.T, yaml string) {
		got, err := load(t, yaml)
		if err == nil && got.Validate() != nil {
			t.Errorf("loaded settings are not valid: %v", got.Validate())
		}
	})
}
