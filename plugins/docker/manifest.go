package docker

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "docker_monitor", Name: "Docker", Category: plugin.Container, Icon: "container",
		Summary: "Containers of Docker or Podman: state, health and what they use.",
		Description: "Watches a container engine over its API: which containers run and how healthy they are, " +
			"what each one uses of CPU, memory, network and disk, which images and volumes take space, " +
			"and what happens (a container died, ran out of memory, became unhealthy). Works with Docker 19.03 and later and with Podman.",
		Tags:     []string{"docker", "podman", "container", "compose", "swarm"},
		Interval: 15 * time.Second, Timeout: 10 * time.Second,
		Rights: plugin.Rights{
			Sockets: []string{"/var/run/docker.sock", "/run/podman/podman.sock", "/run/user"},
			Network: true,
			Notes: "Only GET requests are made. Access to the engine's socket amounts to root on its machine, though: " +
				"where that is too much, put a read-only socket proxy in between.",
		},
		Metrics: metrics(), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func metrics() []metric.Definition {
	return append(engineMetrics(), containerMetrics()...)
}

func engineMetrics() []metric.Definition {
	gauge := func(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
	}
	return []metric.Definition{
		gauge("docker_info", metric.None, "Always 1; its labels say what engine answers.", "version", "api_version", "storage_driver", "runtime"),
		gauge("docker_containers", metric.None, "Containers in each state.", "state"),
		gauge("docker_containers_health", metric.None, "Running containers by the result of their health check; none have no check.", "status"),
		gauge("docker_images", metric.None, "Images."),
		gauge("docker_images_dangling", metric.None, "Images that no name points at any more."),
		gauge("docker_volumes", metric.None, "Volumes."),
		gauge("docker_volumes_unused", metric.None, "Volumes that no container mounts, stopped ones included."),
		gauge("docker_networks", metric.None, "Networks."),
		gauge("docker_disk_usage_bytes", metric.Bytes, "Disk space taken by images, containers, volumes and build cache.", "type"),
		gauge("docker_disk_reclaimable_bytes", metric.Bytes, "Disk space that pruning what is not in use would free.", "type"),
		gauge("docker_volume_size_bytes", metric.Bytes, "Size of a volume.", "volume"),
		{Name: "docker_events_total", Kind: metric.Counter, Unit: metric.None, Help: "Events of watched containers, by what happened.", Labels: []string{"action"}},
		gauge("docker_swarm_service_tasks", metric.None, "Tasks of a swarm service that are desired and that run.", "service", "state"),
	}
}

// containerMetrics are those of each container, with the labels that all of
// them have.
func containerMetrics() []metric.Definition {
	define := func(kind metric.Kind, name string, unit metric.Unit, help string, more []string) metric.Definition {
		labels := append([]string{"container", "image", "project", "service"}, more...)
		return metric.Definition{Name: name, Kind: kind, Unit: unit, Help: help, Labels: labels}
	}
	gauge := func(name string, unit metric.Unit, help string, more ...string) metric.Definition {
		return define(metric.Gauge, name, unit, help, more)
	}
	counter := func(name string, unit metric.Unit, help string, more ...string) metric.Definition {
		return define(metric.Counter, name, unit, help, more)
	}
	return []metric.Definition{
		gauge("container_running", metric.Bool, "1 when the container runs or is paused."),
		gauge("container_state", metric.Bool, "1 for the state that the container is in.", "state"),
		gauge("container_health", metric.Bool, "1 for the result of the container's own health check, while it runs.", "state"),
		gauge("container_exit_code", metric.None, "Exit code of a container that has ended."),
		gauge("container_oom_killed", metric.Bool, "1 when the kernel ended a process of the container's last start for lack of memory."),
		gauge("container_restart_wanted", metric.Bool, "1 when its restart policy asks the engine to start the container again after it died."),
		counter("container_restarts_total", metric.None, "How often the engine started the container again after it died."),
		gauge("container_start_timestamp_seconds", metric.TimestampSeconds, "When the container was started the last time."),

		counter("container_cpu_usage_seconds_total", metric.Seconds, "CPU time used."),
		gauge("container_cpu_usage_cores", metric.Cores, "CPU cores used since the run before."),
		gauge("container_cpu_limit_ratio", metric.Ratio, "Share of the allowed CPU cores that is used, for containers with a limit."),
		counter("container_cpu_periods_total", metric.None, "Periods in which the CPU limit was enforced."),
		counter("container_cpu_throttled_periods_total", metric.None, "Periods in which the container was held back by its CPU limit."),
		counter("container_cpu_throttled_seconds_total", metric.Seconds, "Time for which the container was held back by its CPU limit."),
		counter("container_cpu_user_seconds_total", metric.Seconds, "CPU time used by programs; with per_device."),
		counter("container_cpu_system_seconds_total", metric.Seconds, "CPU time used by the kernel for the container; with per_device."),
		counter("container_cpu_core_seconds_total", metric.Seconds, "CPU time used of each CPU; with per_device, on cgroup v1.", "cpu"),

		gauge("container_memory_working_set_bytes", metric.Bytes, "Memory in use without file cache that can be given back: what docker stats shows."),
		gauge("container_memory_usage_bytes", metric.Bytes, "Memory in use, file cache included."),
		gauge("container_memory_cache_bytes", metric.Bytes, "File cache."),
		gauge("container_memory_rss_bytes", metric.Bytes, "Memory of the processes themselves."),
		gauge("container_memory_limit_bytes", metric.Bytes, "Memory that the container may use, when there is a limit."),
		gauge("container_memory_usage_ratio", metric.Ratio, "Share of the allowed memory that is in use, for containers with a limit."),
		counter("container_memory_major_faults_total", metric.None, "Pages that had to be read from disk."),

		counter("container_network_receive_bytes_total", metric.Bytes, "Bytes received over the container's own interfaces."),
		counter("container_network_receive_packets_total", metric.None, "Packets received."),
		counter("container_network_receive_errors_total", metric.None, "Packets received with errors."),
		counter("container_network_receive_dropped_total", metric.None, "Packets dropped on receipt."),
		counter("container_network_transmit_bytes_total", metric.Bytes, "Bytes sent over the container's own interfaces."),
		counter("container_network_transmit_packets_total", metric.None, "Packets sent."),
		counter("container_network_transmit_errors_total", metric.None, "Packets that could not be sent."),
		counter("container_network_transmit_dropped_total", metric.None, "Packets dropped on sending."),
		counter("container_interface_receive_bytes_total", metric.Bytes, "Bytes received over one interface; with per_device.", "interface"),
		counter("container_interface_transmit_bytes_total", metric.Bytes, "Bytes sent over one interface; with per_device.", "interface"),

		counter("container_block_read_bytes_total", metric.Bytes, "Bytes read from disks."),
		counter("container_block_write_bytes_total", metric.Bytes, "Bytes written to disks."),
		counter("container_block_reads_total", metric.None, "Read operations on disks."),
		counter("container_block_writes_total", metric.None, "Write operations on disks."),

		gauge("container_processes", metric.None, "Processes and threads."),
		gauge("container_processes_limit", metric.None, "Processes and threads that the container may have, when there is a limit."),
		gauge("container_size_rw_bytes", metric.Bytes, "Size of the files that the container changed or made."),
		gauge("container_size_rootfs_bytes", metric.Bytes, "Size of all files of the container, its image included."),
	}
}
