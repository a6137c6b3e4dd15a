package temperature

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// askSensors asks lm-sensors, where the kernel's files show no sensor.
func (r *reader) askSensors(ctx context.Context, s *survey) {
	out, err := r.host.Commands.Run(ctx, plugin.Command{Name: "sensors", Args: []string{"-j"}})
	if err != nil || out.ExitCode != 0 {
		return // not installed, or it finds none either
	}
	chips, err := parseSensors(out.Stdout)
	if err != nil {
		s.addProblem(err)
		return
	}
	s.Chips = append(s.Chips, chips...)
}

// parseSensors reads what "sensors -j" prints: values in base units, by chip, by
// label, by attribute.
func parseSensors(data []byte) ([]chip, error) {
	var report map[string]map[string]json.RawMessage
	if err := json.Unmarshal(data, &report); err != nil {
		return nil, fault.As(fault.BadAnswer, err, "reading what sensors says")
	}
	var chips []chip
	for _, id := range slices.Sorted(maps.Keys(report)) {
		name, _, _ := strings.Cut(id, "-")
		c := chip{ID: id, Name: name}
		for _, label := range slices.Sorted(maps.Keys(report[id])) {
			var values map[string]float64
			if json.Unmarshal(report[id][label], &values) != nil {
				continue // the name of the adapter
			}
			if r, ok := newReading(label, values); ok {
				c.Readings = append(c.Readings, r)
			}
		}
		if len(c.Readings) > 0 {
			c.Readings = distinctLabels(c.Readings)
			chips = append(chips, c)
		}
	}
	return chips, nil
}

// newReading makes a reading of the attributes of one label.
func newReading(label string, values map[string]float64) (reading, bool) {
	r := reading{Label: label}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		a, ok := parseAttribute(name)
		if !ok {
			continue
		}
		what, _, known := quantity(a.prefix)
		if !known {
			continue
		}
		value := values[name]
		switch {
		case a.part == "input" || a.part == "average" && r.Kind == "":
			r.Kind, r.Value = what, value
			if what == humidity {
				r.Value /= 100
			}
		case a.part == "max", a.part == "crit", a.part == "emergency", a.part == "min":
			if r.Limits == nil {
				r.Limits = make(map[string]float64)
			}
			r.Limits[a.part] = value
		case a.part == "alarm", a.part == "fault", strings.HasSuffix(a.part, "_alarm"):
			raised := value != 0 || r.Alarm != nil && *r.Alarm
			r.Alarm = &raised
			r.Fault = cmp.Or(r.Fault, a.part == "fault" && value != 0)
		}
	}
	return r, r.Kind != ""
}
