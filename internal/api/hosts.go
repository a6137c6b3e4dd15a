package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/sources"
)

// Host is a machine that is watched.
type Host struct {
	ID       string       `json:"id"`
	Name     string       `json:"name"`
	Platform string       `json:"platform"`
	Created  time.Time    `json:"created"`
	LastSeen time.Time    `json:"last_seen"`
	Sources  SourceCounts `json:"sources" doc:"What is watched on it"`
}

// HostChange is what may be changed of a host.
type HostChange struct {
	Name string `json:"name" minLength:"1" maxLength:"100"`
}

// HostPath is the part of a path that names a host.
type HostPath struct {
	ID string `path:"id" maxLength:"255" doc:"ID of a host"`
}

func (s *server) registerHosts() {
	const tag = "System"
	handle(s, operation("list-hosts", http.MethodGet, "/hosts", tag, "List the machines"), s.listHosts)
	one := operation("get-host", http.MethodGet, "/hosts/{id}", tag, "Get a machine")
	one.Errors = []int{http.StatusNotFound}
	handle(s, one, s.getHost)
	rename := operation("update-host", http.MethodPut, "/hosts/{id}", tag, "Give a machine another name")
	rename.Errors = []int{http.StatusNotFound}
	handle(s, rename, s.updateHost)
	remove := operation("delete-host", http.MethodDelete, "/hosts/{id}", tag, "Forget a machine on which nothing is watched any more")
	remove.DefaultStatus, remove.Errors = http.StatusNoContent, []int{http.StatusNotFound, http.StatusConflict}
	handle(s, remove, s.deleteHost)
}

func (s *server) hostOf(ctx context.Context, host inventory.Host) Host {
	shown := Host{
		ID: string(host.ID), Name: host.Name, Platform: host.Platform, Created: host.Created.UTC(), LastSeen: host.LastSeen.UTC(),
	}
	who := visitOf(ctx).who
	for _, source := range s.Sources.List() {
		if source.Host == host.ID && who.Sees(string(source.ID)) {
			shown.Sources.add(s.stateOf(source).Status)
		}
	}
	return shown
}

func (s *server) listHosts(ctx context.Context, _ *struct{}) (*body[list[Host]], error) {
	hosts, err := s.History.Hosts(ctx)
	if err != nil {
		return nil, err
	}
	var items []Host
	for _, host := range hosts {
		items = append(items, s.hostOf(ctx, host))
	}
	return listOf(items), nil
}

func (s *server) host(ctx context.Context, id string) (inventory.Host, error) {
	hosts, err := s.History.Hosts(ctx)
	if err != nil {
		return inventory.Host{}, err
	}
	for _, host := range hosts {
		if host.ID == inventory.HostID(id) {
			return host, nil
		}
	}
	return inventory.Host{}, fault.New(fault.NotFound, "there is no host %q", id)
}

func (s *server) getHost(ctx context.Context, in *HostPath) (*body[Host], error) {
	host, err := s.host(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &body[Host]{Body: s.hostOf(ctx, host)}, nil
}

type updateHostInput struct {
	HostPath
	Body HostChange
}

func (s *server) updateHost(ctx context.Context, in *updateHostInput) (*body[Host], error) {
	host, err := s.host(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(in.Body.Name) == "" {
		return nil, sources.Invalid{{Path: "name", Message: "must not be empty"}}
	}
	host.Name = in.Body.Name
	if err := s.History.SaveHost(ctx, host); err != nil {
		return nil, err
	}
	return &body[Host]{Body: s.hostOf(ctx, host)}, nil
}

func (s *server) deleteHost(ctx context.Context, in *HostPath) (*struct{}, error) {
	host, err := s.host(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if host.ID == s.Sources.Host {
		return nil, fault.New(fault.Conflict, "%q is the machine that Unity runs on", in.ID)
	}
	for _, source := range s.Sources.List() {
		if source.Host == host.ID {
			return nil, fault.New(fault.Conflict, "source %q watches something on host %q", source.ID, in.ID).WithHint("delete the sources of the host first")
		}
	}
	return nil, s.History.DeleteHost(ctx, host.ID)
}
