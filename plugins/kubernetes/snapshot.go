package kubernetes

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// maxRows bounds each list of the snapshot.
const maxRows = 500

// document is what a person wants to see of a cluster.
type document struct {
	Cluster    clusterInfo    `json:"cluster"`
	Summary    summaryPart    `json:"summary"`
	Components []componentRow `json:"components,omitempty"`
	Nodes      []nodeRow      `json:"nodes,omitempty"`
	Problems   []podRow       `json:"problem_pods,omitempty"`
	Workloads  []workloadRow  `json:"workloads,omitempty"`
	Jobs       []jobRow       `json:"jobs,omitempty"`
	Claims     []claimRow     `json:"pvcs,omitempty"`
	Ingresses  []ingressRow   `json:"ingresses,omitempty"`
	Events     []eventRow     `json:"events,omitempty"`
	Pods       []podRow       `json:"pods,omitempty"`
}

func newDocument() *document { return &document{Summary: summaryPart{Pods: make(map[string]int)}} }

type clusterInfo struct {
	Name     string `json:"name,omitempty"`
	Version  string `json:"version"`
	Platform string `json:"platform,omitempty"`
	Server   string `json:"server"`
	Login    string `json:"login"`
	Ready    int    `json:"nodes_ready"`
	Nodes    int    `json:"nodes"`
	Usage    string `json:"usage,omitempty"`
	Note     string `json:"note,omitempty"`
}

type summaryPart struct {
	Pods       map[string]int `json:"pods"`
	Namespaces int            `json:"namespaces"`
}

type componentRow struct {
	Name    string `json:"name"`
	Healthy bool   `json:"healthy"`
}

type nodeRow struct {
	Name           string   `json:"name"`
	Roles          []string `json:"roles,omitempty"`
	Ready          bool     `json:"ready"`
	Conditions     []string `json:"conditions,omitempty"`
	Version        string   `json:"version,omitempty"`
	OS             string   `json:"os,omitempty"`
	Kernel         string   `json:"kernel,omitempty"`
	Architecture   string   `json:"arch,omitempty"`
	Runtime        string   `json:"runtime,omitempty"`
	Address        string   `json:"ip,omitempty"`
	Age            *float64 `json:"age,omitempty"` // seconds
	Pods           int      `json:"pods"`
	CPU            *float64 `json:"cpu,omitempty"`             // ratio
	Memory         *float64 `json:"memory,omitempty"`          // ratio
	CPURequests    *float64 `json:"cpu_requests,omitempty"`    // ratio
	MemoryRequests *float64 `json:"memory_requests,omitempty"` // ratio
	Taints         []string `json:"taints,omitempty"`
	Unschedulable  bool     `json:"unschedulable"`
}

type podRow struct {
	Namespace string   `json:"namespace"`
	Name      string   `json:"pod"`
	Node      string   `json:"node,omitempty"`
	State     string   `json:"state"`
	Ready     bool     `json:"ready"`
	Restarts  float64  `json:"restarts"`
	Age       *float64 `json:"age,omitempty"` // seconds
	Message   string   `json:"message,omitempty"`
}

type workloadRow struct {
	Kind      string   `json:"kind"`
	Namespace string   `json:"namespace"`
	Name      string   `json:"name"`
	Desired   float64  `json:"desired"`
	Ready     float64  `json:"ready"`
	Images    []string `json:"images,omitempty"`
	Age       *float64 `json:"age,omitempty"` // seconds
}

type jobRow struct {
	Kind      string     `json:"kind"`
	Namespace string     `json:"namespace"`
	Name      string     `json:"name"`
	State     string     `json:"state,omitempty"`
	Schedule  string     `json:"schedule,omitempty"`
	Last      *time.Time `json:"last,omitempty"`
	Success   *time.Time `json:"success,omitempty"`
}

type claimRow struct {
	Namespace string   `json:"namespace"`
	Name      string   `json:"name"`
	State     string   `json:"state"`
	Class     string   `json:"class,omitempty"`
	Volume    string   `json:"volume,omitempty"`
	Requested *float64 `json:"requested,omitempty"` // bytes
	Used      *float64 `json:"used,omitempty"`      // bytes
	Capacity  *float64 `json:"capacity,omitempty"`  // bytes
}

type ingressRow struct {
	Namespace string `json:"namespace"`
	Host      string `json:"host"`
	Path      string `json:"path"`
	Service   string `json:"service"`
	TLS       bool   `json:"tls"`
}

type eventRow struct {
	Time      time.Time `json:"time"`
	Namespace string    `json:"namespace"`
	Object    string    `json:"object"`
	Reason    string    `json:"reason"`
	Message   string    `json:"message"`
	Count     float64   `json:"count"`
}

// emitCluster tells what the cluster is.
func (c *collector) emitCluster(s *survey, out *plugin.Batch) {
	at := c.api.access
	name := cmp.Or(c.config.Name, at.name)
	labels := []string{"version", plugin.Shorten(s.version.Version, 60)}
	for label, value := range map[string]string{"platform": s.version.Platform, "cluster": name} {
		if value != "" {
			labels = append(labels, label, plugin.Shorten(value, 80))
		}
	}
	out.Add("kube_info", 1, labels...)
	out.Add("kube_apiserver_latency_seconds", s.latency.Seconds())
	if s.listed["namespaces"] {
		out.Add("kube_namespaces", float64(len(s.namespaces)))
		s.document.Summary.Namespaces = len(s.namespaces)
	}
	d := &s.document.Cluster
	d.Name, d.Version, d.Platform, d.Server, d.Login = name, s.version.Version, s.version.Platform, at.server, at.from
}

// age is for how long the object has been there.
func (c *collector) age(m metadata) *float64 {
	if m.Created.IsZero() {
		return nil
	}
	age := max(0, c.host.Now().Sub(m.Created).Seconds())
	return &age
}

func (d *document) addEvent(e *event, namespace string, count float64, last time.Time) {
	d.Events = append(d.Events, eventRow{
		Time: last, Namespace: namespace, Object: strings.ToLower(e.Object.Kind) + "/" + e.Object.Name, Reason: e.Reason,
		Message: plugin.Shorten(strings.TrimSpace(e.Message), 300), Count: count,
	})
}

// sortEvents keeps the latest.
func (d *document) sortEvents() {
	slices.SortStableFunc(d.Events, func(a, b eventRow) int { return b.Time.Compare(a.Time) })
	d.Events = d.Events[:min(len(d.Events), maxEvents)]
}

// addJob adds a job, or what is known of it to its cron job.
func (d *document) addJob(row jobRow) {
	for i := range d.Jobs {
		if known := &d.Jobs[i]; known.Namespace == row.Namespace && known.Name == row.Name {
			known.State = row.State
			return
		}
	}
	if len(d.Jobs) < maxRows {
		d.Jobs = append(d.Jobs, row)
	}
}

func (d *document) sortJobs() {
	slices.SortFunc(d.Jobs, func(a, b jobRow) int {
		return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
	})
}

// fill says how full a claim's volume is.
func (d *document) fill(namespace, name string, used, capacity *float64) {
	for i := range d.Claims {
		if row := &d.Claims[i]; row.Namespace == namespace && row.Name == name {
			row.Used, row.Capacity = used, capacity
		}
	}
}
