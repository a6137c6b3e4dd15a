package webservice_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugins/webservice"
)

func TestEveryProblemOfAConfigIsNamed(t *testing.T) {
	t.Parallel()
	for config, want := range map[string][]string{
		`{"url": "https://cloud.lan/status?x=1"}`: nil,
		`{"url": "tcp://nas:22"}`:                 nil,
		`{"url": "icmp://nas"}`:                   nil,
		`{"url": "wss://nas/live"}`:               nil,
		`{}`:                                      {"url is required"},
		`{"url": "nas"}`:                          {"url must begin with http://, https://, ws://, wss://, tcp:// or icmp://"},
		`{"url": "tcp://nas"}`:                    {"url must name a port: tcp://host:port"},
		`{"url": "http://u:p@nas"}`:               {"url must not hold a user or password; there are settings for them"},
		`{"url": "http://nas:99999"}`:             {"url has no port 99999"},
		`{"url": "http://"}`:                      {"url names no host"},
		`{"url": "http://nas", "body_regex": "(", "expect": "[", "header_regex": {"X": "*"}, "json_path": "$[",
		  "expected_status": ["299-200"], "resolver": "1.1.1.1", "proxy_url": "nas", "oauth2": {"token_url": "nas"}}`: {
			"body_regex is not a regular expression: missing closing ): `(`",
			"expect is not a regular expression: missing closing ]: `[`",
			"expected_status[0] is not a range such as 200-299",
			"header_regex.X is not a regular expression: missing argument to repetition operator: `*`",
			"json_path is not a JSONPath: not terminated at 3 in $[",
			"oauth2.client_id is required with oauth2.token_url",
			"oauth2.token_url must be an address that begins with https:// or http://",
			"proxy_url must be an address such as http://proxy.lan:3128, without a login",
			"resolver must be udp://address:port or tcp://address:port",
		},
		`{"url": "http://nas", "expected_status": ["ok"]}`: {"expected_status[0] has not the right form; write for example 200-299"},
	} {
		var got []string
		if e := (*plugin.ConfigError)(nil); errors.As(webservice.Plugin().Validate(json.RawMessage(config)), &e) {
			for _, problem := range e.Problems {
				got = append(got, problem.String())
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", config, diff)
		}
	}
}
