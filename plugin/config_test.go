package plugin_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// Connection is a group that the example embeds.
type Connection struct {
	URL     string                   `json:"url" title:"Address" help:"Where it answers." required:"true" format:"uri" example:"http://nas:80"`
	Timeout plugin.Duration          `json:"timeout" min:"1s" max:"1m"`
	Token   plugin.Secret            `json:"token" help:"A token."`
	Headers map[string]plugin.Secret `json:"headers"`
}

// Validate is promoted to what embeds it.
func (c *Connection) Validate() error {
	if c.URL == "http://both" && !c.Token.Empty() {
		return plugin.Invalid("token", "is of no use with %s", c.URL)
	}
	return nil
}

type limits struct {
	Warn float64 `json:"warn" min:"0" max:"1"`
	Crit float64 `json:"crit" min:"0" max:"1"`
}

// Validate compares the two limits.
func (l limits) Validate() error {
	if l.Warn > l.Crit {
		return errors.Join(
			plugin.Invalid("warn", "must not be above crit"),
			errors.New("is upside down"),
		)
	}
	return nil
}

type account struct {
	Name     string        `json:"name" required:"true"`
	Password plugin.Secret `json:"password"`
}

type everything struct {
	Connection
	Mode     string       `json:"mode" enum:"auto,on,off" group:"advanced"`
	Port     int          `json:"port" min:"1" max:"65535"`
	Small    int8         `json:"small"`
	Codes    []string     `json:"codes" pattern:"^[0-9]{3}$" min:"1" example:"200"`
	Include  plugin.Globs `json:"include"`
	Limits   limits       `json:"limits"`
	Accounts []account    `json:"accounts"`
	Optional *float64     `json:"optional"`
	Verify   bool         `json:"verify"`
	Hidden   string       `json:"-"`
}

type nothing struct{}

func (nothing) Collect(context.Context, *plugin.Batch) error { return nil }

// example returns a plugin that keeps the config it was opened with.
func example(opened *everything) plugin.Plugin {
	defaults := everything{
		Connection: Connection{Timeout: plugin.Duration(10 * time.Second)},
		Mode:       "auto", Port: 80, Codes: []string{"200", "204"}, Limits: limits{Warn: 0.8, Crit: 0.9}, Verify: true,
	}
	return plugin.Define(plugin.Manifest{ID: "example_monitor"}, defaults,
		func(_ context.Context, c everything, _ plugin.Host) (plugin.Collector, error) {
			if opened != nil {
				*opened = c
			}
			return nothing{}, nil
		})
}

func TestAConfigIsReadOverTheDefaults(t *testing.T) {
	t.Parallel()
	var got everything
	_, err := example(&got).Open(t.Context(), json.RawMessage(`{
		"url": "http://nas", "token": "hunter2", "codes": ["500"], "limits": {"crit": 0.95},
		"accounts": [{"name": "a", "password": "hunter3"}], "optional": 2.5, "timeout": "1m"}`), plugin.Host{})
	if err != nil {
		t.Fatal(err)
	}
	optional := 2.5
	want := everything{
		Connection: Connection{URL: "http://nas", Timeout: plugin.Duration(time.Minute), Token: "hunter2"},
		Mode:       "auto", Port: 80, Codes: []string{"500"}, Limits: limits{Warn: 0.8, Crit: 0.95},
		Accounts: []account{{"a", "hunter3"}}, Optional: &optional, Verify: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	token, err := got.Token.Reveal()
	if err != nil || token != "hunter2" {
		t.Errorf("the secret is %q, %v", token, err)
	}
}

func TestListsAndMapsReplaceTheDefaults(t *testing.T) {
	t.Parallel()
	type probe struct {
		Query string `json:"query"`
		Type  string `json:"type"`
	}
	type config struct {
		Probes []probe           `json:"probes"`
		Labels map[string]string `json:"labels"`
	}
	var got config
	p := plugin.Define(plugin.Manifest{ID: "list_monitor"},
		config{Probes: []probe{{"example.org", "A"}, {"example.net", "MX"}}, Labels: map[string]string{"a": "1"}},
		func(_ context.Context, c config, _ plugin.Host) (plugin.Collector, error) {
			got = c
			return nothing{}, nil
		})
	if _, err := p.Open(t.Context(), json.RawMessage(`{"probes":[{"query":"nas.lan"}],"labels":{"b":"2"}}`), plugin.Host{}); err != nil {
		t.Fatal(err)
	}
	want := config{Probes: []probe{{Query: "nas.lan"}}, Labels: map[string]string{"b": "2"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEveryProblemIsNamedWithItsPath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, config string
		want         []string
	}{
		{"nothing given", ``, []string{"url is required"}},
		{"not JSON", `{"url": `, []string{"the config is not valid JSON: it ends too early"}},
		{"more than one value", `{} {}`, []string{"the config is not valid JSON: something follows the first value"}},
		{"not an object", `[1]`, []string{"the config must be a group of settings, not a list"}},
		{"several at once", `{
			"url": "", "mode": "fast", "port": 70000, "codes": ["20", "200"], "limits": {"warn": "much"},
			"accounts": [{"name": "a"}, {"pasword": "x"}], "timout": "5s", "verify": "yes"}`, []string{
			"accounts[1].name is required",
			"accounts[1].pasword is not a setting; did you mean password?",
			"codes[0] has not the right form; write for example 200",
			"limits.warn must be a number, not text",
			"mode must be one of auto, on, off",
			"port must be at most 65535",
			"timout is not a setting; did you mean timeout?",
			"url must not be empty",
			"verify must be true or false, not text",
		}},
		{"a list that is too short", `{"url":"http://a","codes":[]}`, []string{"codes must have at least 1 element"}},
		{"a duration out of bounds", `{"url":"http://a","timeout":"2m"}`, []string{"timeout must be at most 1m"}},
		{"no duration", `{"url":"http://a","timeout":"soon"}`, []string{"timeout is not a duration; write for example 30s or 5m"}},
		{"a number for a duration", `{"url":"http://a","timeout":5}`, []string{`timeout must be a duration such as "30s", not a number`}},
		{"a number too large for its field", `{"url":"http://a","small":300}`, []string{"the config small is out of range"}},
		{"a half number", `{"url":"http://a","port":80.5}`, []string{"port must be a whole number, not a number"}},
		{"null for a setting", `{"url":null,"codes":null}`, []string{"url is required"}},
		{"an unknown key in another case", `{"url":"http://a","URL":"http://b"}`, []string{"URL is not a setting; did you mean url?"}},
		{"rules across settings", `{"url":"http://both","token":"t","limits":{"warn":1,"crit":0.5}}`, []string{
			"limits is upside down",
			"limits.warn must not be above crit",
			"token is of no use with http://both",
		}},
		{"a mark in place of a secret", `{"url":"http://a","token":"********","headers":{"X":"********"}}`, []string{
			"headers.X stands for a secret that is not known here; type it again",
			"token stands for a secret that is not known here; type it again",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := example(nil).Validate(json.RawMessage(c.config))
			var invalid *plugin.ConfigError
			if !errors.As(err, &invalid) || fault.Of(err) != fault.Config {
				t.Fatalf("got %v of kind %q", err, fault.Of(err))
			}
			var got []string
			for _, problem := range invalid.Problems {
				got = append(got, problem.String())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if err := example(nil).Validate(json.RawMessage(`{"url":"http://a"}`)); err != nil {
		t.Errorf("a good config gives %v", err)
	}
}

func TestTheSchemaDescribesTheForm(t *testing.T) {
	t.Parallel()
	want := `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "properties": {
    "url": {"type": "string", "minLength": 1, "format": "uri", "title": "Address", "description": "Where it answers.", "examples": ["http://nas:80"]},
    "timeout": {"type": "string", "pattern": "DURATION", "default": "10s", "x-max": "1m", "x-min": "1s", "x-type": "duration"},
    "token": {"type": "string", "description": "A token.", "writeOnly": true, "x-secret": true},
    "headers": {"additionalProperties": {"type": "string", "writeOnly": true, "x-secret": true}, "type": "object"},
    "mode": {"type": "string", "enum": ["auto", "on", "off"], "default": "auto", "x-group": "advanced"},
    "port": {"type": "integer", "maximum": 65535, "minimum": 1, "default": 80},
    "small": {"type": "integer", "default": 0},
    "codes": {"items": {"type": "string", "pattern": "^[0-9]{3}$", "examples": ["200"]}, "type": "array", "minItems": 1, "default": ["200", "204"]},
    "include": {"items": {"type": "string"}, "type": "array", "x-type": "globs"},
    "limits": {
      "properties": {
        "warn": {"type": "number", "maximum": 1, "minimum": 0, "default": 0.8},
        "crit": {"type": "number", "maximum": 1, "minimum": 0, "default": 0.9}
      }, "additionalProperties": false, "type": "object"},
    "accounts": {
      "items": {
        "properties": {
          "name": {"type": "string", "minLength": 1},
          "password": {"type": "string", "writeOnly": true, "x-secret": true}
        }, "additionalProperties": false, "type": "object", "required": ["name"]},
      "type": "array"},
    "optional": {"type": "number"},
    "verify": {"type": "boolean", "default": true}
  },
  "additionalProperties": false, "type": "object", "required": ["url"], "title": "example_monitor"
}`
	got := example(nil).Schema()
	if diff := cmp.Diff(tokens(t, []byte(want)), tokens(t, got)); diff != "" {
		t.Error(diff)
	}
}

func TestSettingsListWhatDocumentationShows(t *testing.T) {
	t.Parallel()
	byPath := map[string]plugin.Setting{}
	for _, setting := range example(nil).Settings() {
		byPath[setting.Path] = setting
	}
	for path, want := range map[string]plugin.Setting{
		"url":                 {Path: "url", Title: "Address", Help: "Where it answers.", Type: "text", Required: true},
		"timeout":             {Path: "timeout", Type: "duration", Default: json.RawMessage(`"10s"`), Limits: "at least 1s, at most 1m"},
		"headers":             {Path: "headers", Type: "secrets by name"},
		"codes":               {Path: "codes", Type: "list of texts", Default: json.RawMessage(`["200","204"]`)},
		"mode":                {Path: "mode", Type: "text", Default: json.RawMessage(`"auto"`), Group: "advanced", Limits: "one of auto, on, off"},
		"accounts":            {Path: "accounts", Type: "list of groups"},
		"accounts[].password": {Path: "accounts[].password", Type: "secret", Secret: true},
		"limits.warn":         {Path: "limits.warn", Type: "number", Default: json.RawMessage(`0.8`), Limits: "at least 0, at most 1"},
	} {
		if diff := cmp.Diff(want, byPath[path]); diff != "" {
			t.Errorf("%s:\n%s", path, diff)
		}
	}
}

func TestDefineRefusesDefaultsWithASecret(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a password in the defaults was taken")
		}
	}()
	type config struct {
		Accounts []account `json:"accounts"`
	}
	plugin.Define(plugin.Manifest{ID: "bad_monitor"}, config{Accounts: []account{{"root", "toor"}}},
		func(context.Context, config, plugin.Host) (plugin.Collector, error) { return nothing{}, nil })
}

func FuzzValidate(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"url":"http://a"}`, `{"url":1,"accounts":[{"name":{}}],"headers":{"a":["b"]}}`,
		`[[[[`, `{"url":"a","timeout":"1d2h"}`, `{"small":1e999}`, `{"limits":null}`, `{"accounts":[null,1,"x"]}`,
		`{"token":"********"}`,
	} {
		f.Add([]byte(seed))
	}
	p := example(nil)
	f.Fuzz(func(t *testing.T, raw []byte) {
		err := p.Validate(raw)
		if err != nil && fault.Of(err) != fault.Config {
			t.Errorf("kind %q: %v", fault.Of(err), err)
		}
		if err == nil {
			if _, err := p.Open(t.Context(), raw, plugin.Host{}); err != nil {
				t.Errorf("a valid config cannot be opened: %v", err)
			}
		}
		if !json.Valid(p.Redact(raw)) {
			t.Errorf("Redact gives no JSON: %s", p.Redact(raw))
		}
		p.Unredact(raw, raw)
	})
}

func BenchmarkValidate(b *testing.B) {
	p := example(nil)
	raw := json.RawMessage(`{"url":"http://nas","codes":["200"],"limits":{"crit":0.95}}`)
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Validate(raw); err != nil {
			b.Fatal(err)
		}
	}
}
