package webservice

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// margin is left of the run's time to say what was found.
const margin = 250 * time.Millisecond

// collector checks one endpoint.
type collector struct {
	plan *plan
	host plugin.Host
	tls  *tls.Config
	// token is the last one of OAuth 2.
	token             *oauth2.Token
	succeeded, failed float64
}

func newCollector(config Config, host plugin.Host) (*collector, error) {
	p, err := newPlan(config)
	if err != nil {
		return nil, err
	}
	tlsConfig, err := config.TLS.Config()
	if err != nil {
		return nil, err
	}
	return &collector{plan: p, host: host, tls: tlsConfig}, nil
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	r, attempts, err := c.check(ctx)
	if err != nil {
		return err
	}
	now := c.host.Now()
	if !c.plan.UpsideDown {
		c.judgeComfort(r, now)
	}
	state := stateUp
	switch {
	case r.reason != "":
		state = stateDown
		c.failed++
	case r.degraded():
		state = stateDegraded
		c.succeeded++
	default:
		c.succeeded++
	}
	c.measure(out, r, state, attempts, now)
	since := c.remember(out, r, state, now)
	out.SetSnapshot(c.describe(r, state, attempts, since))
	return nil
}

// Check implements plugin.Checker: an endpoint that is down is measured, but
// whoever has just named it wants to know.
func (c *collector) Check(ctx context.Context) error {
	r, _, err := c.check(ctx)
	if err == nil && r.reason != "" {
		return fault.New(fault.Unreachable, "%s", r.message).WithHint("%s", r.hint)
	}
	return err
}

// check tries until an attempt succeeds or no further one is left.
func (c *collector) check(ctx context.Context) (*result, int, error) {
	for attempt := 1; ; attempt++ {
		r, err := c.attempt(ctx)
		if err != nil {
			return nil, attempt, err
		}
		if c.plan.UpsideDown {
			r.turn()
		}
		if r.reason == "" || attempt > c.plan.Retries || !c.timeLeft(ctx) {
			return r, attempt, nil
		}
		if err := pause(ctx, c.plan.RetryDelay.Std()); err != nil {
			return nil, attempt, fault.As(fault.Canceled, err, "checking %s", shown(c.plan.target))
		}
	}
}

// timeLeft reports whether the run has the time for a pause and an attempt.
func (c *collector) timeLeft(ctx context.Context) bool {
	deadline, bounded := ctx.Deadline()
	return !bounded || time.Until(deadline) > c.plan.RetryDelay.Std()+c.plan.Timeout.Std()/2+margin
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// attempt checks once. It fails only when nothing can be said about the
// endpoint.
func (c *collector) attempt(ctx context.Context) (*result, error) {
	limit := c.plan.Timeout.Std()
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, max(time.Until(deadline)-margin, time.Millisecond))
	}
	inner, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r := &result{}
	watch := &stopwatch{now: c.host.Now}
	start := c.host.Now()
	var err error
	switch c.plan.kind {
	case typeHTTP:
		err = c.checkHTTP(inner, r, watch)
	case typeTCP:
		err = c.checkTCP(inner, r, watch)
	case typeWebSocket:
		err = c.checkWebSocket(inner, r, watch)
	default:
		err = c.checkPing(inner, r)
	}
	r.duration = c.host.Now().Sub(start)
	r.phases = watch.phases()
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil, fault.As(fault.Canceled, ctx.Err(), "checking %s", shown(c.plan.target))
	}
	if err != nil {
		return nil, fault.Wrap(err, "checking %s", shown(c.plan.target))
	}
	return r, nil
}

// judgeComfort judges what makes an endpoint degraded: slowness, and a
// certificate that ends soon.
func (c *collector) judgeComfort(r *result, now time.Time) {
	if most := c.plan.MaxResponseTime; most > 0 && r.reason == "" {
		took := r.duration.Round(time.Millisecond)
		r.judge(verdict{Name: "latency", OK: r.duration <= most.Std(), Detail: fmt.Sprintf("%v, at most %v", took, most)})
	}
	if expiry, ok := r.expiry(); ok && c.plan.MinCertificate > 0 {
		r.judge(verdict{
			Name: "certificate", OK: expiry.Sub(now) >= c.plan.MinCertificate.Std(),
			Detail: "ends on " + expiry.UTC().Format(time.DateOnly),
		})
	}
}

func (c *collector) measure(out *plugin.Batch, r *result, state string, attempts int, now time.Time) {
	kind := c.plan.kind
	out.AddBool("probe_success", r.reason == "", "type", kind)
	out.AddState("probe_state", state, states())
	out.Add("probe_duration_seconds", r.duration.Seconds(), "type", kind)
	for phase, took := range r.phases {
		out.Add("probe_phase_duration_seconds", took.Seconds(), "phase", phase)
	}
	out.Add("probe_attempts", float64(attempts))
	out.Add("probe_checks_total", c.succeeded, "result", "success")
	out.Add("probe_checks_total", c.failed, "result", "failure")
	if r.reason != "" {
		out.Add("probe_failure", 1, "reason", r.reason)
	}
	for _, v := range r.verdicts {
		out.AddBool("probe_assertion_success", v.OK, "assertion", v.Name)
	}
	if r.ip != 0 {
		out.Add("probe_ip_protocol", float64(r.ip))
	}
	if r.status != 0 {
		out.Add("probe_http_status_code", float64(r.status))
		out.Add("probe_http_redirects", float64(len(r.redirects)))
		out.Add("probe_http_version", r.version)
		if kind == typeHTTP {
			out.Add("probe_http_response_bytes", float64(r.bytes))
		}
	}
	if expiry, ok := r.expiry(); ok {
		out.Add("probe_tls_cert_expiry_timestamp_seconds", float64(expiry.Unix()))
		out.Add("probe_tls_cert_remaining_seconds", expiry.Sub(now).Round(time.Second).Seconds())
	}
	if r.tls != nil {
		out.Add("probe_tls_info", 1, "version", tls.VersionName(r.tls.Version), "cipher", tls.CipherSuiteName(r.tls.CipherSuite))
	}
	if r.ping != nil {
		out.Add("probe_icmp_packet_loss_ratio", r.ping.loss)
		if r.ping.loss < 1 {
			out.Add("probe_icmp_rtt_seconds", r.ping.min.Seconds(), "stat", "min")
			out.Add("probe_icmp_rtt_seconds", r.ping.avg.Seconds(), "stat", "avg")
			out.Add("probe_icmp_rtt_seconds", r.ping.max.Seconds(), "stat", "max")
		}
	}
}

// memory is what outlives the collector.
type memory struct {
	State       string    `json:"state"`
	Since       time.Time `json:"since"`
	Certificate string    `json:"certificate,omitempty"`
}

// remember tells what changed since the last check, and since when the endpoint
// is in its state.
func (c *collector) remember(out *plugin.Batch, r *result, state string, now time.Time) time.Time {
	const key = "last"
	last, _ := plugin.Recall[memory](c.host.State, key)
	next := memory{State: state, Since: last.Since, Certificate: last.Certificate}
	if last.State != state {
		next.Since = now.UTC().Truncate(time.Second)
	}
	if last.State != "" && last.State != state {
		out.Event(c.changed(r, state, last, now))
	}
	if len(r.chain) > 0 {
		digest := sha256.Sum256(r.chain[0].Raw)
		next.Certificate = hex.EncodeToString(digest[:])
		if last.Certificate != "" && last.Certificate != next.Certificate {
			out.Event(plugin.Event{
				Kind: "certificate_changed", Severity: plugin.Info, Title: "The certificate is another one",
				Detail: map[string]string{
					"subject": r.chain[0].Subject.String(), "issuer": r.chain[0].Issuer.String(),
					"not_after": r.chain[0].NotAfter.UTC().Format(time.RFC3339),
				},
			})
		}
	}
	out.Problem(plugin.Keep(c.host.State, key, next))
	return next.Since
}

func (c *collector) changed(r *result, state string, last memory, now time.Time) plugin.Event {
	event := plugin.Event{Kind: "endpoint_" + state, Detail: map[string]string{
		"url": shown(c.plan.target), "before": last.State, "lasted": now.Sub(last.Since).Round(time.Second).String(),
	}}
	switch state {
	case stateDown:
		event.Severity, event.Title = plugin.Critical, "Down: "+r.message
		event.Detail["reason"] = r.reason
	case stateDegraded:
		event.Severity, event.Title = plugin.Warning, "Degraded"
		for _, v := range r.verdicts {
			if !v.OK {
				event.Title = "Degraded: " + v.Name + ", " + v.Detail
			}
		}
	default:
		event.Severity, event.Title = plugin.Info, "Up again"
	}
	return event
}
