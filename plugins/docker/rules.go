package docker

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin. An exit code of 137 or 143 is
// what a container that was told to stop leaves behind.
func rules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "engine_down", Name: "Container engine does not answer", Severity: plugin.Critical, For: minute,
			Expr:    `up == 0`,
			Summary: "The container engine does not answer.",
			Hint:    "Look at the source's last run for the reason; on the machine: systemctl status docker.",
		},
		{
			ID: "unhealthy", Name: "Container is unhealthy", Severity: plugin.Warning, For: 2 * minute,
			Expr:    `container_health{state="unhealthy"} == 1`,
			Summary: "{{.Labels.container}} fails its health check.",
			Hint:    "The table of containers shows what the check said last.",
		},
		{
			ID: "unhealthy_long", Name: "Container stays unhealthy", Severity: plugin.Critical, For: 10 * minute,
			Expr:    `container_health{state="unhealthy"} == 1`,
			Summary: "{{.Labels.container}} has failed its health check for ten minutes.",
			Hint:    "The table of containers shows what the check said last.",
		},
		{
			ID: "not_restarted", Name: "Container was not started again", Severity: plugin.Critical, For: 2 * minute,
			Expr: `(container_exit_code > 0 and container_exit_code != 137 and container_exit_code != 143)` +
				` and container_running == 0 and container_restart_wanted == 1` +
				` and ignoring(state) container_state{state="exited"} == 1`,
			Summary: "{{.Labels.container}} ended with exit code {{.Value}} and was not started again, although its restart policy asks for it.",
			Hint:    "See docker logs; the engine gives up when starting fails or when on-failure has run out of attempts.",
		},
		{
			ID: "died", Name: "Container died", Severity: plugin.Warning, For: 2 * minute,
			Expr: `(container_exit_code > 0 and container_exit_code != 137 and container_exit_code != 143)` +
				` and container_running == 0 and max_over_time(container_running[1h]) == 1`,
			Summary: "{{.Labels.container}} ran within the last hour and ended with exit code {{.Value}}.",
			Hint:    "See docker logs.",
		},
		{
			ID: "restarting", Name: "Container restarts again and again", Severity: plugin.Warning,
			Expr:    `increase(container_restarts_total[15m]) > 3`,
			Summary: "{{.Labels.container}} was started again {{.Value}} times within 15 minutes.",
			Hint:    "See docker logs for why it ends.",
		},
		{
			ID: "out_of_memory", Name: "Container ran out of memory", Severity: plugin.Warning,
			Expr:    `increase(docker_events_total{action="oom"}[10m]) > 0`,
			Summary: "A container ran out of memory; the table of events names it.",
			Hint:    "Raise its memory limit, or find out what it needs so much for.",
		},
		{
			ID: "memory_high", Name: "Container is close to its memory limit", Severity: plugin.Warning,
			Expr:    `avg_over_time(container_memory_usage_ratio[5m]) > 0.9`,
			Summary: "{{.Labels.container}} uses more than 90 % of its memory limit.",
		},
		{
			ID: "memory_full", Name: "Container is at its memory limit", Severity: plugin.Critical,
			Expr:    `avg_over_time(container_memory_usage_ratio[5m]) > 0.98`,
			Summary: "{{.Labels.container}} uses more than 98 % of its memory limit.",
			Hint:    "The kernel ends it next. Raise the limit.",
		},
		{
			ID: "throttled", Name: "Container is held back by its CPU limit", Severity: plugin.Warning,
			Expr:    `rate(container_cpu_throttled_periods_total[10m]) / rate(container_cpu_periods_total[10m]) > 0.5`,
			Summary: "{{.Labels.container}} had to wait in more than half of the periods of the last ten minutes.",
			Hint:    "Raise its CPU limit, or accept that it is slow.",
		},
		{
			ID: "cpu_limit", Name: "Container uses all of its CPU limit", Severity: plugin.Warning,
			Expr:    `avg_over_time(container_cpu_limit_ratio[10m]) > 0.95`,
			Summary: "{{.Labels.container}} has used more than 95 % of its CPU limit for ten minutes.",
		},
		{
			ID: "images_reclaimable", Name: "Unused images take much space", Severity: plugin.Info,
			Expr:    `docker_disk_reclaimable_bytes{type="images"} > 20 * 1024 * 1024 * 1024`,
			Summary: "Images that no container uses take more than 20 GiB.",
			Hint:    "Free it with: docker image prune -a",
		},
		{
			ID: "dead", Name: "Container is dead", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `container_state{state="dead"} == 1`,
			Summary: "{{.Labels.container}} could not be removed wholly.",
			Hint:    "Remove it with: docker rm -f {{.Labels.container}}",
		},
	}
}
