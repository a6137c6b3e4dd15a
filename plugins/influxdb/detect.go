package influxdb

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// detectTimeout bounds one place: detection is for what answers at once.
const detectTimeout = 2 * time.Second

// detect asks at the usual ports of this machine, without a login.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	var findings []plugin.Finding
	for _, place := range []struct{ name, url string }{{"", "http://127.0.0.1:8086"}, {"3", "http://127.0.0.1:8181"}} {
		if finding, ok := find(ctx, host, place.url); ok {
			if len(findings) > 0 {
				finding.Name = place.name
			}
			findings = append(findings, finding)
		}
	}
	return findings, ctx.Err()
}

func find(ctx context.Context, host plugin.Host, url string) (plugin.Finding, bool) {
	at := fetch.Defaults()
	at.URL, at.Timeout = url, plugin.Duration(detectTimeout)
	client, err := fetch.New(at, host)
	if err != nil {
		return plugin.Finding{}, false
	}
	defer func() { _ = client.Close() }()
	finding := plugin.Finding{Config: map[string]any{"url": url}}
	who, err := ping(ctx, client)
	switch {
	case err == nil && who.major == "1":
		finding.Evidence, finding.Ready = "InfluxDB "+who.version+" answers at "+url, true
		finding.Ready = client.JSON(ctx, fetch.Request{Path: "/query?q=SHOW+DATABASES"}, nil) == nil
		if !finding.Ready {
			finding.Missing = "the user and password of somebody who may read the databases"
		}
	case err == nil:
		finding.Evidence = "InfluxDB " + who.version + " answers at " + url
		finding.Missing = "a token that may read buckets, tasks and organizations"
	case fault.Of(err) == fault.Auth && url == "http://127.0.0.1:8181":
		finding.Evidence = "a server at " + url + " wants a login for /ping, as InfluxDB 3 does"
		finding.Missing = "a token"
	default:
		return plugin.Finding{}, false
	}
	return finding, true
}
