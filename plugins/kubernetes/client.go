package kubernetes

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// api asks one cluster.
type api struct {
	access   access
	client   *fetch.Client
	answered bool // once, so that a connection may be left from then
}

// broke reports whether a connection that was kept was found closed.
func (a *api) broke(err error) bool {
	status := (*fetch.StatusError)(nil)
	kind := fault.Of(err)
	return a.answered && !errors.As(err, &status) && (kind == fault.BadAnswer || kind == fault.Unreachable)
}

// connect makes the client anew when what it was made of has changed: a rotated
// certificate, another server.
func (c *collector) connect() (*api, error) {
	at, err := c.config.find(c.host.Files)
	if err != nil {
		return nil, err
	}
	if c.api != nil && c.api.access.same(at) {
		c.api.access = at // the token may be another
		return c.api, nil
	}
	client, err := at.client(c.config, c.host)
	if err != nil {
		return nil, err
	}
	if c.api != nil {
		_ = c.api.client.Close() // what there was is not needed any more
	}
	c.api = &api{access: at, client: client}
	return c.api, nil
}

// request is a question with the login.
func (a *api) request(path string, query url.Values) fetch.Request {
	r := fetch.Request{Path: path, Query: query, Header: http.Header{}}
	switch {
	case a.access.token != "":
		r.Header.Set("Authorization", "Bearer "+a.access.token)
	case a.access.user != "":
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(a.access.user+":"+a.access.secret)))
	}
	return r
}

// get reads one document.
func (a *api) get(ctx context.Context, path string, into any) error {
	return a.explain(path, a.client.JSON(ctx, a.request(path, nil), into))
}

// page is one part of a list.
type page[T any] struct {
	Metadata struct {
		Continue string `json:"continue"`
	} `json:"metadata"`
	Items []T `json:"items"`
}

const (
	pageSize = 500
	maxPages = 40
)

// list reads all parts of a list. It asks for parts rather than for a copy from
// the server's cache, which comes as a whole however large.
func list[T any](ctx context.Context, a *api, path string, query url.Values, take func(*T)) error {
	if query == nil {
		query = url.Values{}
	}
	query.Set("limit", strconv.Itoa(pageSize))
	for range maxPages {
		var part page[T]
		if err := a.explain(path, a.client.JSON(ctx, a.request(path, query), &part)); err != nil {
			return err
		}
		for i := range part.Items {
			take(&part.Items[i])
		}
		if part.Metadata.Continue == "" {
			return nil
		}
		query.Set("continue", part.Metadata.Continue)
	}
	return fault.New(fault.Partial, "listing %s: more than %d were left out", resourceOf(path), pageSize*maxPages)
}

// resourceOf is what a path lists: pods, deployments.
func resourceOf(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// explain adds what the API itself said.
func (a *api) explain(path string, err error) error {
	status := (*fetch.StatusError)(nil)
	if !errors.As(err, &status) {
		if fault.Of(err) == fault.TLS && a.access.settings == nil {
			return fault.As(fault.TLS, err, "with the certificates of %s", a.access.from).
				WithHint("the kubeconfig belongs to another cluster, or the cluster has new certificates: take it from there again")
		}
		return err
	}
	said := words(status.Body)
	switch status.Status {
	case http.StatusUnauthorized:
		what := "the cluster does not take the login of " + a.access.from
		hint := "make a new token: kubectl -n unity create token unity --duration=8760h"
		if until := a.access.expiry(); until != "" && a.access.token == "" {
			what += " (its certificate is valid until " + until + ")"
			hint = "take the kubeconfig from the cluster again, or make a service account as the README says"
		}
		return fault.As(fault.Auth, err, "%s", what).WithHint("%s", hint)
	case http.StatusForbidden:
		if said == "" {
			return err
		}
		return fault.As(fault.Permission, err, "listing %s: %s", resourceOf(path), said).
			WithHint("apply the ClusterRole of the README: it lets the service account get and list %s", resourceOf(path))
	default:
		if said == "" {
			return err
		}
		return fault.As(fault.Of(err), err, "%s", said)
	}
}

// words is what the API says in a Status.
func words(body []byte) string {
	var said struct{ Kind, Message string }
	if json.Unmarshal(body, &said) != nil || said.Kind != "Status" {
		return ""
	}
	return plugin.Shorten(said.Message, 300)
}
