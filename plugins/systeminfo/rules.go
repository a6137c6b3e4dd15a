package systeminfo

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

func rules() []plugin.Rule {
	return append(usageRules(), healthRules()...)
}

func usageRules() []plugin.Rule {
	return []plugin.Rule{
		{
			ID: "cpu_high", Name: "Processor busy", Severity: plugin.Warning, For: 10 * time.Minute,
			Expr:    "avg_over_time(system_cpu_usage_ratio[10m]) > 0.85",
			Summary: "The processor has been more than 85 % busy for a while.",
			Hint:    "See which processes use it.",
		},
		{
			ID: "cpu_critical", Name: "Processor overloaded", Severity: plugin.Critical, For: 10 * time.Minute,
			Expr:    "avg_over_time(system_cpu_usage_ratio[10m]) > 0.95",
			Summary: "The processor has been more than 95 % busy for a while.",
			Hint:    "See which processes use it.",
		},
		{
			ID: "iowait_high", Name: "Waiting for disks", Severity: plugin.Warning, For: 10 * time.Minute,
			Expr:    `avg_over_time(system_cpu_mode_ratio{mode="iowait"}[10m]) > 0.4`,
			Summary: "The processor spends much of its time waiting for disks.",
			Hint:    "Look for a slow or failing disk, or a process that reads or writes very much.",
		},
		{
			ID: "steal_high", Name: "Processor time taken away", Severity: plugin.Warning, For: 20 * time.Minute,
			Expr:    `avg_over_time(system_cpu_mode_ratio{mode="steal"}[20m]) > 0.1`,
			Summary: "The hypervisor gives processor time of this machine to others.",
			Hint:    "Other virtual machines on the same hardware are busy; move one, or give this one more weight.",
		},
		{
			ID: "load_high", Name: "Load high", Severity: plugin.Warning, For: 15 * time.Minute,
			Expr:    "system_load15 / system_cpu_logical_count > 2",
			Summary: "More than twice as many tasks run or wait as there are processors.",
		},
		{
			ID: "memory_low", Name: "Memory low", Severity: plugin.Warning, For: 5 * time.Minute,
			Expr:    "system_memory_available_bytes / system_memory_total_bytes < 0.10",
			Summary: "Less than 10 % of memory is available.",
			Hint:    "See which processes use most of it.",
		},
		{
			ID: "memory_critical", Name: "Memory nearly gone", Severity: plugin.Critical, For: 5 * time.Minute,
			Expr:    "system_memory_available_bytes / system_memory_total_bytes < 0.04",
			Summary: "Less than 4 % of memory is available; soon the kernel will kill processes.",
			Hint:    "Stop what uses most of it.",
		},
		{
			ID: "oom_kill", Name: "Process killed for lack of memory", Severity: plugin.Warning,
			Expr:    "increase(system_oom_kills_total[30m]) > 0",
			Summary: "The kernel killed a process because memory ran out.",
			Hint:    "The kernel's log names it: journalctl -k --grep 'Out of memory'.",
		},
		{
			ID: "swap_full", Name: "Swap full and in use", Severity: plugin.Warning, For: 10 * time.Minute,
			Expr:    "system_swap_usage_ratio > 0.9 and rate(system_swap_out_bytes_total[10m]) > 0",
			Summary: "Swap space is nearly full, and more is being swapped out.",
		},
		{
			ID: "memory_pressure", Name: "Memory pressure", Severity: plugin.Warning, For: 10 * time.Minute,
			Expr:    `system_pressure_ratio{resource="memory",kind="full"} > 0.10`,
			Summary: "For more than a tenth of the time everything waits for memory.",
		},
	}
}

func healthRules() []plugin.Rule {
	return []plugin.Rule{
		{
			ID: "clock_unsynchronized", Name: "Clock not synchronised", Severity: plugin.Warning, For: 10 * time.Minute,
			Expr:    "system_time_synchronized == 0 and system_uptime_seconds > 1020",
			Summary: "No time service keeps the clock right.",
			Hint:    "Start systemd-timesyncd, chrony or ntpd, and see that it reaches its servers.",
		},
		{
			ID: "rebooted", Name: "Restarted", Severity: plugin.Info,
			Expr:    "system_uptime_seconds < 600",
			Summary: "The machine has been restarted.",
		},
		{
			ID: "unit_failed", Name: "Unit failed", Severity: plugin.Warning, For: 5 * time.Minute,
			Expr:    "system_units_failed > 0",
			Summary: "{{.Value}} units of systemd stopped with an error.",
			Hint:    "systemctl --failed lists them.",
		},
		{
			ID: "reboot_required", Name: "Restart needed", Severity: plugin.Info, For: 24 * time.Hour,
			Expr:    "system_reboot_required == 1",
			Summary: "Installed updates have been waiting for a restart for a day.",
		},
		{
			ID: "memory_error", Name: "Uncorrectable memory error", Severity: plugin.Critical,
			Expr:    `increase(system_edac_errors_total{type="uncorrectable"}[1h]) > 0`,
			Summary: "The memory returned wrong data that could not be corrected.",
			Hint:    "Replace the memory module; until then expect crashes and damaged files.",
		},
	}
}
