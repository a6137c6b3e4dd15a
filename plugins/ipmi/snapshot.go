package ipmi

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// document is what a person wants to see.
type document struct {
	Summary      summary        `json:"summary"`
	Temperatures []sensorRow    `json:"temperatures"`
	Fans         []sensorRow    `json:"fans"`
	Voltages     []sensorRow    `json:"voltages"`
	Others       []sensorRow    `json:"other_sensors"`
	Supplies     []supplyRow    `json:"power_supplies"`
	Redundancy   []redundantRow `json:"redundancy"`
	Health       []healthRow    `json:"health"`
	Chassis      []fact         `json:"chassis"`
	Events       []logEvent     `json:"events"`
	Drives       []driveRow     `json:"drives"`
	Parts        []part         `json:"fru"`
}

type summary struct {
	Vendor     string   `json:"vendor,omitempty"`
	Model      string   `json:"model,omitempty"`
	Serial     string   `json:"serial,omitempty"`
	BIOS       string   `json:"bios,omitempty"`
	Firmware   string   `json:"firmware,omitempty"`
	Protocol   string   `json:"protocol"`
	Address    string   `json:"address"`
	Power      string   `json:"power,omitempty"`
	Health     string   `json:"health"`
	Hottest    string   `json:"hottest,omitempty"`
	Fans       int      `json:"fans"`
	Draws      string   `json:"draws,omitempty"`
	Entries    *float64 `json:"log_entries,omitempty"`
	Memory     string   `json:"memory,omitempty"`
	Processors *float64 `json:"processors,omitempty"`
	Problems   []string `json:"problems"`
}

type sensorRow struct {
	Name   string   `json:"name"`
	Entity string   `json:"entity,omitempty"`
	Type   string   `json:"type,omitempty"`
	Value  *float64 `json:"value,omitempty"`
	Unit   string   `json:"unit,omitempty"`
	Words  []string `json:"states,omitempty"`
	State  string   `json:"state"`
	Lower  *float64 `json:"lower_critical,omitempty"`
	Upper  *float64 `json:"upper_critical,omitempty"`
}

type supplyRow struct {
	Name     string   `json:"name"`
	State    string   `json:"state,omitempty"`
	Output   *float64 `json:"output_watts,omitempty"`
	Input    *float64 `json:"input_watts,omitempty"`
	Volts    *float64 `json:"input_volts,omitempty"`
	Capacity *float64 `json:"capacity_watts,omitempty"`
	Model    string   `json:"model,omitempty"`
	Serial   string   `json:"serial,omitempty"`
}

type redundantRow struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	OK    bool   `json:"ok"`
	Words string `json:"says,omitempty"`
}

type healthRow struct {
	Component string `json:"component"`
	State     string `json:"state"`
}

type driveRow struct {
	Name     string   `json:"name"`
	Model    string   `json:"model,omitempty"`
	Serial   string   `json:"serial,omitempty"`
	Media    string   `json:"media,omitempty"`
	Bytes    *float64 `json:"size_bytes,omitempty"`
	LifeLeft *float64 `json:"life_left,omitempty"`
	State    string   `json:"state,omitempty"`
	Failing  *bool    `json:"failure_predicted,omitempty"`
}

func (c *collector) document(m *machine, kept *memory) document {
	doc := document{
		Summary: summary{
			Vendor: m.Manufacturer, Model: m.Model, Serial: m.Serial, BIOS: m.BIOS, Firmware: m.Firmware, Protocol: m.Protocol, Address: m.Address,
			Processors: m.Processors,
		},
		Temperatures: []sensorRow{}, Fans: []sensorRow{}, Voltages: []sensorRow{}, Others: []sensorRow{}, Supplies: []supplyRow{},
		Redundancy: []redundantRow{}, Health: []healthRow{}, Chassis: append([]fact{}, m.Chassis...), Events: []logEvent{}, Drives: []driveRow{},
		Parts: append([]part{}, m.Parts...),
	}
	if m.PowerOn != nil {
		doc.Summary.Power = kept.Power
	}
	if m.Watts.Now != nil {
		doc.Summary.Draws = amount(*m.Watts.Now, "watts")
	}
	if m.MemoryBytes != nil {
		const gib = 1 << 30
		doc.Summary.Memory = strconv.FormatFloat(roundTo(*m.MemoryBytes/gib, 10), 'f', -1, 64) + " GiB"
	}
	doc.addSensors(m)
	for _, s := range m.Supplies {
		doc.Supplies = append(doc.Supplies, supplyRow{s.Name, s.State, s.Output, s.Input, s.Volts, s.Capacity, s.Model, s.Serial})
	}
	for _, r := range m.Redundancy {
		doc.Redundancy = append(doc.Redundancy, redundantRow(r))
	}
	for _, component := range []string{"system", "processor", "memory", "storage", "chassis", "manager"} {
		if state, known := m.Health[component]; known {
			doc.Health = append(doc.Health, healthRow{component, state})
		}
	}
	for _, d := range m.Drives {
		doc.Drives = append(doc.Drives, driveRow{d.Name, d.Model, d.Serial, d.Media, d.Bytes, d.LifeLeft, d.State, d.Failing})
	}
	if m.Log != nil {
		doc.Summary.Entries = m.Log.Entries
		doc.Events = append(doc.Events, kept.Recent[:min(len(kept.Recent), c.config.Recent)]...)
	}
	doc.judge(c, m)
	return doc
}

// addSensors puts each sensor into the table that it belongs to.
func (doc *document) addSensors(m *machine) {
	hottest := math.Inf(-1)
	for _, s := range m.Sensors {
		row := sensorRow{
			Name: s.Name, Entity: s.Entity, Type: s.Type, Value: s.Value, Unit: s.Unit, Words: s.Words, State: s.State,
			Lower: s.Lower.Critical, Upper: s.Upper.Critical,
		}
		switch s.Kind {
		case kindTemperature:
			doc.Temperatures = append(doc.Temperatures, row)
			if s.Value != nil && *s.Value > hottest {
				hottest = *s.Value
				doc.Summary.Hottest = amount(hottest, s.Unit) + ", " + s.Name
			}
		case kindFan:
			doc.Fans = append(doc.Fans, row)
			doc.Summary.Fans++
		case kindVoltage:
			doc.Voltages = append(doc.Voltages, row)
		default:
			doc.Others = append(doc.Others, row)
		}
	}
}

// judge says in words what is not well, and how bad that is.
func (doc *document) judge(c *collector, m *machine) {
	s := &doc.Summary
	s.Problems, s.Health = []string{}, stateNA
	say := func(state, format string, args ...any) {
		s.Health = worse(s.Health, state)
		if state != stateOK && state != stateNA && state != "" {
			s.Problems = append(s.Problems, fmt.Sprintf(format, args...))
		}
	}
	if m.PowerOn != nil && !*m.PowerOn && c.config.ExpectsOn {
		say(stateWarning, "the machine is off")
	}
	for _, one := range m.Sensors {
		switch {
		case one.Value != nil:
			say(one.State, "%s: %s", one.Name, amount(*one.Value, one.Unit))
		default:
			say(one.State, "%s: %s", one.Name, strings.Join(one.Words, ", "))
		}
	}
	for _, f := range m.Faults {
		if f.is {
			state := stateCritical
			if f.kind == "intrusion" {
				state = stateWarning
			}
			say(state, "chassis: %s", strings.ReplaceAll(f.kind, "_", " "))
		}
	}
	for _, row := range doc.Health {
		say(row.State, "%s: %s", row.Component, row.State)
	}
	for _, one := range m.Supplies {
		if m.Protocol == protocolRedfish {
			say(one.State, "power supply %s: %s", one.Name, one.State)
		}
	}
	for _, r := range m.Redundancy {
		if m.Protocol == protocolRedfish && !r.OK {
			say(stateWarning, "%s is not redundant", r.Name)
		}
	}
	for _, d := range m.Drives {
		say(d.State, "drive %s: %s", d.Name, d.State)
		if d.Failing != nil && *d.Failing {
			say(stateCritical, "drive %s is about to fail", d.Name)
		}
	}
}
