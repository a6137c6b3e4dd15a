package certificate

import (
	"context"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

const (
	domainKey = "domain"
	// domainEvery is how often a registry is asked, whatever the interval is.
	domainEvery = 24 * time.Hour
	// domainAgain is how soon it is asked again when it gave no answer.
	domainAgain = 6 * time.Hour
)

// registration is what the registry said of a domain.
type registration struct {
	Domain  string    `json:"domain"`
	Expires time.Time `json:"expires,omitzero"`
	Asked   time.Time `json:"asked"`
	// Unanswered is why there was no answer, when that was so.
	Unanswered string `json:"unanswered,omitempty"`
}

// domain asks when the registration of the domain ends, at most once a day: what
// is known is kept between runs. It returns nil where there is no domain.
func (c *collector) domain(ctx context.Context, now time.Time) (*registration, error) {
	if !c.config.DomainExpiry || c.name == "" {
		return nil, nil
	}
	name := registrable(c.name)
	if name == "" {
		return nil, nil
	}
	known, _ := plugin.Recall[registration](c.host.State, domainKey)
	pause := domainEvery
	if known.Unanswered != "" {
		pause = domainAgain
	}
	if known.Domain == name && now.Sub(known.Asked) < pause && !now.Before(known.Asked) {
		return &known, nil
	}
	if known.Domain != name {
		known = registration{Domain: name}
	}
	known.Asked, known.Unanswered = now.UTC().Truncate(time.Second), ""
	expires, err := c.askRegistry(ctx, name)
	if err != nil {
		known.Unanswered = err.Error()
	} else {
		known.Expires = expires
	}
	if kept := plugin.Keep(c.host.State, domainKey, known); err == nil {
		err = kept
	}
	return &known, err
}

// registrable returns the domain that somebody registered: example.co.uk of
// cloud.example.co.uk. A name that only the household knows has none.
func registrable(name string) string {
	if _, err := netip.ParseAddr(name); err == nil {
		return ""
	}
	suffix, listed := publicsuffix.PublicSuffix(name)
	if !listed || suffix == name || strings.HasSuffix(suffix, "arpa") {
		return ""
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return ""
	}
	return domain
}

// askRegistry asks over RDAP (RFC 9082, 9083).
func (c *collector) askRegistry(ctx context.Context, name string) (time.Time, error) {
	client, err := fetch.New(fetch.Config{URL: c.config.RDAPURL, Timeout: c.config.Timeout, TLS: fetch.TLS{Verify: true}}, c.host, fetch.WithMaxBody(1<<20))
	if err != nil {
		return time.Time{}, err
	}
	defer func() { _ = client.Close() }()
	var answer struct {
		Events []struct {
			Action string `json:"eventAction"`
			Date   string `json:"eventDate"`
		} `json:"events"`
	}
	if err := client.GetJSON(ctx, "/domain/"+url.PathEscape(name), &answer); err != nil {
		return time.Time{}, fault.Wrap(err, "asking when the registration of %s ends", name)
	}
	for _, event := range answer.Events {
		if event.Action != "expiration" {
			continue
		}
		at, err := time.Parse(time.RFC3339, event.Date)
		if err != nil {
			return time.Time{}, fault.New(fault.BadAnswer, "asking when the registration of %s ends: %q is no date", name, shorten(event.Date))
		}
		return at.UTC(), nil
	}
	return time.Time{}, fault.New(fault.NotFound, "the registry does not say when the registration of %s ends", name).
		WithHint("some registries keep that to themselves; switch check_domain_expiry off")
}
