package dns

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// knockTime bounds one place: detection is for what answers at once.
const knockTime = plugin.Duration(time.Second)

// webPlaces are where servers with a web interface answer, and the file that says
// that there is one; none for ports that nearly nobody else uses.
func webPlaces() []struct{ name, url, file string } {
	return []struct{ name, url, file string }{
		{"pihole", "http://127.0.0.1", "/etc/pihole"},
		{"pihole", "http://127.0.0.1:8080", "/etc/pihole"},
		{"adguard", "http://127.0.0.1:3000", ""},
		{"adguard", "http://127.0.0.1", "/opt/AdGuardHome/AdGuardHome.yaml"},
		{"technitium", "http://127.0.0.1:5380", ""},
	}
}

// detect looks for name servers of this machine. It sends no login.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	var findings []plugin.Finding
	if finding, ok := detectUnbound(ctx, host); ok {
		findings = append(findings, finding)
	}
	found := make(map[string]bool)
	for _, place := range webPlaces() {
		if found[place.name] {
			continue
		}
		if place.file != "" {
			if _, err := host.Files.Stat(place.file); err != nil {
				continue
			}
		}
		if finding, ok := detectWeb(ctx, host, place.url); ok {
			found[finding.Name] = true
			findings = append(findings, finding)
		}
	}
	if !found["pihole"] { // whose own name server is a dnsmasq, too
		if finding, ok := detectDnsmasq(ctx, host); ok {
			findings = append(findings, finding)
		}
	}
	return findings, ctx.Err()
}

func detectUnbound(ctx context.Context, host plugin.Host) (plugin.Finding, bool) {
	c := &collector{config: config{Timeout: knockTime}, host: host}
	u, err := c.unbound()
	if err != nil {
		return plugin.Finding{}, false
	}
	finding := plugin.Finding{Name: kindUnbound, Config: map[string]any{"type": kindUnbound, "control": unboundSocket}}
	switch _, err = u.command(ctx, "status"); {
	case err == nil:
		finding.Evidence, finding.Ready = "Unbound answers at "+unboundSocket, true
	case fault.Of(err) == fault.Permission:
		finding.Evidence = "the socket " + unboundSocket + " is there, and Unity may not use it"
		finding.Missing = "the right to use the socket: add Unity's user to the group unbound"
	default:
		return plugin.Finding{}, false
	}
	return finding, true
}

// detectWeb finds out what answers at an address.
func detectWeb(ctx context.Context, host plugin.Host, url string) (plugin.Finding, bool) {
	settings := config{URL: url, Timeout: knockTime, TLS: fetch.TLS{Verify: true}}
	c := &collector{config: settings, host: host}
	var err error
	if c.web, err = fetch.New(settings.web(), host); err != nil {
		return plugin.Finding{}, false
	}
	defer func() { _ = c.web.Close() }()
	found, err := c.identifyWeb(ctx)
	if err != nil {
		return plugin.Finding{}, false
	}
	finding := plugin.Finding{Name: kindPihole, Missing: "the password, or an application password"}
	switch found.(type) {
	case *oldPihole:
		finding.Missing = "the API token"
	case *adGuard:
		finding.Name, finding.Missing = kindAdGuard, "user and password"
	case *technitium:
		finding.Name, finding.Missing = kindTechnitium, "an API token"
	}
	titles := map[string]string{kindPihole: "Pi-hole", kindAdGuard: "AdGuard Home", kindTechnitium: "Technitium"}
	finding.Evidence = titles[finding.Name] + " answers at " + url
	finding.Config = map[string]any{"type": finding.Name, "url": url}
	return finding, true
}

func detectDnsmasq(ctx context.Context, host plugin.Host) (plugin.Finding, bool) {
	c := &collector{config: config{Timeout: knockTime}, host: host}
	d := c.dnsmasq()
	if known, err := d.answers(ctx); err != nil || !known {
		return plugin.Finding{}, false
	}
	return plugin.Finding{
		Name: kindDnsmasq, Ready: true, Evidence: "dnsmasq answers at " + d.address,
		Config: map[string]any{"type": kindDnsmasq, "server": d.address},
	}, true
}
