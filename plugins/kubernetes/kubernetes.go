// Package kubernetes watches a Kubernetes cluster through its API: nodes, pods,
// workloads, volumes, jobs and warnings, with what nodes and pods use where a
// metrics-server or the kubelets tell it.
//
// It only gets and lists, with the rights of a small ClusterRole that its README
// ships. What may not be listed is said, and the rest is collected all the same.
package kubernetes

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// config is what a person can set.
type config struct {
	URL     string          `json:"url" title:"Address" help:"Where the API answers; empty takes it from a kubeconfig or, in a pod, from the cluster." format:"uri" example:"https://192.168.1.10:6443"`
	Token   plugin.Secret   `json:"token" title:"Token" help:"The token of a service account, for the address above."`
	Timeout plugin.Duration `json:"timeout" title:"Timeout" help:"How long one request may take." min:"100ms" max:"1m" group:"connection"`

	Kubeconfig string        `json:"kubeconfig" title:"Kubeconfig" help:"Path of a kubeconfig; empty looks at the usual places." example:"/etc/rancher/k3s/k3s.yaml" group:"connection"`
	Context    string        `json:"context" title:"Context" help:"Context of the kubeconfig; empty takes its current one." group:"connection"`
	Data       plugin.Secret `json:"kubeconfig_data" title:"Kubeconfig as text" help:"A whole kubeconfig, pasted; no file is looked at then." group:"connection"`

	Name             string       `json:"cluster_name" title:"Name of the cluster" help:"What the cluster is called; empty takes the name of the context." group:"advanced"`
	NamespaceInclude plugin.Globs `json:"namespace_include" title:"Only namespaces" help:"Namespaces to show; empty shows all." group:"filter"`
	NamespaceExclude plugin.Globs `json:"namespace_exclude" title:"Without namespaces" help:"Namespaces to leave out." group:"filter"`

	Usage   bool `json:"collect_usage" title:"Usage" help:"Ask the metrics-server what nodes and pods use."`
	Summary bool `json:"collect_kubelet_summary" title:"Kubelets" help:"Ask the kubelet of each node for traffic of pods and for how full volumes are; needs the right nodes/proxy."`
	Events  bool `json:"collect_events" title:"Warnings" help:"Count and list warnings."`
	PerPod  bool `json:"per_pod_metrics" title:"Each pod" help:"Keep series for each pod, not only for the whole."`
	MaxPods int  `json:"max_pods" title:"Most pods" help:"How many pods get series, in the order of their names; pods of jobs get none." min:"1" max:"2000" group:"advanced"`

	fetch.TLS
}

func defaults() config {
	return config{
		Timeout: plugin.Duration(10 * time.Second), NamespaceInclude: plugin.Globs{}, NamespaceExclude: plugin.Globs{},
		Usage: true, Events: true, PerPod: true, MaxPods: 150, TLS: fetch.TLS{Verify: true},
	}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	if err := c.TLS.Validate(); err != nil {
		return err
	}
	switch {
	case c.URL != "":
		at := fetch.Config{URL: c.URL, TLS: c.TLS}
		return at.Validate()
	case !c.Token.Empty():
		return plugin.Invalid("url", "is missing: the token is for an address")
	case c.CertFile != "", c.CAFile != "", c.Fingerprint != "":
		return plugin.Invalid("url", "is missing: the TLS settings are for an address; a kubeconfig has its own")
	default:
		return nil
	}
}

// Plugin declares the plugin kubernetes_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is contacted yet, and no file is read: both may
// be away.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	return &collector{config: config, host: host}, nil
}
