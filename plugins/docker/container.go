package docker

import (
	"context"
	"errors"
	"hash/fnv"
	"io"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// known is a container with what is known about it. It lives as long as the
// container is listed.
type known struct {
	apiContainer

	detail    *apiInspect // nil when it could not be had
	signature string      // of the list, when detail was asked for
	inspected time.Time   // when it was had
	again     time.Time   // when to ask for it again

	figures *figures // of this run; nil when it does not run
	usage   usageRates
	cpu     float64 // seconds, of the run before
}

// usageRates are figures per second since the run before; NaN when unknown.
type usageRates struct {
	cores                 float64
	rx, tx, reads, writes float64
}

func unknownRates() usageRates {
	nan := math.NaN()
	return usageRates{nan, nan, nan, nan, nan}
}

// health returns healthy, starting or unhealthy, or "" when the container has
// no health check or does not run.
func (k *known) health() string {
	if !running(k.State) {
		return ""
	}
	word := ""
	switch {
	case k.Health != nil:
		word = k.Health.Status
	case strings.HasSuffix(k.Status, "(healthy)"):
		word = "healthy"
	case strings.HasSuffix(k.Status, "(unhealthy)"):
		word = "unhealthy"
	case strings.HasSuffix(k.Status, "(health: starting)"):
		word = "starting"
	case k.detail != nil && k.detail.State.Health != nil:
		word = k.detail.State.Health.Status
	}
	switch word {
	case "healthy", "unhealthy", "starting":
		return word
	default:
		return ""
	}
}

// checked reports whether the container has a health check.
func (k *known) checked() bool {
	return k.detail != nil && k.detail.State.Health != nil && k.detail.State.Health.Status != "" &&
		k.detail.State.Health.Status != "none"
}

// ended reports whether the container has run and does not any more.
func (k *known) ended() bool {
	return k.State == "exited" || k.State == "dead" || k.State == "restarting"
}

// cpuLimit returns how many cores the container may use; NaN without a limit.
func (k *known) cpuLimit() float64 {
	if k.detail == nil {
		return math.NaN()
	}
	host := k.detail.HostConfig
	switch {
	case host.NanoCpus > 0:
		return float64(host.NanoCpus) / 1e9
	case host.CPUQuota > 0 && host.CPUPeriod > 0:
		return float64(host.CPUQuota) / float64(host.CPUPeriod)
	case host.CPUQuota > 0:
		return float64(host.CPUQuota) / 100_000 // the kernel's period
	default:
		return math.NaN()
	}
}

// memoryLimit returns how much memory the container may use; NaN without a
// limit. The figures name the machine's memory when there is none.
func (k *known) memoryLimit(machine int64) float64 {
	if k.detail != nil {
		if k.detail.HostConfig.Memory > 0 {
			return float64(k.detail.HostConfig.Memory)
		}
		return math.NaN()
	}
	if k.figures != nil && machine > 0 && k.figures.memoryLimit < float64(machine) {
		return k.figures.memoryLimit
	}
	return math.NaN()
}

// traffic adds up the container's own interfaces; false when it has none. On
// the host's network Podman gives zeros where Docker gives nothing.
func (k *known) traffic() (apiTraffic, bool) {
	if k.detail != nil && (k.detail.HostConfig.NetworkMode == "host" || k.detail.HostConfig.NetworkMode == "none") {
		return apiTraffic{}, false
	}
	return k.figures.traffic()
}

// restarts reports whether the engine is asked to start the container again
// after it died.
func (k *known) restarts() bool {
	switch k.detail.HostConfig.RestartPolicy.Name {
	case "always", "unless-stopped", "on-failure":
		return true
	default:
		return false
	}
}

// signatureOf changes when something did that only an inspection tells.
func signatureOf(c apiContainer) string {
	status, _, _ := strings.Cut(c.Status, " ")
	if open := strings.LastIndexByte(c.Status, '('); open >= 0 {
		status += c.Status[open:] // health, or the exit code with its age
		status, _, _ = strings.Cut(status, ")")
	}
	health := ""
	if c.Health != nil {
		health = c.Health.Status
	}
	return c.State + "|" + status + "|" + health + "|" + c.name()
}

// track brings what is known up to the list, and returns it in its order.
func (c *collector) track(list []apiContainer, changed map[string]bool) []*known {
	next := make(map[string]*known, len(list))
	watched := make([]*known, 0, len(list))
	for _, container := range list {
		k := c.containers[container.ID]
		if k == nil {
			k = &known{}
		}
		k.apiContainer, k.figures, k.usage = container, nil, unknownRates()
		signature := signatureOf(container)
		if changed[container.ID] || k.signature != signature {
			k.signature, k.again = signature, time.Time{}
		}
		next[container.ID] = k
		watched = append(watched, k)
	}
	c.containers = next
	return watched
}

// inspect asks for the detail of the containers for which it is due.
func (c *collector) inspect(ctx context.Context, watched []*known, now time.Time) error {
	var due []*known
	for _, k := range watched {
		// Podman's list does not tell health.
		if !now.Before(k.again) || c.engine.podman && k.checked() {
			due = append(due, k)
		}
	}
	return several(each(ctx, c.config.Concurrency, due, func(ctx context.Context, k *known) error {
		return c.inspectOne(ctx, k, now)
	}))
}

func (c *collector) inspectOne(ctx context.Context, k *known, now time.Time) error {
	var detail apiInspect
	err := c.client.get(ctx, "/containers/"+url.PathEscape(k.ID)+"/json", nil, &detail)
	if err != nil {
		if gone(err) {
			return nil
		}
		k.again = now.Add(retryEvery)
		return fault.Wrap(err, "inspecting the container %s", k.name())
	}
	k.detail, k.inspected, k.again = &detail, now, now.Add(inspectEvery+spread(k.ID))
	return nil
}

// spread keeps containers from being inspected all at the same time.
func spread(id string) time.Duration {
	h := fnv.New32a()
	_, _ = io.WriteString(h, id)
	return time.Duration(h.Sum32()%60) * time.Second
}

// gone reports whether a container was removed or stopped since it was listed.
func gone(err error) bool { return fault.Of(err) == fault.NotFound || errors.Is(err, errEmpty) }

// measure asks for the figures of the containers that run.
func (c *collector) measure(ctx context.Context, watched []*known, now time.Time) error {
	c.rates.Start(now)
	if !c.config.CollectStats {
		return nil
	}
	var run []*known
	for _, k := range watched {
		if running(k.State) {
			run = append(run, k)
		}
	}
	errs := each(ctx, c.statsAtOnce(), run, c.measureOne)
	var restarted []*known
	for _, k := range run {
		if k.figures == nil {
			continue
		}
		// Less CPU time than before: it was started again since it was inspected.
		if k.figures.cpuSeconds < k.cpu && !k.inspected.Equal(now) {
			restarted = append(restarted, k)
		}
		k.cpu = k.figures.cpuSeconds
	}
	errs = append(errs, each(ctx, c.config.Concurrency, restarted, func(ctx context.Context, k *known) error {
		return c.inspectOne(ctx, k, now)
	})...)
	for _, k := range run {
		if k.figures != nil {
			k.usage = c.ratesOf(k)
		}
	}
	return several(errs)
}

func (c *collector) measureOne(ctx context.Context, k *known) error {
	var stats apiStats
	err := c.client.get(ctx, "/containers/"+url.PathEscape(k.ID)+"/stats", c.statsQuery(), &stats)
	if err != nil {
		if gone(err) {
			return nil
		}
		return fault.Wrap(err, "measuring the container %s", k.name())
	}
	if f, ok := figuresOf(&stats, c.engine.windows()); ok {
		k.figures = &f
	}
	return nil
}

// statsQuery asks for one set of figures at once. Before API 1.41 the engine
// takes two, a second apart, unless it is asked for a stream, of which the
// first is read.
func (c *collector) statsQuery() url.Values {
	if c.client.api != 0 && c.client.api < 41 {
		return url.Values{"stream": {"true"}}
	}
	return url.Values{"stream": {"false"}, "one-shot": {"true"}}
}

// statsAtOnce returns how many containers are asked for figures at once. Docker
// up to 20.10 answers all of them when its clock strikes the second, so that
// asking some at a time costs a second for each lot and spares it nothing.
func (c *collector) statsAtOnce() int {
	if c.client.api != 0 && c.client.api <= 41 && !c.engine.podman {
		return max(c.config.Concurrency, 64)
	}
	return c.config.Concurrency
}

// ratesOf compares the figures with those of the run before. CPU is measured
// against the time at which the engine read it.
func (c *collector) ratesOf(k *known) usageRates {
	started := int64(0)
	if k.detail != nil {
		started = k.detail.State.StartedAt.UnixNano()
	}
	rate := func(what byte, value float64) float64 {
		if math.IsNaN(value) {
			return value
		}
		r, ok := c.rates.Ratio(rateKey{k.ID, started, what}, value, float64(k.figures.read.UnixNano())/1e9)
		if !ok {
			return math.NaN()
		}
		return r
	}
	usage := unknownRates()
	usage.cores = rate('c', k.figures.cpuSeconds)
	if sum, ok := k.traffic(); ok {
		usage.rx, usage.tx = rate('r', float64(sum.RxBytes)), rate('t', float64(sum.TxBytes))
	}
	usage.reads, usage.writes = rate('i', k.figures.readBytes), rate('o', k.figures.writeBytes)
	return usage
}
