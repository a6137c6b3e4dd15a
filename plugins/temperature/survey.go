package temperature

// survey is what one look at the machine found. Every platform makes one.
type survey struct {
	Chips    []chip
	Cooling  []cooler
	Board    *board
	Problems []error
}

// empty reports whether there is no sensor.
func (s *survey) empty() bool { return len(s.Chips) == 0 && s.Board == nil }

func (s *survey) addProblem(err error) {
	if err != nil {
		s.Problems = append(s.Problems, err)
	}
}

// chip is a device with sensors.
type chip struct {
	// ID stays the same when the kernel numbers its chips differently at the
	// next start: coretemp-isa-0000, nvme-pci-0300.
	ID string
	// Name is that of the driver or the part: coretemp.
	Name string
	// Device is what the chip belongs to, where it is known: nvme0n1, sda.
	Device   string
	Readings []reading
	// Idle reports a disk that is left alone so that it can sleep.
	Idle bool
}

// kind is what a sensor measures.
type kind string

// The kinds of reading, with the unit of their value.
const (
	temperature kind = "temperature" // °C
	fan         kind = "fan"         // revolutions per minute
	pwm         kind = "pwm"         // 0 to 1
	voltage     kind = "voltage"     // volts
	current     kind = "current"     // amperes
	power       kind = "power"       // watts
	energy      kind = "energy"      // joules
	humidity    kind = "humidity"    // 0 to 1
	pressure    kind = "pressure"    // pascals
)

// reading is what one sensor says.
type reading struct {
	Label string
	Kind  kind
	Value float64
	// Silent reports a sensor that gave no value and still raised an alarm.
	Silent bool
	// Limits of the chip by name: max, crit, emergency, min, and hyst of max.
	Limits map[string]float64
	// Alarm is nil where the chip raises none.
	Alarm *bool
	Fault bool
}

// cooler is something that takes heat away, or makes less of it.
type cooler struct {
	Device string  `json:"device"`
	Type   string  `json:"type"`
	Ratio  float64 `json:"ratio"` // of the most it can do
}

// board is what a Raspberry Pi says about its supply.
type board struct {
	UnderVoltage bool `json:"under_voltage"`
	Capped       bool `json:"frequency_capped"`
	Throttled    bool `json:"throttled"`
	SoftLimit    bool `json:"soft_temperature_limit"`

	UnderVoltageSeen bool `json:"under_voltage_since_start"`
	CappedSeen       bool `json:"frequency_capped_since_start"`
	ThrottledSeen    bool `json:"throttled_since_start"`
	SoftLimitSeen    bool `json:"soft_temperature_limit_since_start"`
}

// newBoard reads the bits that the firmware gives.
func newBoard(bits uint64) board {
	bit := func(n uint) bool { return bits>>n&1 == 1 }
	return board{
		UnderVoltage: bit(0), Capped: bit(1), Throttled: bit(2), SoftLimit: bit(3),
		UnderVoltageSeen: bit(16), CappedSeen: bit(17), ThrottledSeen: bit(18), SoftLimitSeen: bit(19),
	}
}
