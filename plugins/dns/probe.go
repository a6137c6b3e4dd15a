package dns

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/unity-homelab/unity/plugin"
)

// asked is a probe, ready to be asked.
type asked struct {
	probe
	asker  asker
	expect *regexp.Regexp
}

func newAsked(p probe, config config, host plugin.Host) (asked, error) {
	expect, err := regexp.Compile(p.ExpectRegex)
	if err != nil {
		return asked{}, err // Validate said so
	}
	a := asker{host: host, transport: p.Transport, address: p.Server, timeout: config.Timeout.Std(), security: config.TLS}
	switch p.Transport {
	case transportHTTPS:
	case transportTLS:
		a.address = addressOf(p.Server, "853")
	default:
		a.address = addressOf(p.Server, "53")
	}
	return asked{probe: p, asker: a, expect: expect}, nil
}

// probed is what a probe found.
type probed struct {
	reply reply
	took  time.Duration
	err   error
}

// probesAtOnce bounds how many names are asked for at the same time.
const probesAtOnce = 8

// probe asks for every name, several at once.
func (c *collector) probe(ctx context.Context, out *plugin.Batch, doc *document) {
	results := make([]probed, len(c.probes))
	places := make(chan struct{}, probesAtOnce)
	var group sync.WaitGroup
	for i, p := range c.probes {
		group.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			start := c.host.Now()
			r, err := p.asker.ask(ctx, p.Query, recordTypes()[p.Type], dnsmessage.ClassINET, p.DNSSEC)
			results[i] = probed{reply: r, took: c.host.Now().Sub(start), err: err}
		})
	}
	group.Wait()
	for i, p := range c.probes {
		row := p.judge(results[i])
		labels := []string{"probe", p.label(), "record_type", p.Type, "transport", p.Transport}
		out.AddBool("dns_probe_success", row.Status == "ok", labels...)
		if results[i].err == nil {
			out.Add("dns_probe_duration_seconds", results[i].took.Seconds(), labels...)
			out.Add("dns_probe_rcode", float64(results[i].reply.code), labels...)
			out.Add("dns_probe_answers", float64(len(results[i].reply.answers)), labels...)
		}
		doc.Probes = append(doc.Probes, row)
	}
}

// maxAnswersShown bounds what the page shows of an answer.
const maxAnswersShown = 10

// judge says whether what came is what was expected.
func (p asked) judge(r probed) probeRow {
	row := probeRow{
		Name: p.label(), Query: p.Query, Type: p.Type, Server: p.asker.address, Transport: p.Transport, Status: "failed", Answers: []string{},
	}
	if r.err != nil {
		row.Message = r.err.Error()
		return row
	}
	row.Rcode = r.reply.rcode
	row.Answers = append(row.Answers, r.reply.answers[:min(len(r.reply.answers), maxAnswersShown)]...)
	slices.Sort(row.Answers) // servers turn them around each time
	switch {
	case row.Rcode != p.ExpectRcode:
		row.Message = "the code is " + row.Rcode + ", expected " + p.ExpectRcode
	case p.ExpectRegex != "" && !slices.ContainsFunc(r.reply.answers, p.expect.MatchString):
		row.Message = "no answer matches " + p.ExpectRegex
		if len(r.reply.answers) == 0 {
			row.Message = "there is no answer of type " + p.Type
		}
	case p.DNSSEC && !r.reply.authenticated:
		row.Message = "the server does not say that the answer is verified"
	default:
		row.Status = "ok"
	}
	row.Message = strings.TrimSpace(row.Message)
	return row
}
