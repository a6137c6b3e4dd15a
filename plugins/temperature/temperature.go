// Package temperature watches every sensor of a machine and of the room it
// stands in: temperatures, fans, voltages, currents, power, humidity and air
// pressure.
package temperature

import (
	"context"
	"slices"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// Config is what a source of this plugin is configured with.
type Config struct {
	Warning       float64         `json:"temp_warning_celsius" title:"Warn from" help:"Temperature in °C from which a sensor without a limit of its own is worth a warning." min:"-50" max:"150" group:"Limits"`
	Critical      float64         `json:"temp_critical_celsius" title:"Critical from" help:"Temperature in °C from which a sensor without a limit of its own is critical." min:"-50" max:"150" group:"Limits"`
	UseChipLimits bool            `json:"use_chip_limits" title:"Limits of the chip" help:"Prefer the limits that a sensor's own chip gives." group:"Limits"`
	HumidityMin   float64         `json:"humidity_min" title:"Driest air" help:"Relative humidity in percent below which the shipped rule warns." min:"0" max:"100" group:"Limits"`
	HumidityMax   float64         `json:"humidity_max" title:"Dampest air" help:"Relative humidity in percent above which the shipped rule warns." min:"0" max:"100" group:"Limits"`
	Include       plugin.Globs    `json:"sensor_include" title:"Sensors" help:"Only these sensors are watched, as chip/label; empty means all." example:"coretemp-*/*" group:"Sensors"`
	Exclude       plugin.Globs    `json:"sensor_exclude" title:"Sensors left out" help:"Sensors that are not watched, even when they are named above." example:"*/SYSTIN" group:"Sensors"`
	Sources       []string        `json:"sources" title:"Where sensors are looked for" help:"Any of hwmon, thermal, iio, w1 and rpi." enum:"hwmon,thermal,iio,w1,rpi" group:"Sensors"`
	MinValid      float64         `json:"min_valid_celsius" title:"Lowest believable" help:"Readings below this temperature in °C come from nothing that is connected, and are ignored." min:"-273" max:"1000" group:"Sensors"`
	MaxValid      float64         `json:"max_valid_celsius" title:"Highest believable" help:"Readings above this temperature in °C come from nothing that is connected, and are ignored." min:"-273" max:"1000" group:"Sensors"`
	Unit          string          `json:"unit" title:"Shown in" help:"Unit of the temperatures in the tables; metrics are always in °C." enum:"celsius,fahrenheit" group:"Display"`
	DiskIdleAfter plugin.Duration `json:"disk_idle_after" title:"Leave quiet disks alone after" help:"A spinning disk that has done nothing for this long is not asked for its temperature any more, so that it can go to sleep and stay asleep; 0s asks always." min:"0s" max:"24h" group:"advanced"`
}

func defaults() Config {
	return Config{
		Warning: 75, Critical: 85, UseChipLimits: true,
		HumidityMin: 30, HumidityMax: 60,
		Include: plugin.Globs{}, Exclude: plugin.Globs{},
		Sources:  []string{"hwmon", "thermal", "iio", "w1", "rpi"},
		MinValid: -50, MaxValid: 150,
		Unit:          "celsius",
		DiskIdleAfter: plugin.Duration(5 * time.Minute),
	}
}

// Validate checks what the schema cannot say.
func (c Config) Validate() error {
	switch {
	case c.Warning > c.Critical:
		return plugin.Invalid("temp_warning_celsius", "is %v, above temp_critical_celsius, which is %v", c.Warning, c.Critical)
	case c.HumidityMin > c.HumidityMax:
		return plugin.Invalid("humidity_min", "is %v, above humidity_max, which is %v", c.HumidityMin, c.HumidityMax)
	case c.MinValid >= c.MaxValid:
		return plugin.Invalid("min_valid_celsius", "is %v, not below max_valid_celsius, which is %v", c.MinValid, c.MaxValid)
	default:
		return nil
	}
}

// wants reports whether sensors are looked for in the place.
func (c Config) wants(source string) bool { return slices.Contains(c.Sources, source) }

// Plugin returns the plugin.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

func open(_ context.Context, config Config, host plugin.Host) (plugin.Collector, error) {
	return &collector{config: config, reader: newReader(config, host)}, nil
}

// detect finds sensors, which most virtual machines have none of.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	evidence, found := evidence(ctx, host)
	if !found {
		return nil, nil
	}
	return []plugin.Finding{{Config: map[string]any{}, Evidence: evidence, Ready: true}}, nil
}
