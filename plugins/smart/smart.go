// Package smart watches what disks say of their own health: the verdict of
// their self-assessment, worn and bad sectors, wear, temperature and the
// self-tests that they have made.
//
// It asks smartctl, which knows the quirks of many hundred drives, and never
// wakes a disk that sleeps unless it is told to.
package smart

import (
	"context"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// config is what a person can set.
type config struct {
	Devices      []device        `json:"devices" title:"Disks" help:"Disks to watch; empty means all that smartctl finds." group:"Disks"`
	Exclude      plugin.Globs    `json:"exclude" title:"Left out" help:"Paths, models or serial numbers of disks to leave out." example:"/dev/sdb" group:"Disks"`
	ScanInterval plugin.Duration `json:"scan_interval" title:"Search every" help:"How often new disks are looked for." min:"1m" max:"30d" group:"Disks"`
	EMMC         bool            `json:"emmc" title:"eMMC" help:"Watch the wear of built-in eMMC memory as well, which needs no smartctl." group:"Disks"`
	Sudo         bool            `json:"use_sudo" title:"Use sudo" help:"Run smartctl with sudo, for a Unity that does not run as root." group:"Rights"`

	NoCheck       string          `json:"no_check" title:"Leave alone" help:"Disks that sleep as deep as this, or deeper, are not asked: idle, standby, sleep, or never leave a disk alone." enum:"never,sleep,standby,idle" group:"Sleep"`
	MaxStandbyAge plugin.Duration `json:"max_standby_age" title:"Wake after" help:"Ask a sleeping disk all the same when its figures are older than this; 0 never wakes one." min:"0s" max:"365d" group:"Sleep"`

	TemperatureWarning      int `json:"temperature_warning" title:"Warm" help:"Temperature in °C from which the shipped rule warns." min:"1" max:"150" group:"Temperature"`
	TemperatureCritical     int `json:"temperature_critical" title:"Hot" help:"Temperature in °C from which the shipped rule is critical." min:"1" max:"150" group:"Temperature"`
	NVMeTemperatureWarning  int `json:"nvme_temperature_warning" title:"Warm (NVMe)" help:"The same for NVMe drives, which get warmer and bear it." min:"1" max:"150" group:"Temperature"`
	NVMeTemperatureCritical int `json:"nvme_temperature_critical" title:"Hot (NVMe)" help:"The same for NVMe drives." min:"1" max:"150" group:"Temperature"`

	Attributes       bool            `json:"include_attributes" title:"Attributes" help:"Show all attributes of ATA disks in a table." group:"advanced"`
	AttributeMetrics string          `json:"attribute_metrics" title:"Attribute series" help:"Which ATA attributes are kept as series: none, the key ones that foretell trouble, or all." enum:"none,key,all" group:"advanced"`
	Concurrency      int             `json:"concurrency" title:"At once" help:"How many disks are asked at the same time." min:"1" max:"16" group:"advanced"`
	Patience         plugin.Duration `json:"device_timeout" title:"Patience" help:"How long a disk may take to answer." min:"1s" max:"4m" group:"advanced"`
}

// device is a disk that a person has named.
type device struct {
	Path string `json:"path" title:"Path" help:"Device file of the disk, or of the controller that it is behind." required:"true" example:"/dev/sda"`
	Type string `json:"type" title:"Type" help:"How to reach it, as smartctl -d takes it; empty lets smartctl find out." example:"megaraid,3"`
}

// What can be chosen.
const (
	checkAlways = "never"
	metricsNone = "none"
	metricsAll  = "all"
)

func defaults() config {
	return config{
		Devices: []device{}, Exclude: plugin.Globs{}, ScanInterval: plugin.Duration(time.Hour), EMMC: true,
		NoCheck:            "standby",
		TemperatureWarning: 50, TemperatureCritical: 60, NVMeTemperatureWarning: 70, NVMeTemperatureCritical: 80,
		Attributes: true, AttributeMetrics: "key", Concurrency: 2, Patience: plugin.Duration(30 * time.Second),
	}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	// The text becomes an argument of a program that may run as root.
	known := regexp.MustCompile(`^([a-z0-9][a-z0-9_+,./-]*)?$`)
	for i, d := range c.Devices {
		at := "devices[" + strconv.Itoa(i) + "]."
		switch {
		case !path.IsAbs(d.Path) || path.Clean(d.Path) != d.Path || strings.ContainsAny(d.Path, " \t\n"):
			return plugin.Invalid(at+"path", "must be the absolute path of a device, such as /dev/sda")
		case !known.MatchString(d.Type):
			return plugin.Invalid(at+"type", "is not a type of smartctl -d, such as sat or megaraid,3")
		}
	}
	switch {
	case c.TemperatureWarning > c.TemperatureCritical:
		return plugin.Invalid("temperature_warning", "is %d, above temperature_critical, which is %d", c.TemperatureWarning, c.TemperatureCritical)
	case c.NVMeTemperatureWarning > c.NVMeTemperatureCritical:
		return plugin.Invalid("nvme_temperature_warning", "is %d, above nvme_temperature_critical, which is %d",
			c.NVMeTemperatureWarning, c.NVMeTemperatureCritical)
	}
	return nil
}

// Plugin declares the plugin smart_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	return &collector{config: config, host: host, smartctl: smartctl{host: host, config: config}}, nil
}
