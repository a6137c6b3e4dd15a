package backup

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules wake a person for a thing that cannot be restored to a recent point, and
// tell of what leads there.
func rules() []plugin.Rule {
	return []plugin.Rule{
		{
			ID: "backup_stale", Name: "Backup is stale", Severity: plugin.Critical,
			Expr:    `backup_state{state="stale"} == 1`,
			Summary: "The newest backup of {{.Labels.group}} is older than the limit.",
			Hint:    "See whether what makes the backups still runs, and what its log says.",
		},
		{
			ID: "backup_none", Name: "There is no backup", Severity: plugin.Critical,
			Expr:    `backup_state{state="none"} == 1`,
			Summary: "There is no backup of {{.Labels.group}}.",
			Hint:    "Make one, or take it out of the expected things.",
		},
		{
			ID: "backup_failed", Name: "Backup did not succeed", Severity: plugin.Critical,
			Expr:    `backup_state{state="failed"} == 1`,
			Summary: "The newest attempt to back up {{.Labels.group}} made no backup.",
			Hint:    "The table of things on the page of the source says why.",
		},
		{
			ID: "backup_late", Name: "Backup is late", Severity: plugin.Warning,
			Expr:    `backup_state{state="late"} == 1`,
			Summary: "The newest backup of {{.Labels.group}} is older than it should be, or than it usually is.",
		},
		{
			ID: "backup_unseen", Name: "Backups cannot be seen", Severity: plugin.Critical, For: time.Hour,
			Expr:    `up == 0`,
			Summary: "Nothing can be learned of the backups of {{.Labels.source}}.",
			Hint:    "Nobody would notice that they stopped. The page of the source says what is wrong.",
		},
		{
			// Unity gives up lines of a source that does not answer; time goes on.
			ID: "backup_stale_unseen", Name: "Backup is stale and cannot be seen", Severity: plugin.Critical,
			Expr: `(time() - last_over_time(backup_last_success_timestamp_seconds[2d]) > on(host, source) group_left() ` +
				`last_over_time(backup_critical_age_seconds[2d])) unless on(host, source) (up == 1)`,
			Summary: "The newest backup of {{.Labels.group}} that was seen is older than the limit, and nothing is seen any more.",
		},
		{
			ID: "backup_shrunk", Name: "Backup shrunk", Severity: plugin.Warning,
			Expr:    `backup_shrunk == 1`,
			Summary: "The newest backup of {{.Labels.group}} is much smaller than those before it.",
			Hint:    "See whether all of it is still there: a disk that is not mounted is backed up as an empty folder.",
		},
		{
			ID: "backup_lock_old", Name: "Lock was left behind", Severity: plugin.Warning,
			Expr:    `backup_lock_age_seconds > 24 * 3600`,
			Summary: "A lock on the repository is {{.Value}} s old.",
			Hint:    "When nothing works on it any more: restic unlock, or borg break-lock.",
		},
		{
			ID: "backup_damaged", Name: "Repository is damaged", Severity: plugin.Critical,
			Expr:    `backup_check_success == 0`,
			Summary: "The last check found damage: some of the backups cannot be restored.",
			Hint:    "Do not prune. restic check --read-data and borg check say what is lost; the next backup may mend it where the source still has it.",
		},
		{
			ID: "pbs_datastore_full", Name: "Datastore is nearly full", Severity: plugin.Warning, For: 15 * time.Minute,
			Expr:    `pbs_datastore_available_bytes / pbs_datastore_size_bytes < 0.1`,
			Summary: "The datastore {{.Labels.datastore}} has little room left.",
			Hint:    "Prune more, then run the garbage collection.",
		},
		{
			ID: "pbs_datastore_broken", Name: "Datastore is broken", Severity: plugin.Critical, For: 15 * time.Minute,
			Expr:    `pbs_datastore_broken == 1`,
			Summary: "The server cannot read the datastore {{.Labels.datastore}}.",
			Hint:    "See whether its disk is mounted.",
		},
		{
			ID: "pbs_verify_failed", Name: "Snapshots are damaged", Severity: plugin.Critical,
			Expr:    `pbs_snapshots_verify_failed > 0`,
			Summary: "{{.Value}} snapshots in {{.Labels.datastore}} are damaged and cannot be restored.",
			Hint:    "Make new backups of those guests, and check the disks.",
		},
		{
			ID: "pbs_job_failed", Name: "Job did not succeed", Severity: plugin.Warning,
			Expr:    `pbs_job_last_ok == 0`,
			Summary: "The {{.Labels.kind}} job {{.Labels.name}} went wrong.",
		},
	}
}
