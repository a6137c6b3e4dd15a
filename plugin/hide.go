package plugin

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// leastHidden is how long a secret has to be to be looked for: a shorter one is
// part of too much else.
const leastHidden = 4

// Hide returns a text with every secret of a config replaced, also as it looks in
// an address. It is for what collectors say of themselves when something goes
// wrong: they should not name a secret, but libraries that they use may.
func (p Plugin) Hide(config json.RawMessage, text string) string {
	if text == "" || p.ID() == "" { // a plugin that is not there has said nothing
		return text
	}
	var found []string
	for _, secret := range p.Secrets(config) {
		if len(secret) >= leastHidden {
			found = append(found, secret, url.QueryEscape(secret), url.PathEscape(secret))
		}
	}
	// One may be part of another.
	slices.SortFunc(found, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, secret := range found {
		text = strings.ReplaceAll(text, secret, redacted)
	}
	return text
}

// HideIn returns an error without the secrets of a config in its text and its
// hint. One that has none in it is returned as it is.
func (p Plugin) HideIn(config json.RawMessage, err error) error {
	if err == nil {
		return nil
	}
	text, hint := p.Hide(config, err.Error()), p.Hide(config, fault.Hint(err))
	if text == err.Error() && hint == fault.Hint(err) {
		return err
	}
	return fault.New(fault.Of(err), "%s", text).WithHint("%s", hint)
}
