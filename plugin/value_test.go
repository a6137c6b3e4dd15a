package plugin_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

func TestDurationsAreReadAndWrittenAsPeopleDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want time.Duration
		back string
	}{
		{"30s", 30 * time.Second, "30s"},
		{"90s", 90 * time.Second, "1m30s"},
		{"5m", 5 * time.Minute, "5m"},
		{"336h", 336 * time.Hour, "336h"},
		{"14d", 336 * time.Hour, "336h"},
		{"1.5d6h", 42 * time.Hour, "42h"},
		{"0", 0, "0s"},
		{"10m", 10 * time.Minute, "10m"},
		{"250ms", 250 * time.Millisecond, "250ms"},
	} {
		var d plugin.Duration
		if err := json.Unmarshal([]byte(`"`+c.text+`"`), &d); err != nil || d.Std() != c.want {
			t.Errorf("%q is read as %v, %v", c.text, d, err)
		}
		if got := plugin.Duration(c.want).String(); got != c.back {
			t.Errorf("%v is written as %q, want %q", c.want, got, c.back)
		}
	}
	for _, text := range []string{"", "soon", "5", "-5s", "-1d", "d", "1d1d", "1h1d", "99999999d", "NaNd", "9000000000s"} {
		var d plugin.Duration
		if err := d.UnmarshalText([]byte(text)); fault.Of(err) != fault.Config {
			t.Errorf("%q is read as %v, %v", text, d, err)
		}
	}
}

func TestASecretNeverShowsItself(t *testing.T) {
	t.Parallel()
	config := struct {
		Password plugin.Secret `json:"password"`
	}{"hunter2"}
	raw, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{
		fmt.Sprint(config), fmt.Sprintf("%+v %#v %q %x", config.Password, config.Password, config.Password, config.Password),
		string(raw), config.Password.LogValue().String(),
	} {
		if want := "********"; shown == "" || containsSecret(shown) {
			t.Errorf("%q, want %q in place of the secret", shown, want)
		}
	}
}

func containsSecret(shown string) bool {
	return strings.Contains(shown, "hunter2") || strings.Contains(shown, fmt.Sprintf("%x", "hunter2"))
}

func TestASecretMayLieInAFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(name, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := plugin.Secret("file:" + name).Reveal(); err != nil || got != "hunter2" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := plugin.Secret("file:" + name + ".not").Reveal(); fault.Of(err) != fault.Config {
		t.Errorf("a missing file gives %v", err)
	}
	if _, err := plugin.Secret("env:UNITY_TEST_NOT_SET").Reveal(); fault.Of(err) != fault.Config {
		t.Errorf("a missing variable gives %v", err)
	}
}

func TestGlobsSelectNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		include, exclude plugin.Globs
		name             string
		want             bool
	}{
		{nil, nil, "eth0", true},
		{plugin.Globs{"eth*"}, nil, "eth0", true},
		{plugin.Globs{"eth*"}, nil, "wlan0", false},
		{plugin.Globs{"*"}, plugin.Globs{"veth*"}, "veth1", false},
		{nil, plugin.Globs{"/var/lib/docker/*"}, "/var/lib/docker/overlay2/x/merged", false},
		{nil, plugin.Globs{"[bad"}, "[bad", true},
	} {
		if got := plugin.Selects(c.include, c.exclude, c.name); got != c.want {
			t.Errorf("include %q exclude %q: %q is %v", c.include, c.exclude, c.name, got)
		}
	}
}
