package mysql

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
)

func TestAURLSaysWhereTheDatabaseIs(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]address{
		"mysql://unity:secret@nas/unity": {
			user: "unity", password: "secret", host: "nas:3306", name: "unity", tls: wanted,
		},
		"mariadb://unity@10.0.0.5:3307/home?tls=true": {
			user: "unity", host: "10.0.0.5:3307", name: "home", tls: checked,
		},
		"mysql://unity:p%40ss%23%2F@[::1]/unity": {
			user: "unity", password: "p@ss#/", host: "[::1]:3306", name: "unity", tls: plain,
		},
		"mysql://unity:x@localhost:3306/unity?tls=skip-verify": {
			user: "unity", password: "x", host: "localhost:3306", name: "unity", tls: unchecked,
		},
		"mysql://unity@nas/unity?ca=/etc/ca.pem": {
			user: "unity", host: "nas:3306", name: "unity", tls: checked, authority: "/etc/ca.pem",
		},
		"mysql://unity:x@/unity?socket=/run/mysqld/mysqld.sock": {
			user: "unity", password: "x", socket: "/run/mysqld/mysqld.sock", name: "unity", tls: plain,
		},
	} {
		t.Run(url, func(t *testing.T) {
			t.Parallel()
			got, err := parse(url)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(address{})); diff != "" {
				t.Errorf("the address differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAURLIsShownWithoutItsPassword(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"mysql://unity:secret@nas:3306/unity?tls=true":   "mysql://unity@nas:3306/unity",
		"mysql://unity:secret@/unity?socket=/run/m.sock": "mysql://unity@/unity?socket=%2Frun%2Fm.sock",
	} {
		a, err := parse(url)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.String(); got != want {
			t.Errorf("%s is shown as %s, want %s", url, got, want)
		}
	}
}

// wrongURLs are each wrong in one way, and have the same password.
func wrongURLs() map[string]string {
	return map[string]string{
		"":                                        "does not begin with mysql://",
		"postgres://unity:secret@nas/unity":       "does not begin with mysql://",
		"mysql://unity:secret@nas":                "names no database",
		"mysql://unity:secret@nas/":               "names no database",
		"mysql://unity:secret@nas/a/b":            `that cannot be: "a/b"`,
		"mysql://:secret@nas/unity":               "names no user",
		"mysql:///unity":                          "names no user",
		"mysql://unity:secret@/unity":             "names no host",
		"mysql://unity:secret@nas:0/unity":        "names a port",
		"mysql://unity:secret@nas:99999/unity":    "names a port",
		"mysql://unity:secret@nas:x/unity":        "cannot be read",
		"mysql://unity:secret@::/unity":           "without brackets",
		"mysql://unity:secret#@nas/unity":         "cannot be read",
		"mysql://unity:secret@nas/unity#x":        "has a # in it",
		"mysql://unity:sec%ret@nas/unity":         "cannot be read",
		"mysql://unity:secret@nas/unity?tls=yes":  "has tls=yes",
		"mysql://unity:secret@nas/unity?ssl=true": `a setting "ssl"`,
		"mysql://unity:secret@nas/unity?a=%zz":    "what follows the ?",
		"mysql://unity:secret@nas/unity?socket=x": "a host and a socket",

		"mysql://unity:secret@nas/unity?ca=x&tls=preferred":          "has ca, and tls=preferred",
		"mysql://unity:secret@nas/" + strings.Repeat("x", maxName+1): "that cannot be",
	}
}

func TestAWrongURLIsSaidWithoutItsPassword(t *testing.T) {
	t.Parallel()
	for url, want := range wrongURLs() {
		t.Run(url, func(t *testing.T) {
			t.Parallel()
			_, err := parse(url)
			if fault.Of(err) != fault.Config || !strings.Contains(err.Error(), want) || fault.Hint(err) == "" {
				t.Errorf("got %v (hint: %q), want a fault that says %q", err, fault.Hint(err), want)
			}
			if text := err.Error() + fault.Hint(err); strings.Contains(text, "secret") || strings.Contains(text, "sec%ret") {
				t.Errorf("the password is shown: %s", text)
			}
		})
	}
}

func TestACertificateThatCannotBeReadIsSaid(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, kind := range map[string]fault.Kind{empty: fault.Config, empty + ".gone": fault.NotFound} {
		a, err := parse("mysql://unity:secret@nas/unity?ca=" + path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.config(); fault.Of(err) != kind || fault.Hint(err) == "" {
			t.Errorf("got %v (hint: %q), want a fault of kind %s", err, fault.Hint(err), kind)
		}
	}
}

func FuzzAnyTextIsAnAddressOrAFault(f *testing.F) {
	for url := range wrongURLs() {
		f.Add(url)
	}
	f.Add("mysql://unity:p%40ss@[::1]:3307/unity?tls=true&ca=x")
	f.Fuzz(func(t *testing.T, url string) {
		a, err := parse(url)
		if err != nil {
			if fault.Of(err) != fault.Config {
				t.Errorf("got %v, want a fault of kind config", err)
			}
			return
		}
		// What is shown can be read again, and is the same but for the password.
		again, err := parse(a.String())
		if err != nil {
			t.Fatalf("%q is shown as %q, which cannot be read: %v", url, a, err)
		}
		if a.user != again.user || a.host != again.host || a.name != again.name || a.socket != again.socket || again.password != "" {
			t.Errorf("%q is shown as %q", url, a)
		}
	})
}
