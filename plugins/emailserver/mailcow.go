package emailserver

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

const (
	// fullFrom is from where a mailbox counts as full.
	fullFrom = 0.9
	// maxContainers and maxJobs bound what is told apart.
	maxContainers, maxJobs = 60, 100
)

// cow is what mailcow says of itself. What it would not say is nil.
type cow struct {
	version    string
	containers []container
	used       *float64 // of the disk with the mail
	mailboxes  *int
	full       *int
	fullest    []mailbox
	quarantine *int
	jobs       []syncJob
	queue      *queue
	problems   []error
}

// container is one of mailcow's.
type container struct {
	Name  string `json:"name"`
	State string `json:"state"`
	Image string `json:"image,omitempty"`
}

// mailbox is one that has a quota.
type mailbox struct {
	Address  string  `json:"address"`
	Used     float64 `json:"used_bytes"`
	Quota    float64 `json:"quota_bytes"`
	Ratio    float64 `json:"used_ratio"`
	Messages float64 `json:"messages"`
}

// syncJob fetches mail from elsewhere.
type syncJob struct {
	id   string
	last time.Time
}

// number is one that mailcow may write as a text. What is none is absent.
type number struct{ value *float64 }

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(raw []byte) error {
	text := strings.TrimSuffix(strings.Trim(string(raw), `" `), "%")
	if value, err := strconv.ParseFloat(text, 64); err == nil && value >= 0 && value < 1e18 {
		n.value = &value
	}
	return nil
}

func (n number) or(other float64) float64 {
	if n.value == nil {
		return other
	}
	return *n.value
}

// askMailcow asks mailcow; nil where it is not asked.
func (c *collector) askMailcow(ctx context.Context) (*cow, error) {
	if c.mailcow == nil {
		return nil, nil //nolint:nilnil // nobody wants it asked
	}
	// mailcow bans addresses whose key is refused too often.
	token, err := c.config.MailcowToken.Reveal()
	if err != nil {
		return nil, err
	}
	guard := c.key.with(token)
	if err := guard.Refused(c.host.Now()); err != nil {
		return nil, err
	}
	m := new(cow)
	err = m.containersOf(ctx, c.mailcow)
	if kind := fault.Of(err); err != nil && (kind == fault.Auth || kind == fault.Permission) {
		refused := fault.As(fault.Auth, err, "asking mailcow: %s", saidOf(err)).WithHint("%s", mailcowHint)
		return nil, guard.Note(refused, c.host.Now())
	} else if err != nil {
		return nil, fault.Wrap(err, "asking mailcow")
	}
	_ = guard.Note(nil, c.host.Now())
	m.more(ctx, c.mailcow, c.host.Now())
	return m, nil
}

const mailcowHint = "make a read-only key under Configuration, Access, API, and allow Unity's address there"

// saidOf is what mailcow says when it refuses: {"type":"error","msg":"…"}.
func saidOf(err error) string {
	status := (*fetch.StatusError)(nil)
	var said struct{ Msg string }
	if errors.As(err, &status) && json.Unmarshal(status.Body, &said) == nil && said.Msg != "" {
		return plugin.Shorten(said.Msg, 120)
	}
	return "the key is refused"
}

// containersOf asks for the containers, which every mailcow has.
func (m *cow) containersOf(ctx context.Context, client *fetch.Client) error {
	var answer map[string]json.RawMessage
	if err := client.GetJSON(ctx, "/api/v1/get/status/containers", &answer); err != nil {
		return err
	}
	for name, raw := range answer {
		var one container
		if json.Unmarshal(raw, &one) != nil || one.State == "" {
			continue
		}
		one.Name, one.State, one.Image = plugin.Shorten(strings.TrimSuffix(name, "-mailcow"), 60), plugin.Shorten(one.State, 30), plugin.Shorten(one.Image, 100)
		m.containers = append(m.containers, one)
	}
	if len(m.containers) == 0 {
		return fault.New(fault.WrongService, "GET %s: what answers is not mailcow", client.URL("/api/v1/get/status/containers")).
			WithHint("check the address: that of mailcow's interface, without a path")
	}
	slices.SortFunc(m.containers, func(a, b container) int { return cmp.Compare(a.Name, b.Name) })
	m.containers = m.containers[:min(len(m.containers), maxContainers)]
	return nil
}

// more asks for all the rest. What is refused is left out and said.
func (m *cow) more(ctx context.Context, client *fetch.Client, now time.Time) {
	try := func(path string, ask func(path string) error) {
		if err := ask("/api/v1/get/" + path); err != nil {
			m.problems = append(m.problems, fault.Wrap(err, "asking mailcow"))
		}
	}
	try("status/version", func(path string) error {
		var said struct{ Version string }
		err := client.GetJSON(ctx, path, &said)
		m.version = plugin.Shorten(said.Version, 40)
		return err
	})
	try("status/vmail", func(path string) error {
		var said struct {
			Percent number `json:"used_percent"`
		}
		err := client.GetJSON(ctx, path, &said)
		if said.Percent.value != nil {
			ratio := *said.Percent.value / 100
			m.used = &ratio
		}
		return err
	})
	try("mailbox/all", func(path string) error { return m.readMailboxes(ctx, client, path) })
	try("quarantine/all", func(path string) error {
		n, err := each(ctx, client, path, func(struct{}) {})
		if err == nil {
			m.quarantine = &n
		}
		return err
	})
	try("syncjobs/all/no_log", func(path string) error {
		_, err := each(ctx, client, path, func(job struct {
			ID     json.RawMessage `json:"id"`
			Last   string          `json:"last_run"`
			Active number          `json:"active"`
		},
		) {
			last, err := time.ParseInLocation(time.DateTime, job.Last, time.Local)
			if id := strings.Trim(string(job.ID), `"`); err == nil && job.Active.or(1) > 0 && id != "" && len(m.jobs) < maxJobs {
				m.jobs = append(m.jobs, syncJob{id: plugin.Shorten(id, 20), last: last})
			}
		})
		return err
	})
	try("mailq/all", func(path string) error { return m.readQueue(ctx, client, path, now) })
}

// readMailboxes counts the mailboxes and keeps the fullest.
func (m *cow) readMailboxes(ctx context.Context, client *fetch.Client, path string) error {
	full := 0
	n, err := each(ctx, client, path, func(one struct {
		Username string `json:"username"`
		Quota    number `json:"quota"`
		Used     number `json:"quota_used"`
		Messages number `json:"messages"`
	},
	) {
		quota := one.Quota.or(0)
		if quota == 0 {
			return // it may grow as it likes
		}
		box := mailbox{Address: plugin.Shorten(one.Username, 100), Used: one.Used.or(0), Quota: quota, Ratio: one.Used.or(0) / quota, Messages: one.Messages.or(0)}
		if box.Ratio >= fullFrom {
			full++
		}
		at, _ := slices.BinarySearchFunc(m.fullest, box, func(a, b mailbox) int { return cmp.Compare(b.Ratio, a.Ratio) })
		if at < maxRows {
			m.fullest = slices.Insert(m.fullest, at, box)
			m.fullest = m.fullest[:min(len(m.fullest), maxRows)]
		}
	})
	if err == nil {
		m.mailboxes, m.full = &n, &full
	}
	return err
}

// readQueue reads the queue of mailcow's Postfix.
func (m *cow) readQueue(ctx context.Context, client *fetch.Client, path string, now time.Time) error {
	q := newQueue(mtaPostfix, "active", "deferred", "hold", "incoming", "maildrop")
	q.details = true
	_, err := each(ctx, client, path, func(one struct {
		Queue      string   `json:"queue_name"`
		ID         string   `json:"queue_id"`
		Arrival    number   `json:"arrival_time"`
		Size       number   `json:"message_size"`
		Sender     string   `json:"sender"`
		Recipients []string `json:"recipients"`
	},
	) {
		if one.Queue == "" {
			return
		}
		reasons := make([]string, len(one.Recipients))
		for i, text := range one.Recipients { // user@domain (why it waits)
			one.Recipients[i], reasons[i], _ = strings.Cut(text, " ")
			reasons[i] = strings.TrimSuffix(strings.TrimPrefix(reasons[i], "("), ")")
		}
		age := max(0, float64(now.Unix())-one.Arrival.or(float64(now.Unix())))
		q.add(message{ID: plugin.Shorten(one.ID, 40), Queue: plugin.Shorten(one.Queue, 20), Age: age, Bytes: one.Size.or(0), Sender: domainOf(one.Sender)}, one.Recipients, reasons)
	})
	if err == nil {
		m.queue = q
	}
	return err
}

// each reads a list one after another, however long it is. An empty one is {} in
// mailcow.
func each[T any](ctx context.Context, client *fetch.Client, path string, tell func(T)) (int, error) {
	n, odd := 0, false
	err := client.Stream(ctx, fetch.Request{Path: path}, fetch.Stream{
		Lists: fetch.Lists{"": fetch.Each(func(one T) { tell(one); n++ })},
		Value: func(string, any) { odd = true }, // it is no list, but says something
	})
	if err == nil && odd {
		err = fault.New(fault.BadAnswer, "GET %s: the answer is not what was expected", client.URL(path))
	}
	return n, err
}

// emit makes samples of what mailcow says.
func (m *cow) emit(now time.Time, out *plugin.Batch) {
	for _, one := range m.containers {
		out.AddBool("mailcow_container_running", one.State == "running", "container", one.Name)
	}
	if m.used != nil {
		out.Add("mailcow_vmail_used_ratio", *m.used)
	}
	for name, n := range map[string]*int{
		"mailcow_mailboxes": m.mailboxes, "mailcow_mailboxes_over_quota": m.full, "mailcow_quarantine_messages": m.quarantine,
	} {
		if n != nil {
			out.Add(name, float64(*n))
		}
	}
	for _, job := range m.jobs {
		out.Add("mailcow_syncjob_age_seconds", max(0, now.Sub(job.last).Seconds()), "syncjob", job.id)
	}
	for _, problem := range m.problems {
		out.Problem(problem)
	}
}
