package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/pquerna/otp/totp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/api"
	"github.com/unity-homelab/unity/internal/auth"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/plugin"
)

// planted is a secret that must be found nowhere but in the collector.
const planted = "planted-secret-93c1f7"

// leak tells the secret of the config in one of the ways in which a library may.
func (c *clock) leak(out *plugin.Batch) error {
	token, err := c.config.Token.Reveal()
	if err != nil {
		return err
	}
	switch c.config.Step {
	case 1:
		panic("bad token " + token)
	case 2:
		return fault.New(fault.Auth, "GET http://clock/?token=%s: 401 Unauthorized", token).WithHint("is %s right?", token)
	default:
		out.Problem(fault.New(fault.Permission, "the little hand may not be read with %s", token))
		return nil
	}
}

// nobodyMay are secrets by what they are, which must be in nothing that leaves
// the program.
type nobodyMay map[string]string

func (n nobodyMay) in(t *testing.T, where string, content []byte) {
	t.Helper()
	for name, secret := range n {
		if len(secret) < 6 {
			t.Fatalf("%s is %q", name, secret)
		}
		for _, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret))} {
			if bytes.Contains(content, []byte(form)) {
				t.Errorf("%s shows %s", where, name)
				break
			}
		}
	}
}

// TestASecretIsFoundNowhere plants secrets of every kind and looks for them in
// every reply that the router can give, in the live stream, the log, the archive,
// the journal and all files.
func TestASecretIsFoundNowhere(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	data := filepath.Join(t.TempDir(), "data")
	const provider, redis = "planted-client-51ab", "planted-redis-77ee"
	s := startWithLog(t, data, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		withProvider("http://127.0.0.1:1"), func(settings *config.Config) {
			settings.Auth.OIDC.ClientSecret = provider
			settings.Cache.RedisURL = "redis://:" + redis + "@127.0.0.1:1/0"
		})
	connection := s.live(t, `{"type":"subscribe","id":"1"}`)
	source := `{"plugin":"clock_monitor","id":"wall","interval_seconds":3600,"config":{"token":"` + planted + `"}}`
	s.must(t, http.MethodPost, "/api/v1/sources", source, nil)
	trial := `{"plugin":"clock_monitor","source":"wall","config":{"fault":"leak","token":"********","step":%d}}`
	secrets := nobodyMay{"the token of a source": planted, "the secret of the provider": provider, "the password of Redis": redis}
	for _, step := range []int{1, 2, 3} {
		s.must(t, http.MethodPut, "/api/v1/sources/wall", fmt.Sprintf(`{"config":{"fault":"leak","step":%d,"token":"********"}}`, step), nil)
		_, text := s.call(t, http.MethodPost, "/api/v1/sources/wall/run", "")
		secrets.in(t, "the answer of a run", []byte(text))
		_, text = s.call(t, http.MethodPost, "/api/v1/sources/test", fmt.Sprintf(trial, step))
		secrets.in(t, "the answer of a trial", []byte(text))
		if !strings.Contains(text, "********") {
			t.Errorf("the trial does not say what went wrong: %s", text)
		}
	}
	secrets.in(t, "the live stream", []byte(next(t, connection, `"kind":"permission"`)))
	ann := s.account(t, "ann", auth.Admin)
	secrets["a password"] = password
	_, secrets["a session"], _ = strings.Cut(ann.header[1], "=")
	var made struct{ Secret, Code string }
	s.must(t, http.MethodPost, "/api/v1/tokens", `{"name":"x","scope":"admin","user":"ann"}`, &made)
	secrets["a token"] = made.Secret
	s.must(t, http.MethodPost, "/api/v1/auth/setup-code", "", &made)
	secrets["a setup code"] = made.Code
	factor, recovery := s.factor(t, ann)
	secrets["a second factor"], secrets["a recovery code"] = factor, recovery
	s.send(t, http.MethodGet, "/api/v1/auth/oidc", "")
	s.send(t, http.MethodGet, "/api/v1/me", "", "Authorization", "Bearer wrong-"+made.Secret)
	s.send(t, http.MethodPost, "/api/v1/auth/login", `{"name":"ann","password":"`+password+`","code":"`+recovery+`x"}`)
	secrets["the key of secrets"] = strings.TrimSpace(keyOf(t, s))

	routes, _ := api.Routes()
	for _, route := range routes {
		method, path, ok := strings.Cut(route.Pattern, " ")
		if method != http.MethodGet || !ok || path == "/api/v1/live" {
			continue
		}
		for query, id := range map[string]string{"?match[]=up&query=up&metric=up&everybody=true&spark=true": "wall", "?x": "clock_monitor"} {
			asked := strings.NewReplacer("{id}", id, "{name}", "source").Replace(path) + query
			_, text := s.call(t, method, asked, "")
			if path == "/api/v1/database/archive" {
				text = inClear(t, text)
				if !strings.Contains(text, `"wall"`) {
					t.Error("the archive is not read")
				}
			}
			secrets.in(t, asked, []byte(text))
		}
	}
	before := keyOf(t, s)
	var done struct{ Sources, Left int }
	s.must(t, http.MethodPost, "/api/v1/secrets/rotate", "", &done)
	if done.Sources != 1 || done.Left != 0 || keyOf(t, s) == before {
		t.Errorf("rotating sealed %+v again, and the key is another: %v", done, keyOf(t, s) != before)
	}
	s.stop()
	err := filepath.WalkDir(s.data, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		secrets.in(t, filepath.Base(path), content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	secrets.in(t, "the log", log.bytes())
	if !bytes.Contains(log.bytes(), []byte("a collector panicked")) || !bytes.Contains(log.bytes(), []byte("could not sign in")) {
		t.Errorf("the log does not tell what went wrong:\n%s", log.bytes())
	}
	kept, err := journal.Open(filepath.Join(s.data, "unity.journal"), journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kept.Replay(journal.Position{}, func(entry journal.Entry) error {
		text, err := json.Marshal(entry)
		secrets.in(t, "the journal", text)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}

	// It is still the same secret: what shows stars keeps it.
	again := start(t, s.data)
	var found struct{ Config struct{ Token string } }
	again.must(t, http.MethodGet, "/api/v1/sources/wall", "", &found)
	if found.Config.Token != "********" {
		t.Errorf("after a restart the secret is shown as %q", found.Config.Token)
	}
	again.must(t, http.MethodPost, "/api/v1/sources/wall/run", "", nil)
}

// factor turns the second factor of somebody on, and returns its secret and a
// recovery code.
func (s *server) factor(t *testing.T, who visitor) (secret, recovery string) {
	t.Helper()
	var offer struct{ Secret string }
	_, text := s.send(t, http.MethodPost, "/api/v1/me/factor", "", who.header...)
	if err := json.Unmarshal([]byte(text), &offer); err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(offer.Secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var codes struct{ Codes []string }
	body := fmt.Sprintf(`{"current":%q,"secret":%q,"code":%q}`, password, offer.Secret, code)
	_, text = s.send(t, http.MethodPut, "/api/v1/me/factor", body, who.header...)
	if err := json.Unmarshal([]byte(text), &codes); err != nil || len(codes.Codes) == 0 {
		t.Fatalf("turning the second factor on: %s", text)
	}
	return offer.Secret, codes.Codes[0]
}

// inClear returns what an archive says.
func inClear(t *testing.T, archive string) string {
	t.Helper()
	unzip, err := zstd.NewReader(strings.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	defer unzip.Close()
	text, err := io.ReadAll(unzip)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// lockedBuffer takes what many write at the same time.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.text.Bytes())
}

func keyOf(t *testing.T, s *server) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.data, "unity.key"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), "\n") != 1 {
		t.Errorf("there are %d keys, want 1", strings.Count(string(text), "\n"))
	}
	return string(text)
}
