//go:build !linux

package temperature

import (
	"context"
	"strings"

	"github.com/shirou/gopsutil/v4/sensors"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// reader looks at the machine with what gopsutil knows about its sensors:
// temperatures only.
type reader struct{}

func newReader(Config, plugin.Host) *reader { return &reader{} }

// look takes the survey of this moment.
func (*reader) look(ctx context.Context) (survey, error) {
	found, err := sensors.TemperaturesWithContext(ctx)
	if len(found) == 0 {
		if ctx.Err() != nil {
			return survey{}, ctx.Err()
		}
		if err != nil {
			return survey{}, errNoSensor(err.Error())
		}
		return survey{}, errNoSensor("the system")
	}
	c := chip{ID: "system", Name: "system"}
	seen := make(map[string]bool)
	for _, t := range found {
		label := strings.ToValidUTF8(t.SensorKey, "")
		if t.Temperature == 0 || seen[label] {
			continue // absent sensors read 0
		}
		seen[label] = true
		r := reading{Label: label, Kind: temperature, Value: t.Temperature, Limits: map[string]float64{}}
		if t.High > 0 {
			r.Limits["max"] = t.High
		}
		if t.Critical > 0 {
			r.Limits["crit"] = t.Critical
		}
		c.Readings = append(c.Readings, r)
	}
	return survey{Chips: []chip{c}}, nil
}

// evidence says which sensors there are.
func evidence(ctx context.Context, _ plugin.Host) (string, bool) {
	s, err := (&reader{}).look(ctx)
	return "sensors of the system", err == nil && len(s.Chips[0].Readings) > 0
}

// errNoSensor says that nothing can be read here.
func errNoSensor(where string) error {
	return fault.New(fault.NotFound, "looking for sensors: %s shows none", where).
		WithHint("virtual machines usually have no sensors")
}
