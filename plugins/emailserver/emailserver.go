// Package emailserver watches a mail server: whether it answers those who hand
// in and fetch mail, how long its queue is, what becomes of messages, who logs
// in, and what its filter does with spam. Postfix, Exim and OpenSMTPD, Dovecot,
// rspamd and mailcow are known.
//
// That an endpoint is down is what this plugin is there to find, and no failed
// run. No message is ever sent, and of senders and recipients only the domain is
// kept.
package emailserver

import (
	"context"
	"crypto/tls"
	"errors"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/follow"
)

// Plugin declares the plugin email_server_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// collector watches one mail server.
type collector struct {
	config   config
	host     plugin.Host
	tls      *tls.Config
	follower *follow.Follower
	logins   map[string]*login // by endpoint
	// These are nil where they are not asked.
	rspamd, mailcow, openmetrics *fetch.Client
	key                          login // of mailcow
	// version is what postconf said last.
	version reading
}

// open makes a collector. Nothing is contacted yet.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	security, err := config.TLS.Config()
	if err != nil {
		return nil, err
	}
	c := &collector{
		config: config, host: host, tls: security, logins: make(map[string]*login),
		follower: follow.New(follow.Options{Files: host.Files, Paths: config.LogFiles, MaxLineBytes: 8 << 10}),
	}
	c.config.Endpoints = named(config.Endpoints)
	for _, one := range []struct {
		client **fetch.Client
		url    string
		token  plugin.Secret
		header string
	}{
		{&c.rspamd, config.RspamdURL, config.RspamdPassword, "Password"},
		{&c.mailcow, config.MailcowURL, config.MailcowToken, "X-Api-Key"},
		{&c.openmetrics, config.openmetrics(), "", ""},
	} {
		if one.url == "" {
			continue
		}
		at := fetch.Defaults()
		at.URL, at.Timeout, at.Token, at.TLS = one.url, config.Timeout, one.token, config.TLS
		if *one.client, err = fetch.New(at, host, fetch.WithTokenHeader(one.header)); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Close implements io.Closer.
func (c *collector) Close() error {
	problems := []error{c.follower.Close()}
	for _, client := range []*fetch.Client{c.rspamd, c.mailcow, c.openmetrics} {
		if client != nil {
			problems = append(problems, client.Close())
		}
	}
	return errors.Join(problems...)
}
