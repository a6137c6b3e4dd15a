package backup_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/backup"
)

// The passwords of the repositories, and what they are changed to.
const (
	passphrase = "correct horse battery"
	changed    = "battery staple correct"
)

// vault is a real repository and the program that fills it.
type vault struct {
	t        *testing.T
	at, data string
	env      []string
}

// newVault makes the folders of a repository, and things to back up.
func newVault(t *testing.T, program string) *vault {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		plugintest.Skip(t, "needs %s", program)
	}
	folder := t.TempDir()
	for _, dir := range []string{filepath.Dir(folder), folder} {
		if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // another user looks at it
			t.Fatal(err)
		}
	}
	v := &vault{t: t, at: filepath.Join(folder, "repository"), data: filepath.Join(folder, "data")}
	v.env = append(os.Environ(), "RESTIC_PASSWORD="+passphrase, "BORG_PASSPHRASE="+passphrase, "TZ=UTC", "RESTIC_CACHE_DIR="+folder+"/cache", "BORG_BASE_DIR="+folder+"/base")
	for name, size := range map[string]int{"photos/one": 300_000, "photos/two": 20_000, "documents/letter": 4096} {
		file := filepath.Join(v.data, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // another user looks at it
			t.Fatal(err)
		}
		content := make([]byte, size) // that does not shrink, so that the largest file of a repository has it
		_, _ = rand.NewChaCha8([32]byte{byte(size)}).Read(content)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// run runs a program in the folder of what is backed up.
func (v *vault) run(name string, args ...string) []byte {
	v.t.Helper()
	c := exec.CommandContext(v.t.Context(), name, args...)
	c.Env, c.Dir = v.env, v.data
	out, err := c.Output()
	if err != nil {
		complaint := ""
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			complaint = string(exit.Stderr)
		}
		v.t.Fatalf("%s %v: %v\n%s", name, args, err, complaint)
	}
	return out
}

// says reads what a program prints as JSON.
func (v *vault) says(into any, name string, args ...string) {
	v.t.Helper()
	if err := json.Unmarshal(v.run(name, args...), into); err != nil {
		v.t.Fatal(err)
	}
}

// layRestic makes what restic init makes, from a repository whose keys are as quick
// to try as any can be: half a second for each command would be a minute in all.
func (v *vault) layRestic() {
	v.t.Helper()
	for _, kind := range []string{"data", "index", "keys", "locks", "snapshots"} {
		if err := os.MkdirAll(filepath.Join(v.at, kind), 0o755); err != nil { //nolint:gosec // another user looks at it
			v.t.Fatal(err)
		}
	}
	v.lay("config", "config")
	v.layKey("first")
}

// layKey makes a key of testdata the only one of the repository, as a change of
// its password does.
func (v *vault) layKey(which string) {
	v.t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "restic", which))
	if err != nil {
		v.t.Fatal(err)
	}
	old, err := filepath.Glob(filepath.Join(v.at, "keys", "*"))
	if err != nil {
		v.t.Fatal(err)
	}
	v.lay(which, filepath.Join("keys", fmt.Sprintf("%x", sha256.Sum256(raw))))
	for _, name := range old {
		if err := os.Remove(name); err != nil {
			v.t.Fatal(err)
		}
	}
}

// lay copies a file of testdata into the repository.
func (v *vault) lay(from, to string) {
	v.t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "restic", from))
	if err == nil {
		err = os.WriteFile(filepath.Join(v.at, to), raw, 0o600)
	}
	if err != nil {
		v.t.Fatal(err)
	}
}

// hold runs a program that works on the repository until it is told to end.
func (v *vault) hold(name string, args ...string) (end func()) {
	v.t.Helper()
	ctx, cancel := context.WithCancel(v.t.Context())
	c := exec.CommandContext(ctx, name, args...)
	c.Env, c.Dir = v.env, v.data
	input, err := c.StdinPipe()
	if err != nil {
		v.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		v.t.Fatal(err)
	}
	return func() {
		_, _ = io.WriteString(input, "the end\n")
		_ = input.Close()
		_ = c.Wait()
		cancel()
	}
}

// settings are those of a source.
func (v *vault) settings(kind string) plugintest.Settings {
	return plugintest.Settings{"type": kind, "location": v.at, "password": passphrase, "cache_folder": filepath.Join(filepath.Dir(v.at), "unity")}
}

func (v *vault) open(settings plugintest.Settings) plugin.Collector {
	v.t.Helper()
	return plugintest.Live(v.t, backup.Plugin(), settings.JSON(v.t))
}

// The number of the user called unity.
const unityUser = 64738

// asUnity calls the function with the rights that the README gives: those of a
// user who may read the repository, and nothing else.
func (v *vault) asUnity(do func()) {
	v.t.Helper()
	v.grant()
	v.asOther(do)
}

// grant lets the user called unity read the repository.
func (v *vault) grant() {
	v.t.Helper()
	const recipe = "setfacl -R -m u:unity:rX,d:u:unity:rX /srv/backup"
	plugintest.InReadme(v.t, recipe)
	if os.Getuid() != 0 {
		plugintest.Skip(v.t, "needs root, to become another user")
	}
	if _, err := exec.LookPath("setfacl"); err != nil {
		plugintest.Skip(v.t, "needs setfacl")
	}
	words := strings.Fields(strings.NewReplacer("u:unity", fmt.Sprintf("u:%d", unityUser), "/srv/backup", v.at).Replace(recipe))
	v.run(words[0], words[1:]...)
}

// withdraw takes from everybody but the owner what grant gave.
func (v *vault) withdraw() {
	v.t.Helper()
	v.run("setfacl", "-R", "-b", v.at)
	v.run("chmod", "-R", "go=", v.at)
}

// asOther calls the function as the user called unity.
func (v *vault) asOther(do func()) {
	v.t.Helper()
	own := filepath.Join(filepath.Dir(v.at), "unity")
	if err := errors.Join(os.MkdirAll(own, 0o700), os.Chown(own, unityUser, unityUser)); err != nil {
		v.t.Fatal(err)
	}
	plugintest.OnOwnThread(func() {
		for _, call := range [][]uintptr{
			{syscall.SYS_SETGROUPS, 0, 0, 0}, {syscall.SYS_SETRESGID, unityUser, unityUser, unityUser}, {syscall.SYS_SETRESUID, unityUser, unityUser, unityUser},
		} {
			// Of this thread, and of the programs that it starts, alone.
			if _, _, wrong := syscall.RawSyscall(call[0], call[1], call[2], call[3]); wrong != 0 {
				v.t.Errorf("becoming another user: %v", wrong)
				return
			}
		}
		do()
	})
}

func wantValues(t *testing.T, values map[string]float64, want map[string]float64) {
	t.Helper()
	for key, value := range want {
		if got, there := values[key]; !there || got != value {
			t.Errorf("%s is %v (%v), want %v", key, got, there, value)
		}
	}
}

// damage takes the largest file of a folder away, or bends it.
func (v *vault) damage(folder string, bend bool) {
	v.t.Helper()
	largest, size := "", int64(0)
	err := filepath.Walk(filepath.Join(v.at, folder), func(name string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() && info.Size() > size {
			largest, size = name, info.Size()
		}
		return err
	})
	if err != nil || largest == "" {
		v.t.Fatalf("nothing to damage: %v", err)
	}
	if !bend {
		err = os.Remove(largest)
	} else {
		var raw []byte
		if raw, err = os.ReadFile(largest); err == nil {
			raw[len(raw)/2] ^= 0xff
			err = os.WriteFile(largest, raw, 0o600)
		}
	}
	if err != nil {
		v.t.Fatal(err)
	}
}

func TestResticIsAsItsOwnProgramSays(t *testing.T) {
	t.Parallel()
	v := newVault(t, "restic")
	v.layRestic()
	old := time.Now().UTC().Add(-72 * time.Hour).Format(time.DateTime)
	v.run("restic", "-r", v.at, "backup", "--host", "nas", "--time", old, filepath.Join(v.data, "documents"))
	v.run("restic", "-r", v.at, "backup", "--host", "nas", filepath.Join(v.data, "photos"))
	photos, documents := "nas:"+filepath.Join(v.data, "photos"), "nas:"+filepath.Join(v.data, "documents")

	settings := v.settings("restic").With(plugintest.Settings{"expected": []string{photos, "laptop:*"}})
	c := v.open(settings)
	var values map[string]float64
	v.asUnity(func() { values = plugintest.Values(plugintest.CollectAll(t, backup.Plugin(), c)) })
	var said []struct {
		Time  time.Time
		Paths []string
	}
	v.says(&said, "restic", "-r", v.at, "snapshots", "--json", "--no-lock", "--latest", "1")
	var raw struct {
		Size float64 `json:"total_size"`
	}
	v.says(&raw, "restic", "-r", v.at, "stats", "--json", "--no-lock", "--mode", "raw-data")
	for _, s := range said {
		wantValues(t, values, map[string]float64{`backup_last_success_timestamp_seconds{group="nas:` + s.Paths[0] + `"}`: float64(s.Time.Unix())})
	}
	wantValues(t, values, map[string]float64{
		`backup_state{group="` + photos + `",state="ok"}`: 1, `backup_state{group="` + documents + `",state="stale"}`: 1, `backup_state{group="laptop:*",state="none"}`: 1,
		`backup_snapshots{group="` + photos + `"}`: 1, "backup_repository_bytes": raw.Size, "backup_repository_locks": 0,
		`backup_last_size_bytes{group="` + photos + `"}`: 320_000,
	})
	if len(said) != 2 {
		t.Errorf("restic says %v", said)
	}

	// A new backup is told, and the lock of one that goes on is seen.
	end := v.hold("restic", "-r", v.at, "backup", "--host", "nas", "--stdin")
	values, events := plugintest.Until(t, backup.Plugin(), c, "a lock is seen", func(values map[string]float64) bool { return values["backup_repository_locks"] == 1 })
	if len(events) != 0 {
		t.Errorf("events before the backup is done: %v", events)
	}
	if age := values["backup_lock_age_seconds"]; age > 60 {
		t.Errorf("the lock is %v s old", age)
	}
	end()
	batch := plugintest.CollectAll(t, backup.Plugin(), c)
	if e := batch.Events(); len(e) != 1 || e[0].Kind != "backup_made" || e[0].Detail["group"] != "nas:/stdin" {
		t.Errorf("events: %+v", e)
	}

	_, err := plugintest.Attempt(t, backup.Plugin(), v.open(settings.With(plugintest.Settings{"password": "battery horse"})), time.Minute)
	plugintest.WantFault(t, err, fault.Auth, "listing the snapshots of "+v.at+": the password is wrong", "that the backups are made with")
	_, err = plugintest.Attempt(t, backup.Plugin(), v.open(settings.With(plugintest.Settings{"location": v.at + "s"})), time.Minute)
	plugintest.WantFault(t, err, fault.NotFound, "there is no repository", "check the address")

	v.damage("data", false)
	checked := v.open(settings.With(plugintest.Settings{"check_interval": "1d", "stats_interval": "0s"}))
	batch = plugintest.CollectAll(t, backup.Plugin(), checked)
	wantValues(t, plugintest.Values(batch), map[string]float64{"backup_check_success": 0})
	if e := batch.Events(); len(e) != 1 || e[0].Kind != "backup_damaged" || !strings.Contains(e[0].Title, "does not exist") {
		t.Errorf("events of a damaged repository: %+v", e)
	}
}

func TestBorgIsAsItsOwnProgramSays(t *testing.T) {
	t.Parallel()
	v := newVault(t, "borg")
	v.run("borg", "init", "-e", "repokey", v.at)
	old := time.Now().Add(-72 * time.Hour).UTC().Format("2006-01-02T15:04:05")
	v.run("borg", "create", "--timestamp", old, v.at+"::documents-2026-01-01T02:00:00", "documents")
	v.run("borg", "create", v.at+"::photos-20260101", "photos")

	settings := v.settings("borg")
	c := v.open(settings)
	var values map[string]float64
	v.asUnity(func() { values = plugintest.Values(plugintest.CollectAll(t, backup.Plugin(), c)) })
	var said struct {
		Archives []struct {
			Name, Start string
			Duration    float64
			Stats       struct {
				Original float64 `json:"original_size"`
				Added    float64 `json:"deduplicated_size"`
				Files    float64 `json:"nfiles"`
			}
		}
		Cache struct {
			Stats struct {
				Compressed float64 `json:"unique_csize"`
			}
		}
	}
	v.says(&said, "borg", "info", "--json", "--last", "10", v.at)
	if len(said.Archives) != 2 {
		t.Fatalf("borg says %+v", said)
	}
	for i, group := range []string{"documents", "photos"} {
		a := said.Archives[i]
		at, err := time.ParseInLocation("2006-01-02T15:04:05.999999", a.Start, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		of := `{group="` + group + `"}`
		wantValues(t, values, map[string]float64{
			"backup_last_success_timestamp_seconds" + of: float64(at.Unix()), "backup_last_size_bytes" + of: a.Stats.Original, "backup_last_files" + of: a.Stats.Files,
			"backup_last_added_bytes" + of: a.Stats.Added, "backup_last_duration_seconds" + of: a.Duration, "backup_snapshots" + of: 1,
		})
	}
	wantValues(t, values, map[string]float64{
		`backup_state{group="photos",state="ok"}`: 1, `backup_state{group="documents",state="stale"}`: 1,
		"backup_repository_bytes": said.Cache.Stats.Compressed, "backup_repository_locks": 0,
	})

	// Somebody who works on it locks it, and is seen without being waited for.
	end := v.hold("borg", "with-lock", v.at, "cat")
	plugintest.Until(t, backup.Plugin(), c, "a lock is seen", func(values map[string]float64) bool { return values["backup_repository_locks"] == 1 })
	end()
	v.run("borg", "create", v.at+"::photos-20260102", "photos")
	batch := plugintest.CollectAll(t, backup.Plugin(), c)
	wantValues(t, plugintest.Values(batch), map[string]float64{"backup_repository_locks": 0, `backup_snapshots{group="photos"}`: 2})
	if e := batch.Events(); len(e) != 1 || e[0].Kind != "backup_made" || e[0].Detail["group"] != "photos" {
		t.Errorf("events: %+v", e)
	}

	_, err := plugintest.Attempt(t, backup.Plugin(), v.open(settings.With(plugintest.Settings{"password": "battery horse"})), time.Minute)
	plugintest.WantFault(t, err, fault.Auth, "the password is wrong", "that the backups are made with")
	_, err = plugintest.Attempt(t, backup.Plugin(), v.open(settings.With(plugintest.Settings{"location": v.at + "s"})), time.Minute)
	plugintest.WantFault(t, err, fault.NotFound, "there is no repository", "check the address")
	moved := v.at + "-moved"
	if err := os.Rename(v.at, moved); err != nil {
		t.Fatal(err)
	}
	settings["location"], v.at = moved, moved
	_, err = plugintest.Attempt(t, backup.Plugin(), v.open(settings), time.Minute)
	plugintest.WantFault(t, err, fault.Permission, "it was moved", "set trust_repository")

	v.damage("data", true)
	checked := v.open(settings.With(plugintest.Settings{"check_interval": "1d", "stats_interval": "0s", "trust_repository": true}))
	batch = plugintest.CollectAll(t, backup.Plugin(), checked)
	wantValues(t, plugintest.Values(batch), map[string]float64{"backup_check_success": 0})
	if e := batch.Events(); len(e) != 1 || e[0].Kind != "backup_damaged" || !strings.Contains(e[0].Title, "mismatch") {
		t.Errorf("events of a damaged repository: %+v", e)
	}
}
