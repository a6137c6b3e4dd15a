// Package docker watches a container engine, Docker or Podman: its containers,
// their health and what they use, images, volumes, networks, and what happens
// to them.
//
// It asks the Docker Engine API with GET requests only. One run is one list of
// the containers and one set of figures per running container; what changes
// seldom (inspection of a container, images, volumes, networks, the engine
// itself) is asked again when an event says that it changed, and every few
// minutes. The event stream stays open between runs.
package docker

import (
	"context"
	"iter"
	"os"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// config is what a person can set.
type config struct {
	Endpoint string `json:"endpoint" title:"Endpoint" help:"Where the engine answers: unix:///path, tcp://host:2375 or https://host:2376; auto looks at the usual sockets, ENV uses DOCKER_HOST." example:"unix:///var/run/docker.sock"`

	IncludeStopped bool `json:"include_stopped" title:"Stopped containers" help:"Also list containers that do not run."`
	CollectStats   bool `json:"collect_stats" title:"Resources" help:"Measure CPU, memory, network and block I/O of each running container."`
	CollectEvents  bool `json:"collect_events" title:"Events" help:"Listen to what happens to containers."`
	CollectUsage   bool `json:"collect_disk_usage" title:"Disk usage" help:"Ask once an hour how much space images, containers, volumes and build cache take."`
	CollectSwarm   bool `json:"collect_swarm" title:"Swarm" help:"Also watch services and nodes; the engine has to be a manager."`

	ContainerInclude plugin.Globs `json:"container_include" title:"Only containers" help:"Names to watch; empty watches all." group:"filter"`
	ContainerExclude plugin.Globs `json:"container_exclude" title:"Without containers" help:"Names to leave out." group:"filter"`
	LabelInclude     plugin.Globs `json:"label_include" title:"Only labels" help:"Watch containers with one of these labels, written key=value." example:"com.example.team=web*" group:"filter"`
	LabelExclude     plugin.Globs `json:"label_exclude" title:"Without labels" help:"Leave out containers with one of these labels; monitor.ignore=true always does." group:"filter"`
	MaxContainers    int          `json:"max_containers" title:"Most containers" help:"How many containers are watched at most, running ones first." min:"1" max:"5000" group:"filter"`

	ProjectLabels []string `json:"project_labels" title:"Labels for the project" help:"The first of these container labels that is set becomes the label project of the series." group:"advanced"`
	ServiceLabels []string `json:"service_labels" title:"Labels for the service" help:"The first of these container labels that is set becomes the label service of the series." group:"advanced"`
	PerDevice     bool     `json:"per_device" title:"Per device" help:"Also one series per network interface and per CPU." group:"advanced"`
	Concurrency   int      `json:"concurrency" title:"Questions at once" help:"How many containers are asked at the same time." min:"1" max:"64" group:"advanced"`

	fetch.TLS
}

func defaults() config {
	return config{
		Endpoint: "auto", IncludeStopped: true, CollectStats: true, CollectEvents: true, CollectUsage: true,
		ContainerInclude: plugin.Globs{}, ContainerExclude: plugin.Globs{}, LabelInclude: plugin.Globs{}, LabelExclude: plugin.Globs{},
		MaxContainers: 200, Concurrency: 8, TLS: fetch.TLS{Verify: true},
		ProjectLabels: []string{"com.docker.compose.project", "io.podman.compose.project", "com.docker.stack.namespace"},
		ServiceLabels: []string{"com.docker.compose.service", "com.docker.swarm.service.name"},
	}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	if err := c.TLS.Validate(); err != nil {
		return err
	}
	if c.Endpoint == "auto" || c.Endpoint == "ENV" {
		return nil
	}
	_, err := parseEndpoint(c.Endpoint, c.CertFile != "")
	return err
}

// ignoreLabel on a container leaves it out, whatever the config says.
const ignoreLabel = "monitor.ignore"

// wants reports whether a container of that name and those labels is watched.
func (c config) wants(name string, labels iter.Seq2[string, string]) bool {
	if !plugin.Selects(c.ContainerInclude, c.ContainerExclude, name) {
		return false
	}
	included := len(c.LabelInclude) == 0
	for key, value := range labels {
		pair := key + "=" + value
		if key == ignoreLabel && value == "true" || c.LabelExclude.Match(pair) {
			return false
		}
		included = included || c.LabelInclude.Match(pair)
	}
	return included
}

// Plugin declares the plugin docker_monitor.
func Plugin() plugin.Plugin { return define(os.Getenv) }

func define(env environment) plugin.Plugin {
	return plugin.Define(manifest(), defaults(),
		func(ctx context.Context, config config, host plugin.Host) (plugin.Collector, error) {
			return open(ctx, config, host, env)
		},
		plugin.WithDetect(func(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
			return detect(ctx, host, env)
		}))
}

// open makes a collector. Nothing is contacted yet: the engine may be away.
func open(_ context.Context, config config, host plugin.Host, env environment) (*collector, error) {
	c := &collector{
		config: config, host: host, env: env, stopStream: func() {},
		containers: make(map[string]*known),
	}
	if config.Endpoint == "auto" {
		return c, nil // decided when the first socket answers
	}
	at, security, err := config.target(env)
	if err != nil {
		return nil, err
	}
	c.client = newClient(host, at, security, config.Concurrency)
	return c, nil
}

// first returns the value of the first of the names that is set.
func first(names []string, labels map[string]string) string {
	for _, name := range names {
		if value := labels[name]; value != "" {
			return value
		}
	}
	return ""
}

// detectTimeout bounds one socket: detection is for what answers at once.
const detectTimeout = 2 * time.Second

// detect looks at the usual sockets.
func detect(ctx context.Context, host plugin.Host, env environment) ([]plugin.Finding, error) {
	var findings []plugin.Finding
	var found []string
	if text := env("DOCKER_HOST"); text != "" {
		if at, _, err := (config{Endpoint: "ENV"}).target(env); err == nil {
			if finding, ok := find(ctx, host, at, ""); ok {
				findings = append(findings, finding)
				found = append(found, realPath(host, at.address))
			}
		}
	}
	for _, candidate := range candidates(host, env) {
		path := realPath(host, candidate.path)
		if slices.Contains(found, path) {
			continue // podman-docker links Docker's socket to Podman's
		}
		at, err := reach(ctx, host, candidate.path)
		if err != nil && fault.Of(err) != fault.Permission {
			continue
		}
		name := candidate.name
		if len(findings) > 0 && name == "" {
			name = "local"
		}
		if finding, ok := find(ctx, host, at, name); ok {
			findings = append(findings, finding)
			found = append(found, path)
		}
	}
	return findings, ctx.Err()
}

func realPath(host plugin.Host, name string) string {
	if real, err := host.Files.RealPath(name); err == nil {
		return real
	}
	return name
}

// find asks whether an engine answers. One that may not be asked counts as
// found: the operator has to give the right to.
func find(ctx context.Context, host plugin.Host, at endpoint, name string) (plugin.Finding, bool) {
	ctx, cancel := context.WithTimeout(ctx, detectTimeout)
	defer cancel()
	asked := newClient(host, at, nil, 1)
	defer asked.close()
	finding := plugin.Finding{
		Name: name, Evidence: "an engine answers at " + at.String(), Ready: true,
		Config: map[string]any{"endpoint": at.String()},
	}
	switch err := asked.ping(ctx); fault.Of(err) {
	case "":
		return finding, true
	case fault.Permission:
		finding.Evidence, finding.Ready = "the socket "+at.address+" is there, and Unity may not use it", false
		finding.Missing = permissionHint
		return finding, true
	case fault.TLS, fault.Auth:
		finding.Evidence, finding.Ready = "something wants certificates at "+at.String(), false
		finding.Missing = "the certificates for the engine"
		return finding, true
	default:
		return plugin.Finding{}, false
	}
}
