package ipmi

import (
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// The states of a sensor and of whatever has a health.
const (
	stateOK       = "ok"
	stateWarning  = "warning"
	stateCritical = "critical"
	stateNA       = "na"
)

func sensorStates() []string { return []string{stateOK, stateWarning, stateCritical, stateNA} }

func healthStates() []string { return []string{stateOK, stateWarning, stateCritical} }

// worse returns the worse of two states.
func worse(a, b string) string {
	for _, state := range []string{stateCritical, stateWarning, stateOK} {
		if a == state || b == state {
			return state
		}
	}
	return stateNA
}

// machine is what a controller tells of the machine it looks after, in whatever
// protocol. What it does not tell is nil or empty.
type machine struct {
	Protocol, Address                           string
	Manufacturer, Model, Serial, BIOS, Firmware string
	PowerOn                                     *bool
	Faults                                      []chassisFault
	Chassis                                     []fact
	Sensors                                     []sensor
	Watts                                       consumption
	Supplies                                    []supply
	Redundancy                                  []redundancy
	Health                                      map[string]string // of components, in states
	Drives                                      []drive
	MemoryBytes, Processors                     *float64
	Log                                         *eventLog
	Parts                                       []part
	problems                                    []error
}

// chassisFault is one thing of the chassis that can be wrong.
type chassisFault struct {
	kind string
	is   bool
}

// fact is a line about the chassis or the machine.
type fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// The kinds of sensor, by what they measure.
const (
	kindTemperature = "temperature"
	kindFan         = "fan"
	kindVoltage     = "voltage"
	kindCurrent     = "current"
	kindPower       = "power"
	kindOther       = "other"
)

// sensor is a measurement or a state of one part.
type sensor struct {
	Name, Entity string
	Kind         string // by what it measures
	Type         string // what it looks after: fan, power supply, drive slot
	Unit         string
	Value        *float64
	State        string
	Words        []string // of one that has no value
	Upper, Lower thresholds
}

// thresholds are the values beyond which a sensor is not well any more.
type thresholds struct{ Warning, Critical, Fatal *float64 }

// consumption is what the machine draws.
type consumption struct{ Now, Average, Max, Limit *float64 }

// supply is a power supply.
type supply struct {
	Name, State                    string
	Output, Input, Volts, Capacity *float64
	Model, Serial                  string
	known                          bool // that it is well or not
}

// redundancy is whether one of several parts may fail.
type redundancy struct {
	Kind, Name string
	OK         bool
	Words      string
}

// drive is a disk as the controller sees it.
type drive struct {
	Name, Model, Serial, Media, State string
	Bytes, LifeLeft                   *float64
	Failing                           *bool
}

// part is a part of the machine in its inventory.
type part struct {
	Name         string `json:"name"`
	Manufacturer string `json:"manufacturer,omitempty"`
	Product      string `json:"product,omitempty"`
	Number       string `json:"part_number,omitempty"`
	Serial       string `json:"serial,omitempty"`
}

// eventLog is the log of the controller.
type eventLog struct {
	Entries, FreeBytes, Used *float64
	Overflow                 bool
	Events                   []logEvent // the newest first
	Unread                   bool       // it is as it was, and was not read again
}

// logEvent is an entry of the log.
type logEvent struct {
	ID       string     `json:"id"`
	Time     *time.Time `json:"time,omitempty"`
	Sensor   string     `json:"sensor,omitempty"`
	Severity string     `json:"severity"`
	Text     string     `json:"text"`
}

// key tells an entry from every other one, also after the log was cleared.
func (e logEvent) key() string {
	if e.Time == nil {
		const most = 40
		return e.ID + " " + e.Text[:min(len(e.Text), most)]
	}
	return e.ID + " " + e.Time.Format(time.RFC3339)
}

// The severities of entries.
const severityInfo = "info"

// filter picks sensors by their names.
type filter struct{ include, exclude *regexp.Regexp }

func (f filter) shows(name string) bool {
	return (f.include == nil || f.include.MatchString(name)) && (f.exclude == nil || !f.exclude.MatchString(name))
}

// value returns a pointer to a number that is one, or nil.
func value(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// kindOfUnit says what a sensor of a unit measures.
func kindOfUnit(unit string) string {
	switch unit {
	case "celsius":
		return kindTemperature
	case "rpm":
		return kindFan
	case "volts":
		return kindVoltage
	case "amperes":
		return kindCurrent
	case "watts":
		return kindPower
	default:
		return kindOther
	}
}

// tidy makes one line of a text of the controller, or nothing of one that says
// nothing.
func tidy(text string) string {
	text = plugin.Shorten(strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " "), 200)
	switch strings.ToLower(text) {
	case "n/a", "none", "unknown", "not specified", "to be filled by o.e.m.", "empty", "null":
		return ""
	}
	return text
}
