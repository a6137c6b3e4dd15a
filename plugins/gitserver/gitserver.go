// Package gitserver watches servers of Git: Gitea, Forgejo, Gogs and GitLab. It
// tells their health, repositories and sizes, open issues, mirrors, and whether
// what runs on pushes succeeds.
//
// Everything is asked with GET. What a token may not see is left out and named;
// a token without administration is enough for most of it.
package gitserver

import (
	"context"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// The kinds of server.
const (
	kindAuto    = "auto"
	kindGitea   = "gitea"
	kindForgejo = "forgejo"
	kindGogs    = "gogs"
	kindGitLab  = "gitlab"
)

// config is what a person can set.
type config struct {
	fetch.Config

	Type         string        `json:"server_type" title:"Server" help:"Which server it is; auto finds out." enum:"auto,gitea,forgejo,gogs,gitlab"`
	MetricsToken plugin.Secret `json:"metrics_token" title:"Token of /metrics" help:"Of Gitea and Forgejo: the TOKEN of the section metrics in app.ini, for totals without an administrator." group:"login"`
	RepoLimit    int           `json:"repo_limit" title:"Most repositories" help:"How many repositories are looked at, the last changed first." min:"1" max:"5000" group:"repositories"`
	PerRepo      bool          `json:"per_repo_metrics" title:"Series of each repository" help:"Keep the size and the open issues of each repository as series, of 200 at most." group:"repositories"`
	CI           bool          `json:"ci" title:"Actions and pipelines" help:"Look at what ran in the last day." group:"repositories"`
	CIRepos      []string      `json:"ci_repos" title:"Only of" help:"Repositories whose actions or pipelines are looked at, as owner/name; none are the 20 that were changed last." max:"100" pattern:"^[^/?#%\\s]+(/[^/?#%\\s]+)+$" group:"repositories" example:"me/site"`
}

func defaults() config {
	at := fetch.Defaults()
	at.URL = "http://localhost:3000"
	return config{Config: at, Type: kindAuto, RepoLimit: 500, CI: true, CIRepos: []string{}}
}

// Plugin declares the plugin git_server_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is asked yet.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	at := config.Config
	at.Token = "" // each kind sends it in a header of its own
	client, err := fetch.New(at, host)
	if err != nil {
		return nil, err
	}
	return &collector{Client: client, config: config, host: host}, nil
}
