package docker

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// document is the snapshot: what a person wants to see. But for the live
// figures it is the same from run to run while nothing happens.
type document struct {
	Engine       engineView      `json:"engine"`
	Counts       map[string]int  `json:"counts"`
	Containers   []containerView `json:"containers"`
	LeftOut      int             `json:"containers_left_out,omitempty"`
	Images       []imageView     `json:"images,omitempty"`
	Volumes      []volumeView    `json:"volumes,omitempty"`
	Networks     []networkView   `json:"networks,omitempty"`
	Usage        []usageView     `json:"disk_usage,omitempty"`
	Services     []serviceView   `json:"services,omitempty"`
	Nodes        []nodeView      `json:"nodes,omitempty"`
	RecentEvents []happening     `json:"recent_events,omitempty"`
}

// document makes the snapshot.
func (c *collector) document(list []apiContainer, watched []*known, left int) document {
	d := document{
		Engine: c.engineView(), Counts: map[string]int{"containers": len(list)},
		Containers: make([]containerView, 0, len(watched)), LeftOut: left, RecentEvents: c.history.Recent,
	}
	for _, container := range list {
		d.Counts[container.State]++
	}
	for _, k := range watched {
		d.Containers = append(d.Containers, c.containerView(k))
	}
	d.Images, d.Volumes, d.Networks = c.imageViews(list), c.volumeViews(list), c.networkViews(list)
	for _, space := range c.usage.answer.value.kinds {
		d.Usage = append(d.Usage, usageView{space.kind, space.total, space.reclaimable})
	}
	d.Services, d.Nodes = serviceViews(c.swarm.value.services), nodeViews(c.swarm.value.nodes)
	return d
}

func (c *collector) engineView() engineView {
	info, version := c.engine.info, c.engine.version
	view := engineView{
		Endpoint: c.client.at.String(), Runtime: c.engine.runtime(), Version: cmp.Or(version.Version, info.ServerVersion),
		API: version.APIVersion, OS: info.OperatingSystem, Kernel: info.KernelVersion,
		Arch: cmp.Or(info.Architecture, version.Arch), Driver: info.Driver, CPUs: info.NCPU, Memory: info.MemTotal,
		DataFolder: info.DockerRootDir,
	}
	if info.CgroupVersion != "" {
		view.Cgroup = "v" + info.CgroupVersion + " (" + info.CgroupDriver + ")"
	}
	if state := info.Swarm.LocalNodeState; state != "" && state != "inactive" {
		view.Swarm = state
	}
	return view
}

func (c *collector) containerView(k *known) containerView {
	view := containerView{
		ID: shortID(k.ID), Name: k.name(), Image: imageName(k), ImageID: shortID(k.ImageID),
		Project: first(c.config.ProjectLabels, k.Labels), Service: first(c.config.ServiceLabels, k.Labels),
		State: k.State, Status: k.State, Health: k.health(), Ports: portsOf(k.Ports), Created: moment(time.Unix(k.Created, 0)),
	}
	for _, name := range slices.Sorted(maps.Keys(k.NetworkSettings.Networks)) {
		address := addressView{Name: name}
		if network := k.NetworkSettings.Networks[name]; network != nil {
			address.IP = cmp.Or(network.IPAddress, network.GlobalIPv6Address)
		}
		view.Networks = append(view.Networks, address)
	}
	for _, mount := range k.Mounts {
		view.Mounts = append(view.Mounts, mountOf(mount))
	}
	slices.Sort(view.Mounts)
	if view.Health != "" {
		view.Status = view.Health
	}
	view.addDetail(k)
	view.addFigures(k, c.engine.info.MemTotal)
	return view
}

func (v *containerView) addDetail(k *known) {
	if k.detail == nil {
		return
	}
	state := k.detail.State
	v.Started, v.Finished = moment(state.StartedAt), moment(state.FinishedAt)
	v.Restarts = &k.detail.RestartCount
	if policy := k.detail.HostConfig.RestartPolicy.Name; policy != "no" {
		v.RestartPolicy = policy
	}
	v.Privileged, v.OOM, v.Problem = k.detail.HostConfig.Privileged, state.OOMKilled, plugin.Shorten(state.Error, 300)
	if k.ended() {
		v.ExitCode = &state.ExitCode
		if state.ExitCode != 0 {
			v.Status = fmt.Sprintf("%s (%d)", k.State, state.ExitCode)
		}
	}
	// What a failing check said helps; what a good one says changes every time.
	if state.Health != nil && v.Health == "unhealthy" && len(state.Health.Log) > 0 {
		v.HealthLog = plugin.Shorten(state.Health.Log[len(state.Health.Log)-1].Output, 300)
	}
}

func (v *containerView) addFigures(k *known, machine int64) {
	v.CPULimit, v.Limit = figure(k.cpuLimit(), 3), figure(k.memoryLimit(machine), 0)
	if k.figures == nil {
		return
	}
	v.CPU, v.Memory, v.PIDs = figure(k.usage.cores, 4), figure(k.figures.memoryWorkingSet, 0), figure(k.figures.processes, 0)
	v.RxBPS, v.TxBPS = figure(k.usage.rx, 0), figure(k.usage.tx, 0)
	v.ReadBPS, v.WriteBPS = figure(k.usage.reads, 0), figure(k.usage.writes, 0)
}

// figure rounds for people; nil when unknown.
func figure(v float64, digits int) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	scale := math.Pow10(digits)
	v = math.Round(v*scale) / scale
	return &v
}

// moment leaves out the zero time, which is how engines say never, and what no
// calendar has.
func moment(t time.Time) *time.Time {
	t = t.UTC().Truncate(time.Millisecond)
	if t.Year() <= 1 || t.Year() > 9999 || t.Unix() == 0 {
		return nil
	}
	return &t
}

// portsOf writes ports as "127.0.0.1:18999->80/tcp". IPv4 and IPv6 of the same
// port on all addresses are one.
func portsOf(ports []apiPort) []string {
	var texts []string
	for _, port := range ports {
		text := strconv.Itoa(int(port.PrivatePort)) + "/" + cmp.Or(port.Type, "tcp")
		if port.PublicPort != 0 {
			public := strconv.Itoa(int(port.PublicPort))
			if port.IP != "" && port.IP != "0.0.0.0" && port.IP != "::" {
				public = net.JoinHostPort(port.IP, public)
			}
			text = public + "->" + text
		}
		texts = append(texts, text)
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

func mountOf(mount apiMount) string {
	text := cmp.Or(mount.Name, mount.Source) + ":" + mount.Destination
	if !mount.RW {
		text += ":ro"
	}
	return strings.TrimPrefix(text, ":")
}

func (c *collector) imageViews(list []apiContainer) []imageView {
	used := make(map[string]int)
	for _, container := range list {
		used[shortID(container.ImageID)]++
	}
	views := make([]imageView, 0, len(c.images.value))
	for _, image := range c.images.value {
		views = append(views, imageView{
			ID: shortID(image.ID), Tags: append([]string{}, slices.Sorted(slices.Values(image.RepoTags))...), Size: image.Size,
			Created: moment(time.Unix(image.Created, 0)), InUse: used[shortID(image.ID)], Dangling: image.dangling(),
		})
	}
	slices.SortFunc(views, func(a, b imageView) int {
		return cmp.Or(slices.Compare(a.Tags, b.Tags), cmp.Compare(a.ID, b.ID))
	})
	return views
}

func (c *collector) volumeViews(list []apiContainer) []volumeView {
	used := volumesInUse(list)
	views := make([]volumeView, 0, len(c.volumes.value))
	for _, volume := range c.volumes.value {
		view := volumeView{Name: volume.Name, Driver: volume.Driver, Mountpoint: volume.Mountpoint, Refs: used[volume.Name]}
		if size, ok := c.usage.answer.value.volumes[volume.Name]; ok {
			view.Size = &size.bytes
		}
		views = append(views, view)
	}
	slices.SortFunc(views, func(a, b volumeView) int { return cmp.Compare(a.Name, b.Name) })
	return views
}

func (c *collector) networkViews(list []apiContainer) []networkView {
	used := make(map[string]int)
	for _, container := range list {
		for name := range container.NetworkSettings.Networks {
			used[name]++
		}
	}
	views := make([]networkView, 0, len(c.networks.value))
	for _, network := range c.networks.value {
		view := networkView{
			ID: shortID(network.ID), Name: network.Name, Driver: network.Driver, Scope: network.Scope,
			Containers: used[network.Name],
		}
		for _, part := range network.IPAM.Config {
			view.Subnets = append(view.Subnets, part.Subnet)
		}
		views = append(views, view)
	}
	slices.SortFunc(views, func(a, b networkView) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return views
}

func serviceViews(services []apiService) []serviceView {
	views := make([]serviceView, 0, len(services))
	for _, service := range services {
		view := serviceView{Name: service.Spec.Name, Mode: "global"}
		view.Image, _, _ = strings.Cut(service.Spec.TaskTemplate.ContainerSpec.Image, "@")
		if service.Spec.Mode.Replicated != nil {
			view.Mode = "replicated"
		}
		if status := service.ServiceStatus; status != nil {
			view.Running, view.Desired = &status.RunningTasks, &status.DesiredTasks
		}
		views = append(views, view)
	}
	return views
}

func nodeViews(nodes []apiNode) []nodeView {
	views := make([]nodeView, 0, len(nodes))
	for _, node := range nodes {
		views = append(views, nodeView{
			Name: node.Description.Hostname, Role: node.Spec.Role, State: node.Status.State,
			Availability: node.Spec.Availability, Address: node.Status.Addr,
			Version: node.Description.Engine.EngineVersion, Leader: node.ManagerStatus != nil && node.ManagerStatus.Leader,
		})
	}
	return views
}
