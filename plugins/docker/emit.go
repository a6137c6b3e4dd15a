package docker

import (
	"math"
	"slices"
	"strconv"

	"github.com/unity-homelab/unity/plugin"
)

// containerStates are the states of a container that engines know.
func containerStates() []string {
	return []string{"running", "created", "restarting", "paused", "exited", "removing", "dead"}
}

// healthStates are the results of a container's own health check.
func healthStates() []string { return []string{"healthy", "starting", "unhealthy"} }

// emit puts in the samples of the engine and of every watched container.
func (c *collector) emit(out *plugin.Batch, list []apiContainer, watched []*known) {
	if c.engine.version.Version != "" {
		out.Add("docker_info", 1, "version", c.engine.version.Version, "api_version", c.engine.version.APIVersion,
			"storage_driver", c.engine.info.Driver, "runtime", c.engine.runtime())
	}
	states, health := make(map[string]int), make(map[string]int)
	for _, container := range list {
		states[container.State]++
	}
	for _, k := range watched {
		if running(k.State) {
			health[k.health()]++
		}
	}
	for _, state := range containerStates() {
		out.Add("docker_containers", float64(states[state]), "state", state)
	}
	for _, status := range healthStates() {
		out.Add("docker_containers_health", float64(health[status]), "status", status)
	}
	out.Add("docker_containers_health", float64(health[""]), "status", "none")
	c.emitObjects(out, list)
	for _, k := range watched {
		c.emitContainer(out, k)
	}
}

// emitObjects puts in images, volumes, networks, disk usage and the swarm.
func (c *collector) emitObjects(out *plugin.Batch, list []apiContainer) {
	if c.images.have {
		dangling := 0
		for _, image := range c.images.value {
			if image.dangling() {
				dangling++
			}
		}
		out.Add("docker_images", float64(len(c.images.value)))
		out.Add("docker_images_dangling", float64(dangling))
	}
	if c.volumes.have {
		used, unused := volumesInUse(list), 0
		for _, volume := range c.volumes.value {
			if used[volume.Name] == 0 {
				unused++
			}
		}
		out.Add("docker_volumes", float64(len(c.volumes.value)))
		out.Add("docker_volumes_unused", float64(unused))
	}
	if c.networks.have {
		out.Add("docker_networks", float64(len(c.networks.value)))
	}
	if disk := c.usage.answer; disk.have {
		for _, space := range disk.value.kinds {
			out.Add("docker_disk_usage_bytes", float64(space.total), "type", space.kind)
			out.Add("docker_disk_reclaimable_bytes", float64(space.reclaimable), "type", space.kind)
		}
		for name, size := range disk.value.volumes {
			out.Add("docker_volume_size_bytes", float64(size.bytes), "volume", name)
		}
	}
	if c.swarm.have {
		for _, service := range c.swarm.value.services {
			if status := service.ServiceStatus; status != nil {
				out.Add("docker_swarm_service_tasks", float64(status.DesiredTasks), "service", service.Spec.Name, "state", "desired")
				out.Add("docker_swarm_service_tasks", float64(status.RunningTasks), "service", service.Spec.Name, "state", "running")
			}
		}
	}
}

// series puts in the samples of one container.
type series struct {
	out    *plugin.Batch
	labels []string
}

// add leaves out what is not known.
func (s series) add(name string, value float64, more ...string) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return
	}
	labels := s.labels
	if len(more) > 0 {
		labels = slices.Concat(labels, more)
	}
	s.out.Add(name, value, labels...)
}

func (c *collector) emitContainer(out *plugin.Batch, k *known) {
	s := series{out, c.labelsOf(k)}
	out.AddBool("container_running", running(k.State), s.labels...)
	out.AddState("container_state", k.State, containerStates(), s.labels...)
	if health := k.health(); health != "" {
		out.AddState("container_health", health, healthStates(), s.labels...)
	}
	if k.detail != nil {
		out.AddBool("container_restart_wanted", k.restarts(), s.labels...)
		s.add("container_restarts_total", float64(k.detail.RestartCount))
		out.AddBool("container_oom_killed", k.detail.State.OOMKilled, s.labels...)
		if started := k.detail.State.StartedAt; started.Year() > 1 {
			s.add("container_start_timestamp_seconds", float64(started.UnixMilli())/1000)
		}
		if k.ended() {
			s.add("container_exit_code", float64(k.detail.State.ExitCode))
		}
	}
	if size, ok := c.usage.answer.value.containers[k.ID]; ok {
		s.add("container_size_rw_bytes", float64(size.rw))
		s.add("container_size_rootfs_bytes", float64(size.root))
	}
	if k.figures != nil {
		c.emitFigures(s, k)
	}
}

func (c *collector) emitFigures(s series, k *known) {
	f := k.figures
	s.add("container_cpu_usage_seconds_total", f.cpuSeconds)
	s.add("container_cpu_usage_cores", k.usage.cores)
	s.add("container_cpu_limit_ratio", k.usage.cores/k.cpuLimit())
	if f.periods > 0 {
		s.add("container_cpu_periods_total", float64(f.periods))
		s.add("container_cpu_throttled_periods_total", float64(f.throttledPeriods))
		s.add("container_cpu_throttled_seconds_total", f.throttledSeconds)
	}
	limit := k.memoryLimit(c.engine.info.MemTotal)
	s.add("container_memory_working_set_bytes", f.memoryWorkingSet)
	s.add("container_memory_usage_bytes", f.memoryUsage)
	s.add("container_memory_cache_bytes", f.memoryCache)
	s.add("container_memory_rss_bytes", f.memoryRSS)
	s.add("container_memory_limit_bytes", limit)
	s.add("container_memory_usage_ratio", f.memoryWorkingSet/limit)
	s.add("container_memory_major_faults_total", f.majorFaults)
	if sum, ok := k.traffic(); ok {
		s.addTraffic(sum)
	}
	s.add("container_block_read_bytes_total", f.readBytes)
	s.add("container_block_write_bytes_total", f.writeBytes)
	s.add("container_block_reads_total", f.reads)
	s.add("container_block_writes_total", f.writes)
	s.add("container_processes", f.processes)
	s.add("container_processes_limit", f.processesLimit)
	if !c.config.PerDevice {
		return
	}
	s.add("container_cpu_user_seconds_total", f.cpuUserSeconds)
	s.add("container_cpu_system_seconds_total", f.cpuSystemSeconds)
	for i, seconds := range f.perCPUSeconds {
		s.add("container_cpu_core_seconds_total", seconds, "cpu", strconv.Itoa(i))
	}
	for name, traffic := range f.networks {
		s.addInterface(name, traffic)
	}
}

func (s series) addTraffic(t apiTraffic) {
	s.add("container_network_receive_bytes_total", float64(t.RxBytes))
	s.add("container_network_receive_packets_total", float64(t.RxPackets))
	s.add("container_network_receive_errors_total", float64(t.RxErrors))
	s.add("container_network_receive_dropped_total", float64(t.RxDropped))
	s.add("container_network_transmit_bytes_total", float64(t.TxBytes))
	s.add("container_network_transmit_packets_total", float64(t.TxPackets))
	s.add("container_network_transmit_errors_total", float64(t.TxErrors))
	s.add("container_network_transmit_dropped_total", float64(t.TxDropped))
}

func (s series) addInterface(name string, t apiTraffic) {
	s.add("container_interface_receive_bytes_total", float64(t.RxBytes), "interface", name)
	s.add("container_interface_transmit_bytes_total", float64(t.TxBytes), "interface", name)
}

// labelsOf returns the labels that every series of the container has.
func (c *collector) labelsOf(k *known) []string {
	labels := []string{"container", k.name(), "image", imageName(k)}
	if project := first(c.config.ProjectLabels, k.Labels); project != "" {
		labels = append(labels, "project", project)
	}
	if service := first(c.config.ServiceLabels, k.Labels); service != "" {
		labels = append(labels, "service", service)
	}
	return labels
}

// imageName returns the name that the container was started with. The list
// shows the image's ID when the name has moved on to a newer one.
func imageName(k *known) string {
	if k.detail != nil && k.detail.Config.Image != "" {
		return k.detail.Config.Image
	}
	return k.Image
}

// dangling reports whether no name points at the image any more.
func (i apiImage) dangling() bool {
	for _, tag := range i.RepoTags {
		if tag != "" && tag != "<none>:<none>" {
			return false
		}
	}
	return true
}

// volumesInUse counts the containers that mount each volume, stopped ones too.
func volumesInUse(list []apiContainer) map[string]int {
	used := make(map[string]int)
	for _, container := range list {
		for _, mount := range container.Mounts {
			if mount.Type == "volume" || mount.Type == "" && mount.Name != "" {
				used[mount.Name]++
			}
		}
	}
	return used
}
