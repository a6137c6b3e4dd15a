package plugin_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

func TestSecretsAreTakenOutOfWhatACollectorSays(t *testing.T) {
	t.Parallel()
	type config struct {
		URL   string        `json:"url"`
		Token plugin.Secret `json:"token"`
		Short plugin.Secret `json:"short"`
		More  plugin.Secret `json:"more"`
	}
	p := plugin.Define(plugin.Manifest{ID: "leaky_monitor"}, config{},
		func(context.Context, config, plugin.Host) (plugin.Collector, error) { return nil, nil }) //nolint:nilnil // it is never opened
	raw := json.RawMessage(`{"url":"http://nas/","token":"p&ss word","short":"abc","more":"p&ss word and more"}`)
	for text, want := range map[string]string{
		"":                               "",
		"GET http://nas/ refused":        "GET http://nas/ refused",
		"bad login p&ss word":            "bad login ********",
		"GET /?key=p%26ss+word&x=abc":    "GET /?key=********&x=abc",
		"GET /p&ss%20word/x":             "GET /********/x",
		"p&ss word and more, p&ss word!": "********, ********!",
	} {
		if got := p.Hide(raw, text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if got := (plugin.Plugin{}).Hide(raw, "p&ss word"); got != "p&ss word" {
		t.Errorf("a plugin that is not there hides %q", got)
	}
	err := p.HideIn(raw, fault.New(fault.Auth, "login as p&ss word").WithHint("not p&ss word"))
	if fault.Of(err) != fault.Auth || err.Error() != "login as ********" || fault.Hint(err) != "not ********" {
		t.Errorf("the error is %v (%s)", err, fault.Hint(err))
	}
	if plain := fault.New(fault.Auth, "login"); !errors.Is(p.HideIn(raw, plain), plain) || p.HideIn(raw, nil) != nil {
		t.Error("an error without a secret is another")
	}
}
