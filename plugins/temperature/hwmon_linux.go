package temperature

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// attribute is the name of a file of a hwmon chip, taken apart: temp1_input is
// the input of the first temperature.
type attribute struct {
	prefix string
	number int
	part   string
}

// parseAttribute takes a file's name apart.
func parseAttribute(name string) (attribute, bool) {
	head, part, _ := strings.Cut(name, "_")
	digits := strings.TrimLeft(head, "abcdefghijklmnopqrstuvwxyz")
	prefix := strings.TrimSuffix(head, digits)
	number, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || prefix == "" {
		return attribute{}, false
	}
	return attribute{prefix: prefix, number: int(number), part: part}, true
}

// quantity says what a prefix measures, and what its numbers are multiplied
// with.
func quantity(prefix string) (kind, float64, bool) {
	switch prefix {
	case "temp":
		return temperature, 1e-3, true
	case "fan":
		return fan, 1, true
	case "pwm":
		return pwm, 1.0 / 255, true
	case "in":
		return voltage, 1e-3, true
	case "curr":
		return current, 1e-3, true
	case "power":
		return power, 1e-6, true
	case "energy":
		return energy, 1e-6, true
	case "humidity":
		return humidity, 1e-5, true // thousandths of a percent
	default:
		return "", 0, false
	}
}

// hwmonChip reads all sensors of one hwmon chip.
type hwmonChip struct {
	files  plugin.Files
	folder string
}

// read returns the readings in a stable order. A file that cannot be read, such
// as that of a device that sleeps, leaves its reading out.
func (h hwmonChip) read(ctx context.Context) ([]reading, error) {
	parts, err := h.attributes()
	if err != nil {
		return nil, err
	}
	type sensor struct {
		prefix string
		number int
	}
	sensors := make(map[sensor][]string)
	for _, a := range parts {
		key := sensor{a.prefix, a.number}
		sensors[key] = append(sensors[key], a.part)
	}
	keys := make([]sensor, 0, len(sensors))
	for key := range sensors {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b sensor) int {
		return cmp.Or(cmp.Compare(a.prefix, b.prefix), cmp.Compare(a.number, b.number))
	})
	var readings []reading
	for _, key := range keys {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if r, ok := h.sensor(key.prefix, key.number, sensors[key]); ok {
			readings = append(readings, r)
		}
	}
	return distinctLabels(readings), nil
}

// attributes lists what the chip has.
func (h hwmonChip) attributes() ([]attribute, error) {
	entries, err := h.files.ReadDir(h.folder)
	if err != nil {
		return nil, err
	}
	var found []attribute
	for _, entry := range entries {
		a, ok := parseAttribute(entry.Name())
		if !ok {
			continue
		}
		if _, _, known := quantity(a.prefix); known {
			found = append(found, a)
		}
	}
	return found, nil
}

// sensor reads one sensor with the parts it has.
func (h hwmonChip) sensor(prefix string, number int, parts []string) (reading, bool) {
	what, factor, _ := quantity(prefix)
	base := prefix + strconv.Itoa(number)
	name := h.folder + "/" + base
	value := func(part string) (float64, bool) {
		if !slices.Contains(parts, part) {
			return 0, false
		}
		file := name
		if part != "" {
			file += "_" + part
		}
		raw, err := hostfs.Int(h.files, file)
		return float64(raw) * factor, err == nil
	}
	flag := func(part string) bool {
		if !slices.Contains(parts, part) {
			return false
		}
		raw, err := hostfs.Int(h.files, name+"_"+part)
		return err == nil && raw != 0
	}
	r := reading{Label: base, Kind: what}
	if slices.Contains(parts, "label") {
		if label, err := hostfs.Text(h.files, name+"_label"); err == nil && label != "" {
			r.Label = strings.ToValidUTF8(label, "")
		}
	}
	r.Fault = flag("fault")
	var ok bool
	for _, part := range []string{"input", "average", ""} {
		if what == pwm && part != "" || what != pwm && part == "" {
			continue
		}
		if r.Value, ok = value(part); ok {
			break
		}
	}
	for _, part := range parts {
		if part == "alarm" || strings.HasSuffix(part, "_alarm") {
			raised := flag(part) || r.Alarm != nil && *r.Alarm
			r.Alarm = &raised
		}
	}
	if r.Fault {
		raised := true
		r.Alarm = &raised
	}
	if !ok || r.Fault { // what a broken sensor says is not worth having
		r.Silent = true
		return r, r.Fault && (what == temperature || what == fan)
	}
	for _, limit := range []string{"max", "crit", "emergency", "min"} {
		// Boards that give no limit often say 0.
		if v, known := value(limit); known && (v != 0 || limit == "min") {
			if r.Limits == nil {
				r.Limits = make(map[string]float64, 4)
			}
			r.Limits[limit] = v
		}
	}
	return r, true
}

// distinctLabels gives sensors of one kind that share a label names that tell
// them apart.
func distinctLabels(readings []reading) []reading {
	type key struct {
		kind  kind
		label string
	}
	seen := make(map[key]int)
	for i := range readings {
		k := key{readings[i].Kind, readings[i].Label}
		seen[k]++
		if n := seen[k]; n > 1 {
			readings[i].Label += " " + strconv.Itoa(n)
			seen[key{readings[i].Kind, readings[i].Label}]++
		}
	}
	return readings
}

// chipID makes a name that stays: the driver's name with where the device sits.
func chipID(name, devicePath string) string {
	if devicePath == "" {
		return name + "-virtual-0"
	}
	for at := devicePath; at != "/" && at != "."; at = path.Dir(at) {
		base := path.Base(at)
		parent := path.Base(path.Dir(at))
		// 0000:03:00.0 is a PCI address: domain, bus, device and function.
		var domain, bus, slot, function uint64
		if ok := scanPCI(base, &domain, &bus, &slot, &function); ok {
			return name + "-pci-" + hex4(bus<<8|slot<<3|function)
		}
		// 3-0048 is bus 3, address 0x48.
		if number, address, ok := strings.Cut(base, "-"); ok && strings.HasPrefix(parent, "i2c-") && allDigits(number) {
			return name + "-i2c-" + number + "-" + strings.TrimLeft(address, "0")
		}
		// coretemp.0, it87.2608: platform devices; the number is a port or an
		// index.
		if kind, number, ok := strings.Cut(base, "."); ok && parent == "platform" && allDigits(number) && kind != "" {
			if n, err := strconv.ParseUint(number, 10, 32); err == nil {
				return name + "-isa-" + hex4(n)
			}
		}
		// 2:0:0:0 is a SCSI address: host, channel, target and unit.
		if strings.Count(base, ":") == 3 && strings.HasPrefix(parent, "target") {
			fields := strings.Split(base, ":")
			return name + "-scsi-" + fields[0] + "-" + fields[1]
		}
	}
	return name + "-" + path.Base(devicePath)
}

// scanPCI reads a PCI address such as 0000:03:00.0.
func scanPCI(text string, domain, bus, slot, function *uint64) bool {
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ':' || r == '.' })
	if len(fields) != 4 || len(text) != len("0000:00:00.0") {
		return false
	}
	for i, into := range []*uint64{domain, bus, slot, function} {
		n, err := strconv.ParseUint(fields[i], 16, 32)
		if err != nil {
			return false
		}
		*into = n
	}
	return true
}

func hex4(n uint64) string {
	text := strconv.FormatUint(n, 16)
	return strings.Repeat("0", max(0, 4-len(text))) + text
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
