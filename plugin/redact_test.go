package plugin_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tokens returns the tokens of a JSON document. The pattern of durations is
// long and of no interest.
func tokens(t *testing.T, raw []byte) []json.Token {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(raw))
	var list []json.Token
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := token.(string); ok && strings.HasPrefix(text, "^(0|") {
			token = "DURATION"
		}
		list = append(list, token)
	}
}

func same(t *testing.T, got json.RawMessage, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, a); diff != "" {
		t.Error(diff)
	}
}

func TestRedactShowsNoSecret(t *testing.T) {
	t.Parallel()
	got := example(nil).Redact(json.RawMessage(`{
		"url": "http://nas", "token": "hunter2", "headers": {"Authorization": "hunter2", "Empty": ""},
		"accounts": [{"name": "a", "password": "hunter2"}, {"name": "b", "password": ""}, "hunter2"],
		"old_token": "hunter2", "limits": "hunter2", "codes": [["hunter2"]], "port": 80}`))
	if bytes.Contains(got, []byte("hunter2")) {
		t.Errorf("a secret shows in %s", got)
	}
	same(t, got, `{
		"url": "http://nas", "token": "********", "headers": {"Authorization": "********", "Empty": ""},
		"accounts": [{"name": "a", "password": "********"}, {"name": "b", "password": ""}, null],
		"limits": null, "codes": [null], "port": 80}`)
}

func TestRedactOfWhatIsNoConfigIsEmpty(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{``, `hunter2`, `"hunter2"`, `["hunter2"]`, `null`} {
		same(t, example(nil).Redact(json.RawMessage(raw)), `{}`)
	}
}

func TestUnredactKeepsSecretsThatWereNotTypedAgain(t *testing.T) {
	t.Parallel()
	previous := `{"url": "http://nas", "token": "one", "headers": {"A": "two", "B": "three"},
		"accounts": [{"name": "a", "password": "four"}, {"name": "b", "password": "five"}]}`
	got := example(nil).Unredact(json.RawMessage(previous), json.RawMessage(`{
		"url": "http://nas2", "token": "********", "headers": {"A": "********", "B": "new", "C": "********"},
		"accounts": [{"name": "b", "password": "********"}, {"name": "c", "password": "********"}, {"name": "a", "password": ""}],
		"unknown": 1}`))
	same(t, got, `{
		"url": "http://nas2", "token": "one", "headers": {"A": "two", "B": "new", "C": "********"},
		"accounts": [{"name": "b", "password": "five"}, {"name": "c", "password": "********"}, {"name": "a", "password": ""}],
		"unknown": 1}`)
}

func TestRedactAndUnredactAreInverse(t *testing.T) {
	t.Parallel()
	config := json.RawMessage(`{"url":"http://nas","token":"one","headers":{"A":"two"},"accounts":[{"name":"a","password":"x"}]}`)
	p := example(nil)
	same(t, p.Unredact(config, p.Redact(config)), string(config))
}

func TestSecretsAreFoundWhereverTheyAre(t *testing.T) {
	t.Setenv("UNITY_TEST_SECRET", "three")
	got := example(nil).Secrets(json.RawMessage(`{"url": "http://nas", "token": "one", "headers": {"A": "env:UNITY_TEST_SECRET"},
		"accounts": [{"name": "a", "password": "two"}, {"name": "b", "password": "env:UNITY_TEST_NOT_SET"}]}`))
	slices.Sort(got)
	if diff := cmp.Diff([]string{"one", "three", "two"}, got); diff != "" {
		t.Error(diff)
	}
}
