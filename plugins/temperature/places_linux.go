package temperature

import (
	"context"
	"path"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// readThermal reads the thermal zones that are not among the hwmon chips as
// well, and what cools.
func (r *reader) readThermal(s *survey) {
	const class = "/sys/class/thermal"
	entries, err := r.host.Files.ReadDir(class)
	if err != nil {
		return
	}
	known := make(map[string]bool)
	for _, c := range s.Chips {
		// hwmon writes names with underscores where zones have dashes.
		known[strings.ReplaceAll(c.Name, "-", "_")] = true
	}
	// The package's zone is the sum of coretemp's first sensor.
	known["x86_pkg_temp"] = known["x86_pkg_temp"] || known["coretemp"]
	zones := chip{ID: "thermal", Name: "thermal"}
	for _, entry := range entries {
		folder := class + "/" + entry.Name()
		switch {
		case strings.HasPrefix(entry.Name(), "thermal_zone"):
			if z, ok := r.zone(folder); ok && !known[strings.ReplaceAll(z.Label, "-", "_")] {
				zones.Readings = append(zones.Readings, z)
			}
		case strings.HasPrefix(entry.Name(), "cooling_device"):
			if c, ok := r.cooler(folder); ok {
				s.Cooling = append(s.Cooling, c)
			}
		}
	}
	if len(zones.Readings) > 0 {
		zones.Readings = distinctLabels(zones.Readings)
		s.Chips = append(s.Chips, zones)
	}
}

// zone reads one thermal zone with its trip points.
func (r *reader) zone(folder string) (reading, bool) {
	name, err := hostfs.Text(r.host.Files, folder+"/type")
	if err != nil {
		return reading{}, false
	}
	raw, err := hostfs.Int(r.host.Files, folder+"/temp")
	if err != nil {
		return reading{}, false // asleep
	}
	z := reading{Label: strings.ToValidUTF8(name, ""), Kind: temperature, Value: float64(raw) / 1000}
	const mostTrips = 16
	for i := range mostTrips {
		trip := folder + "/trip_point_" + strconv.Itoa(i)
		what, err := hostfs.Text(r.host.Files, trip+"_type")
		if err != nil {
			break
		}
		limit := map[string]string{"hot": "max", "critical": "crit"}[what]
		at, err := hostfs.Int(r.host.Files, trip+"_temp")
		if limit == "" || err != nil || at <= 0 {
			continue
		}
		if z.Limits == nil {
			z.Limits = make(map[string]float64, 2)
		}
		if before, set := z.Limits[limit]; !set || float64(at)/1000 < before {
			z.Limits[limit] = float64(at) / 1000
		}
	}
	return z, true
}

func (r *reader) cooler(folder string) (cooler, bool) {
	name, err := hostfs.Text(r.host.Files, folder+"/type")
	if err != nil {
		return cooler{}, false
	}
	now, errNow := hostfs.Int(r.host.Files, folder+"/cur_state")
	most, errMost := hostfs.Int(r.host.Files, folder+"/max_state")
	if errNow != nil || errMost != nil || most <= 0 || now < 0 {
		return cooler{}, false
	}
	return cooler{
		Device: strings.Replace(path.Base(folder), "cooling_device", "cooling-", 1),
		Type:   strings.ToValidUTF8(name, ""), Ratio: min(1, float64(now)/float64(most)),
	}, true
}

// readIIO reads the environmental sensors of the industrial I/O subsystem.
func (r *reader) readIIO(s *survey) {
	const bus = "/sys/bus/iio/devices"
	entries, err := r.host.Files.ReadDir(bus)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), "iio:device") {
			continue
		}
		folder := bus + "/" + entry.Name()
		name, err := hostfs.Text(r.host.Files, folder+"/name")
		if err != nil {
			continue
		}
		name = strings.ToValidUTF8(name, "")
		c := chip{ID: chipID(name, r.device(folder)), Name: name}
		for _, channel := range []struct {
			file, label string
			kind        kind
			factor      float64
		}{
			{"in_temp", "temperature", temperature, 1e-3},
			{"in_humidityrelative", "humidity", humidity, 1e-5},
			{"in_pressure", "pressure", pressure, 1e3},
		} {
			if value, ok := channelValue(r.host.Files, folder+"/"+channel.file); ok {
				c.Readings = append(c.Readings, reading{Label: channel.label, Kind: channel.kind, Value: value * channel.factor})
			}
		}
		if len(c.Readings) > 0 {
			s.Chips = append(s.Chips, c)
		}
	}
}

// device resolves where a device of a bus sits; its own folder is a level too
// deep.
func (r *reader) device(folder string) string {
	real, err := r.host.Files.RealPath(folder)
	if err != nil {
		return ""
	}
	return path.Dir(real)
}

// channelValue reads a channel that is given as it is, or as a raw number with
// offset and scale.
func channelValue(files plugin.Files, channel string) (float64, bool) {
	number := func(part string) (float64, bool) {
		text, err := hostfs.Text(files, channel+"_"+part)
		if err != nil {
			return 0, false
		}
		value, err := strconv.ParseFloat(text, 64)
		return value, err == nil
	}
	if value, ok := number("input"); ok {
		return value, true
	}
	raw, ok := number("raw")
	if !ok {
		return 0, false
	}
	if offset, ok := number("offset"); ok {
		raw += offset
	}
	if scale, ok := number("scale"); ok {
		raw *= scale
	}
	return raw, true
}

// readOneWire reads the thermometers on a 1-wire bus. Each takes most of a
// second, so that no more are asked once time is up.
func (r *reader) readOneWire(ctx context.Context, s *survey) {
	const bus = "/sys/bus/w1/devices"
	entries, err := r.host.Files.ReadDir(bus)
	if err != nil {
		return
	}
	c := chip{ID: "w1", Name: "w1"}
	for _, entry := range entries {
		family, _, ok := strings.Cut(entry.Name(), "-")
		if !ok || !isThermometer(family) || ctx.Err() != nil {
			continue
		}
		if value, ok := r.oneWire(bus + "/" + entry.Name()); ok {
			c.Readings = append(c.Readings, reading{Label: entry.Name(), Kind: temperature, Value: value})
		}
	}
	if len(c.Readings) > 0 {
		s.Chips = append(s.Chips, c)
	}
}

// isThermometer knows the families DS18S20, DS1822, DS18B20, DS1825 and
// DS28EA00.
func isThermometer(family string) bool {
	switch family {
	case "10", "22", "28", "3b", "42":
		return true
	default:
		return false
	}
}

func (r *reader) oneWire(folder string) (float64, bool) {
	// What a sensor says that has not measured since it got power.
	const justPowered = 85
	var value float64
	if raw, err := hostfs.Int(r.host.Files, folder+"/temperature"); err == nil {
		value = float64(raw) / 1000
	} else {
		data, err := r.host.Files.ReadFile(folder + "/w1_slave")
		if err != nil {
			return 0, false
		}
		var ok bool
		if value, ok = parseOneWire(string(data)); !ok {
			return 0, false
		}
	}
	return value, value != justPowered
}

// parseOneWire reads w1_slave: a line that ends in YES when the checksum is
// right, and one with the temperature.
func parseOneWire(text string) (float64, bool) {
	first, second, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if !strings.HasSuffix(strings.TrimSpace(first), "YES") {
		return 0, false
	}
	_, raw, ok := strings.Cut(second, "t=")
	number, err := strconv.ParseInt(strings.TrimSpace(raw), 10, 32)
	return float64(number) / 1000, ok && err == nil
}
