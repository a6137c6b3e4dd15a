package systeminfo

import "github.com/unity-homelab/unity/metric"

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

func counter(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Help: help, Labels: labels}
}

func metrics() []metric.Definition {
	return append(processorMetrics(), append(memoryMetrics(), machineMetrics()...)...)
}

func processorMetrics() []metric.Definition {
	return []metric.Definition{
		counter("system_cpu_seconds_total", metric.Seconds,
			"Processor time spent in each mode; guest time is also part of user, and guest_nice of nice.", "mode", "cpu"),
		gauge("system_cpu_usage_ratio", metric.Ratio, "Share of all processor time that was neither idle nor waiting for disks."),
		gauge("system_cpu_mode_ratio", metric.Ratio, "Share of all processor time spent in a mode; irq is hard and soft interrupts.", "mode"),
		gauge("system_cpu_core_usage_ratio", metric.Ratio, "Share of one logical processor's time that was in use.", "cpu"),
		gauge("system_cpu_logical_count", metric.None, "Logical processors in use, or what a control group allows."),
		gauge("system_cpu_physical_count", metric.None, "Physical processor cores."),
		gauge("system_cpu_frequency_hertz", metric.Hertz, "Present clock of the processors, on average."),
		counter("system_cpu_throttles_total", metric.None, "Times that a core or processor was slowed down because of heat."),
		gauge("system_load1", metric.None, "Processes that run, or wait for processor or disk, averaged over 1 minute."),
		gauge("system_load5", metric.None, "Processes that run, or wait for processor or disk, averaged over 5 minutes."),
		gauge("system_load15", metric.None, "Processes that run, or wait for processor or disk, averaged over 15 minutes."),
		gauge("system_pressure_ratio", metric.Ratio,
			"Share of the last minute in which some or all (full) work waited for a resource.", "resource", "kind"),
		counter("system_pressure_stall_seconds_total", metric.Seconds,
			"Time in which some or all (full) work waited for a resource.", "resource", "kind"),
		counter("system_context_switches_total", metric.None, "Switches from one task to another."),
		counter("system_interrupts_total", metric.None, "Interrupts served."),
		counter("system_forks_total", metric.None, "Processes and threads started."),
		gauge("system_processes_running", metric.None, "Tasks that run or are ready to."),
		gauge("system_processes_blocked", metric.None, "Tasks that wait for a disk to answer."),
	}
}

func memoryMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("system_memory_total_bytes", metric.Bytes, "Memory of the machine."),
		gauge("system_memory_used_bytes", metric.Bytes, "Memory that cannot be had without swapping: total less available."),
		gauge("system_memory_available_bytes", metric.Bytes, "Memory that programs can have without swapping."),
		gauge("system_memory_free_bytes", metric.Bytes, "Memory that serves nothing at all."),
		gauge("system_memory_cached_bytes", metric.Bytes, "Memory that caches files, reclaimable kernel memory included."),
		gauge("system_memory_buffers_bytes", metric.Bytes, "Memory that caches blocks of disks."),
		gauge("system_memory_shared_bytes", metric.Bytes, "Memory shared between processes and in tmpfs."),
		gauge("system_memory_slab_reclaimable_bytes", metric.Bytes, "Kernel memory that can be given back."),
		gauge("system_memory_dirty_bytes", metric.Bytes, "Memory that waits to be written to disk."),
		gauge("system_memory_hardware_corrupted_bytes", metric.Bytes, "Memory the kernel took out of use because of errors."),
		gauge("system_memory_usage_ratio", metric.Ratio, "Share of memory in use."),
		gauge("system_swap_total_bytes", metric.Bytes, "Swap space of the machine."),
		gauge("system_swap_used_bytes", metric.Bytes, "Swap space in use."),
		gauge("system_swap_free_bytes", metric.Bytes, "Swap space not in use."),
		gauge("system_swap_usage_ratio", metric.Ratio, "Share of swap space in use."),
		counter("system_swap_in_bytes_total", metric.Bytes, "Memory read back from swap."),
		counter("system_swap_out_bytes_total", metric.Bytes, "Memory written to swap."),
		counter("system_page_faults_total", metric.None, "Accesses to memory that the kernel had to provide; major ones read a disk.", "type"),
		counter("system_oom_kills_total", metric.None, "Processes killed because memory ran out."),
	}
}

func machineMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("system_file_descriptors_allocated", metric.None, "Files open in the whole machine."),
		gauge("system_file_descriptors_max", metric.None, "Files that may be open in the whole machine."),
		gauge("system_uptime_seconds", metric.Seconds, "Time since the machine started."),
		gauge("system_boot_timestamp_seconds", metric.TimestampSeconds, "When the machine started, in seconds since 1970."),
		gauge("system_time_synchronized", metric.Bool, "Whether the kernel's clock is kept right by a time service."),
		gauge("system_time_offset_seconds", metric.Seconds, "By how much the kernel is correcting its clock now."),
		gauge("system_users_logged_in", metric.None, "Sessions of people who are logged in."),
		gauge("system_units_failed", metric.None, "Units of systemd that stopped with an error."),
		gauge("system_reboot_required", metric.Bool, "Whether installed updates wait for a restart."),
		gauge("system_updates_pending", metric.None, "Package updates that could be installed.", "type"),
		counter("system_edac_errors_total", metric.None, "Memory errors that the hardware found.", "type"),
		counter("system_energy_joules_total", metric.Joules, "Energy used by a part of the processor.", "zone"),
		gauge("system_battery_charge_ratio", metric.Ratio, "Charge of a battery.", "supply"),
		gauge("system_ac_online", metric.Bool, "Whether an external power supply delivers.", "supply"),
		counter("system_network_receive_bytes_total", metric.Bytes, "Bytes received by all physical interfaces."),
		counter("system_network_transmit_bytes_total", metric.Bytes, "Bytes sent by all physical interfaces."),
		counter("system_network_receive_packets_total", metric.None, "Packets received by all physical interfaces."),
		counter("system_network_transmit_packets_total", metric.None, "Packets sent by all physical interfaces."),
	}
}
