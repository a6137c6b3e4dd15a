package downloadmanager

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// collector watches one download manager.
type collector struct {
	config config
	host   plugin.Host
	plain  *fetch.Client // says nothing of the login
	basic  *fetch.Client // logs in with every request
	login  *gate

	kind   string // who answers, once it is known
	asking driver // how it is asked; what it keeps between runs
}

// driver asks a download manager of one kind.
type driver interface {
	read(ctx context.Context, out *plugin.Batch) (*reading, error)
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	r, err := c.read(ctx, out)
	if err != nil {
		return err
	}
	now := c.host.Now()
	r.emit(c.config, now, out)
	finished, err := c.tell(r, now, out)
	out.Problem(err)
	if r.usenet {
		out.Add("download_manager_jobs_finished_total", finished.Success, "client", r.client, "result", "success")
		out.Add("download_manager_jobs_finished_total", finished.Failed, "client", r.client, "result", "failed")
	}
	out.SetSnapshot(r.document(c.config, now))
	return nil
}

// Check implements plugin.Checker: all that is asked is needed.
func (c *collector) Check(ctx context.Context) error {
	_, err := c.read(ctx, plugin.NewBatch(Plugin()))
	return err
}

// Close implements io.Closer.
func (c *collector) Close() error { return errors.Join(c.plain.Close(), c.basic.Close()) }

func (c *collector) read(ctx context.Context, out *plugin.Batch) (*reading, error) {
	if c.asking == nil {
		kind := c.config.Client
		if kind == auto {
			var err error
			if kind, err = identify(ctx, c.plain, c.config.RPCPath); err != nil {
				return nil, err
			}
		}
		c.kind, c.asking = kind, c.driver(kind)
	}
	r, err := c.asking.read(ctx, out)
	switch kind := fault.Of(err); {
	case err == nil:
		r.client = c.kind
		c.login.accepted()
	case kind == fault.WrongService, kind == fault.NotFound:
		c.asking = nil // something else may answer there next time
	}
	return r, err
}

func (c *collector) driver(kind string) driver {
	switch kind {
	case qbittorrent:
		return &qbittorrentDriver{c: c}
	case transmission:
		return &transmissionDriver{c: c}
	case deluge:
		return &delugeDriver{c: c}
	case sabnzbd:
		return &sabnzbdDriver{c: c}
	default:
		return &nzbgetDriver{c: c}
	}
}

// password returns the secret that the login is made with.
func (c *collector) password() (string, error) {
	secret, err := c.config.Password.Reveal()
	return secret, fault.Wrap(err, "reading the password")
}

// withBasic asks with user and password, unless they were refused just now.
func (c *collector) withBasic(ctx context.Context, name string, r fetch.Request, into any) error {
	secret, err := c.password()
	if err != nil {
		return err
	}
	if err := c.login.shut(secret, c.host.Now()); err != nil {
		return err
	}
	err = c.basic.JSON(ctx, r, into)
	if statusOf(err) != http.StatusUnauthorized {
		return err
	}
	if c.config.Username == "" && secret == "" {
		return fault.As(fault.Auth, err, "%s wants a login", name).WithHint("set user and password")
	}
	err = fault.As(fault.Auth, err, "%s does not know the user, or the password is another", name).WithHint("check user and password")
	return c.login.refused(secret, c.host.Now(), err)
}

// statusOf is the status that an error is about, or 0.
func statusOf(err error) int {
	if status := (*fetch.StatusError)(nil); errors.As(err, &status) {
		return status.Status
	}
	return 0
}

// bodyOf is the beginning of the answer that an error is about.
func bodyOf(err error) string {
	if status := (*fetch.StatusError)(nil); errors.As(err, &status) {
		return strings.TrimSpace(string(status.Body))
	}
	return ""
}
