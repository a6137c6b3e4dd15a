package emailserver

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// detectTimeout bounds one place: detection is for what answers at once.
const detectTimeout = 2 * time.Second

// detect greets the usual ports of this machine, and looks for the programs of
// mail servers. What it finds is one source.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	asked := defaults()
	asked.Endpoints, asked.Timeout, asked.Verify = nil, plugin.Duration(detectTimeout), false
	for _, protocol := range []string{"smtp", "submission", "smtps", "imap", "imaps", "pop3", "pop3s", "sieve"} {
		asked.Endpoints = append(asked.Endpoints, endpoint{Name: protocol, Protocol: protocol, Host: "127.0.0.1", TLS: auto})
	}
	opened, err := open(ctx, asked, host)
	c, ok := opened.(*collector)
	if err != nil || !ok {
		return nil, err
	}
	defer func() { _ = c.Close() }() // nothing is open
	var filter bool
	var found []seen
	var group sync.WaitGroup
	group.Go(func() { found = c.look(ctx) })
	group.Go(func() { filter = hasRspamd(ctx, host) })
	group.Wait()

	config, evidence := map[string]any{}, []string{}
	var endpoints []map[string]any
	for _, s := range found {
		if s.state == stateDown {
			continue
		}
		endpoints = append(endpoints, map[string]any{"name": s.endpoint.Name, "protocol": s.endpoint.Protocol, "host": "127.0.0.1"})
	}
	if len(endpoints) > 0 {
		names := make([]string, len(endpoints))
		for i, e := range endpoints {
			names[i], _ = e["name"].(string)
		}
		evidence = append(evidence, strings.Join(names, ", ")+" answer at 127.0.0.1")
	}
	for _, program := range []string{"postqueue", "exim4", "exim", "smtpctl", "doveadm"} {
		if _, err := host.Commands.Find(program); err == nil {
			evidence = append(evidence, "program "+program)
		}
	}
	if len(evidence) == 0 {
		return nil, ctx.Err() // a filter alone is no mail server
	}
	config["endpoints"] = endpoints
	if len(endpoints) == 0 {
		config["endpoints"] = []map[string]any{}
	}
	finding := plugin.Finding{Config: config, Ready: len(endpoints) > 0}
	if !finding.Ready {
		finding.Missing = "where the mail server answers: none of the usual ports of this machine does"
	}
	if filter {
		config["rspamd_url"] = rspamdAt
		evidence = append(evidence, "rspamd answers at "+rspamdAt)
		finding.Ready, finding.Missing = false, "the password of rspamd's controller"
	}
	finding.Evidence = strings.Join(evidence, "; ")
	return []plugin.Finding{finding}, ctx.Err()
}

// rspamdAt is where rspamd's controller is when nobody changed it.
const rspamdAt = "http://127.0.0.1:11334"

// hasRspamd reports whether rspamd answers on this machine.
func hasRspamd(ctx context.Context, host plugin.Host) bool {
	at := fetch.Defaults()
	at.URL, at.Timeout = rspamdAt, plugin.Duration(detectTimeout)
	client, err := fetch.New(at, host)
	if err != nil {
		return false
	}
	defer func() { _ = client.Close() }() // nobody asks again
	answer, err := client.Do(ctx, fetch.Request{Path: "/ping"})
	if err != nil {
		return false
	}
	defer func() { _ = answer.Body.Close() }()
	return strings.HasPrefix(answer.Header.Get("Server"), "rspamd")
}
