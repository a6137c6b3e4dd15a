package certificate

import (
	"slices"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

const memoryKey = "certificates"

// remembered is the certificate that was in a place in the run before.
type remembered struct {
	Fingerprint string    `json:"sha256"`
	NotAfter    time.Time `json:"not_after"`
	Issuer      string    `json:"issuer"`
}

// remember tells which certificates are others than in the run before. A place
// that shows none now is remembered: what comes back later is compared with what
// was there last.
func (c *collector) remember(out *plugin.Batch, all *finding) error {
	known, _ := plugin.Recall[map[string]remembered](c.host.State, memoryKey)
	if len(all.certificates) == 0 {
		return nil
	}
	next := make(map[string]remembered, len(all.certificates))
	for _, f := range all.certificates {
		leaf := f.chain[0]
		now := remembered{fingerprint(leaf), leaf.NotAfter.UTC(), organisationOf(f)}
		next[f.place()] = now
		if before, seen := known[f.place()]; seen && before.Fingerprint != now.Fingerprint {
			out.Event(c.changed(f, before, now))
		}
	}
	return plugin.Keep(c.host.State, memoryKey, next)
}

// organisationOf is who issues: authorities sign with one key after the other.
func organisationOf(f *found) string {
	if organisations := slices.Sorted(slices.Values(f.chain[0].Issuer.Organization)); len(organisations) > 0 {
		return organisations[0]
	}
	return issuerOf(f.chain[0])
}

// changed is the event of another certificate: renewed as it should be, or one
// that somebody may want to look at.
func (c *collector) changed(f *found, before, now remembered) plugin.Event {
	leaf := f.chain[0]
	where := c.target.String()
	if f.file != "" {
		where = f.place()
	}
	ends := now.NotAfter.Format(time.DateOnly)
	event := plugin.Event{
		Kind: "certificate_renewed", Severity: plugin.Info,
		Title: "The certificate of " + nameOf(leaf) + " was renewed until " + ends,
		Detail: map[string]string{
			"where": where, "common_name": nameOf(leaf), "issuer": leaf.Issuer.String(), "serial": leaf.SerialNumber.Text(16),
			"sha256": now.Fingerprint, "sha256_before": before.Fingerprint,
			"not_after": now.NotAfter.Format(time.RFC3339), "not_after_before": before.NotAfter.Format(time.RFC3339),
		},
	}
	switch {
	case before.Issuer != now.Issuer:
		event.Kind, event.Severity = "certificate_changed", plugin.Warning
		event.Title = "The certificate of " + nameOf(leaf) + " is issued by " + now.Issuer + ", before by " + before.Issuer
	case !now.NotAfter.After(before.NotAfter):
		event.Kind, event.Severity = "certificate_changed", plugin.Warning
		event.Title = "The certificate of " + nameOf(leaf) + " is another one that does not last longer, until " + ends
	}
	return event
}
