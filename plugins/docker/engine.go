package docker

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// engineEvery is how often the engine is asked about itself.
const engineEvery = 5 * time.Minute

// engine is what is known about the engine itself.
type engine struct {
	version apiVersion
	info    apiInfo
	known   bool // info is good
	podman  bool
	problem error // of the last time it was asked
	next    time.Time
}

// runtime returns the word for the kind of engine.
func (e engine) runtime() string {
	if e.podman {
		return "podman"
	}
	return "docker"
}

// windows reports whether containers are those of Windows.
func (e engine) windows() bool { return e.info.OSType == "windows" || e.version.Os == "windows" }

// connect finds the engine, settles on a version of its API and learns what it
// is; most of the time there is nothing to do.
func (c *collector) connect(ctx context.Context) error {
	if c.client == nil {
		at, err := c.search(ctx)
		if err != nil {
			return err
		}
		c.client = newClient(c.host, at, nil, c.config.Concurrency)
	}
	now := c.host.Now()
	if c.connected && now.Before(c.engine.next) {
		return nil
	}
	if err := c.client.ping(ctx); err != nil {
		c.connected = false
		return err
	}
	next := engine{next: now.Add(engineEvery), info: c.engine.info, known: c.engine.known}
	var version apiVersion
	if err := c.client.get(ctx, "/version", nil, &version); err != nil {
		next.version, next.podman = c.engine.version, c.engine.podman
		next.problem = fault.Wrap(err, "asking for the engine's version")
	} else {
		next.version, next.podman = version, version.podman()
		if version.APIVersion != "" {
			if err := c.client.agree(version.APIVersion, version.MinAPIVersion); err != nil {
				return err
			}
		}
	}
	var info apiInfo
	if err := c.client.get(ctx, "/info", nil, &info); err != nil {
		next.problem = fault.Wrap(err, "asking about the engine")
	} else {
		next.info, next.known = info, true
	}
	if next.problem != nil {
		next.next = now.Add(retryEvery)
	}
	c.engine, c.connected = next, true
	return nil
}

// search looks for the engine as endpoint auto does: where DOCKER_HOST says, or
// else at the first of the usual sockets that is there.
func (c *collector) search(ctx context.Context) (endpoint, error) {
	if c.env("DOCKER_HOST") != "" {
		at, _, err := (config{Endpoint: "ENV"}).target(c.env)
		return at, err
	}
	var denied error
	for _, candidate := range candidates(c.host, c.env) {
		at, err := reach(ctx, c.host, candidate.path)
		switch {
		case err == nil:
			return at, nil
		case ctx.Err() != nil:
			return endpoint{}, fault.As(fault.Of(ctx.Err()), ctx.Err(), "looking for an engine")
		case fault.Of(err) == fault.Permission && denied == nil:
			denied = err
		}
	}
	if denied != nil {
		return endpoint{}, denied
	}
	return endpoint{}, fault.New(fault.Unreachable, "no Docker socket at /var/run/docker.sock, and no Podman socket either").
		WithHint("is the engine running? Name its address as endpoint when it is elsewhere")
}
