package certificate_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/certificate"
)

func TestTheEndOfADomainIsAskedOnceADay(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	file := write(t, "nas.pem", bundle(ca.leaf(t, 60*day).chain...))
	start := time.Now().UTC().Truncate(time.Second)
	ends := start.Add(20 * day)
	asked, answer := 0, fmt.Sprintf(`{"objectClassName": "domain", "ldhName": "EXAMPLE.CO.UK", "events": [
		{"eventAction": "registration", "eventDate": "1999-05-01T00:00:00Z"}, {"eventAction": "expiration", "eventDate": %q}]}`, ends.Format(time.RFC3339))
	status := http.StatusOK
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path != "/domain/example.co.uk" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.Header().Set("Content-Type", "application/rdap+json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(registry.Close)
	now := start
	host := plugintest.LiveHost(t, certificate.Plugin())
	host.Now = func() time.Time { return now }
	config := settings{
		"target": file, "tls_ca_file": ca.rootFile, "tls_server_name": "cloud.example.co.uk", "verify_tls": false,
		"check_domain_expiry": true, "rdap_url": registry.URL,
	}
	look := func(after time.Duration, left float64, times int) {
		t.Helper()
		now = now.Add(after)
		s := collect(t, openOn(t, config, host))
		if got := s.values[`domain_remaining_seconds{domain="example.co.uk"}`]; got != left || asked != times {
			t.Errorf("%v s are left after %d questions, want %v after %d", got, asked, left, times)
		}
	}
	look(0, (20 * day).Seconds(), 1)
	look(time.Hour, (20*day - time.Hour).Seconds(), 1)
	look(day, (19*day - time.Hour).Seconds(), 2)

	// What is known stays while the registry does not answer, and it is asked less
	// often then than there are runs.
	status = http.StatusTooManyRequests
	now = now.Add(day)
	s := collect(t, openOn(t, config, host))
	if problems := s.Problems(); len(problems) != 1 {
		t.Fatalf("problems: %v", problems)
	} else {
		plugintest.WantFault(t, problems[0], fault.RateLimited, "asking when the registration of example.co.uk ends", "")
	}
	look(time.Hour, (18*day - 2*time.Hour).Seconds(), 3)
	status, answer = http.StatusOK, `{"events": []}`
	now = now.Add(6 * time.Hour)
	s = collect(t, openOn(t, config, host))
	if problems := s.Problems(); len(problems) != 1 || !strings.Contains(problems[0].Error(), "the registry does not say when") {
		t.Errorf("problems: %v", problems)
	}
}

func TestNamesOfTheHouseholdAreNoDomains(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	file := write(t, "nas.pem", bundle(ca.leaf(t, 60*day).chain...))
	for _, name := range []string{"nas", "nas.lan", "192.168.1.10", "cloud.home.arpa"} {
		s := collect(t, open(t, settings{
			"target": file, "tls_server_name": name, "verify_tls": false, "check_domain_expiry": true, "rdap_url": "http://" + nobody(t),
		}))
		if len(s.Problems()) != 0 {
			t.Errorf("%s: %v", name, s.Problems())
		}
	}
}
