package disk

import (
	"slices"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// Config is what a source of this plugin is configured with.
type Config struct {
	ExcludeTypes      plugin.Globs    `json:"exclude_types" title:"File system types left out" help:"Types of file system that are not watched; most of these hold no data." group:"File systems"`
	MountInclude      plugin.Globs    `json:"mount_include" title:"Mount points" help:"Only these mount points are watched; empty means all." example:"/srv*" group:"File systems"`
	MountExclude      plugin.Globs    `json:"mount_exclude" title:"Mount points left out" help:"Mount points that are not watched, even when they are named above." group:"File systems"`
	IncludeNetworkFS  bool            `json:"include_network_fs" title:"Network file systems" help:"Watch NFS, SMB, SSHFS and other file systems that live elsewhere." group:"File systems"`
	WarnThreshold     int             `json:"warn_threshold_percent" title:"Fill that warns" help:"Percentage of a file system in use from which the shipped rule warns." min:"1" max:"100" group:"File systems"`
	CriticalThreshold int             `json:"critical_threshold_percent" title:"Fill that is critical" help:"Percentage of a file system in use from which the shipped rule is critical." min:"1" max:"100" group:"File systems"`
	StatfsTimeout     plugin.Duration `json:"statfs_timeout" title:"Patience per file system" help:"A file system that does not say within this time how full it is counts as unresponsive." min:"10ms" max:"20s" group:"advanced"`
	IncludeIOStats    bool            `json:"include_io_stats" title:"Device activity" help:"Count what block devices read and write." group:"Devices"`
	DeviceInclude     plugin.Globs    `json:"device_include" title:"Devices" help:"Only these devices are watched; empty means all." example:"nvme*" group:"Devices"`
	DeviceExclude     plugin.Globs    `json:"device_exclude" title:"Devices left out" help:"Devices that are not watched, even when they are named above." group:"Devices"`
	Partitions        bool            `json:"partitions" title:"Partitions" help:"Count for each partition too, besides whole disks." group:"Devices"`
	CollectRAID       bool            `json:"collect_raid" title:"Software RAID" help:"Watch md arrays." group:"Devices"`
	CollectLVM        bool            `json:"collect_lvm" title:"LVM" help:"Watch volume groups and thin pools every five minutes; needs root, and reads the disks." group:"Devices"`
}

func defaults() Config {
	return Config{
		ExcludeTypes: plugin.Globs{
			"tmpfs", "devtmpfs", "squashfs", "overlay", "proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue",
			"hugetlbfs", "debugfs", "tracefs", "securityfs", "pstore", "bpf", "autofs", "binfmt_misc", "configfs",
			"fusectl", "nsfs", "ramfs", "rpc_pipefs", "fuse.lxcfs", "fuse.snapfuse", "efivarfs", "iso9660",
		},
		MountInclude: plugin.Globs{},
		MountExclude: plugin.Globs{
			"/var/lib/docker/*", "/var/lib/containers/*", "/var/lib/kubelet/*", "/run/*", "/snap/*", "/boot/efi",
		},
		IncludeNetworkFS:  true,
		WarnThreshold:     80,
		CriticalThreshold: 95,
		StatfsTimeout:     plugin.Duration(2 * time.Second),
		IncludeIOStats:    true,
		DeviceInclude:     plugin.Globs{},
		DeviceExclude:     plugin.Globs{"loop*", "ram*", "zram*", "sr*", "fd*"},
		CollectRAID:       true,
	}
}

// Validate checks what the schema cannot say.
func (c Config) Validate() error {
	if c.WarnThreshold > c.CriticalThreshold {
		return plugin.Invalid("warn_threshold_percent", "is %d, above critical_threshold_percent, which is %d",
			c.WarnThreshold, c.CriticalThreshold)
	}
	return nil
}

// networkTypes are the file systems that live on another machine.
func networkTypes() plugin.Globs {
	return plugin.Globs{
		"nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "webdav", "fuse.sshfs", "fuse.rclone", "ceph", "fuse.ceph",
		"9p", "glusterfs", "fuse.glusterfs", "davfs", "fuse.davfs", "fuse.s3fs", "afs", "lustre", "beegfs",
	}
}

// wantsMount reports whether a file system of this type at this place is
// watched.
func (c Config) wantsMount(fstype, mountpoint string) bool {
	switch {
	case fstype == "autofs": // asking would mount it
		return false
	case c.ExcludeTypes.Match(fstype):
		return false
	case !c.IncludeNetworkFS && networkTypes().Match(fstype):
		return false
	default:
		return plugin.Selects(c.MountInclude, c.MountExclude, mountpoint)
	}
}

// wantsDevice reports whether the device that goes by these names is watched.
func (c Config) wantsDevice(names ...string) bool {
	if slices.ContainsFunc(names, c.DeviceExclude.Match) {
		return false
	}
	return len(c.DeviceInclude) == 0 || slices.ContainsFunc(names, c.DeviceInclude.Match)
}
