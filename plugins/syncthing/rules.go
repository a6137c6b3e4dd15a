package syncthing

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "down", Name: "Syncthing does not answer", Severity: plugin.Critical, For: 3 * minute,
			Expr:    `up == 0`,
			Summary: "{{.Labels.source}} does not answer.",
			Hint:    "The source's last run says why.",
		},
		{
			ID: "folder_stopped", Name: "Folder has stopped", Severity: plugin.Critical, For: 5 * minute,
			Expr:    `syncthing_folder_state{state="error"} == 1`,
			Summary: "The folder {{.Labels.name}} of {{.Labels.source}} is not synced any more.",
			Hint:    "The table of folders says why: often a disk that is not mounted, or one that is full.",
		},
		{
			ID: "folder_errors", Name: "Files cannot be synced", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `syncthing_folder_errors > 0`,
			Summary: "{{.Value}} files of {{.Labels.name}} of {{.Labels.source}} cannot be synced.",
			Hint:    "The table of files says why: rights, names that the file system does not know, or a full disk.",
		},
		{
			ID: "folder_stuck", Name: "Folder does not get in sync", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `syncthing_folder_need_bytes > 0 and min_over_time(syncthing_folder_need_bytes[6h]) > 0 and syncthing_folder_need_bytes >= syncthing_folder_need_bytes offset 6h`,
			Summary: "{{.Labels.name}} of {{.Labels.source}} has been out of sync for six hours and got no further.",
			Hint:    "See whether a device that has the files is connected.",
		},
		{
			ID: "device_missing", Name: "Device is not connected", Severity: plugin.Warning, For: 30 * minute,
			Expr:    `syncthing_device_missing == 1`,
			Summary: "{{.Labels.name}} should always be connected to {{.Labels.source}}, and is not.",
			Hint:    "See whether its machine is up and whether Syncthing runs there.",
		},
		{
			ID: "device_stale", Name: "Device was not seen for long", Severity: plugin.Info,
			Expr:    `syncthing_device_stale == 1`,
			Summary: "{{.Labels.name}} was not seen by {{.Labels.source}} for days.",
			Hint:    "What was changed since then is only where it is in sync. Remove the device if it is gone for good.",
		},
		{
			ID: "listener_down", Name: "Syncthing cannot be reached", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `syncthing_listener_ok == 0`,
			Summary: "Devices cannot reach {{.Labels.source}} at {{.Labels.listener}}.",
			Hint:    "See whether another program has the port.",
		},
		{
			ID: "device_asks", Name: "Device asks to be let in", Severity: plugin.Info,
			Expr:    `syncthing_pending_devices > 0`,
			Summary: "A device asks {{.Labels.source}} to be let in.",
			Hint:    "Add it or ignore it on Syncthing's page.",
		},
	}
}
