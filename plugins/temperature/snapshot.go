package temperature

// snapshot is the document of a collection.
type snapshot struct {
	Summary    summary      `json:"summary"`
	Chips      []chipRow    `json:"chips"`
	Readings   []readingRow `json:"readings"` // of all chips
	Cooling    []cooler     `json:"cooling"`
	Board      *board       `json:"board,omitempty"`
	Thresholds thresholds   `json:"thresholds"`
}

// summary is the whole in a few figures.
type summary struct {
	Sensors      int      `json:"sensors"`
	Temperatures int      `json:"temperatures"`
	Fans         int      `json:"fans"`
	Max          *float64 `json:"max_celsius,omitempty"`
	MaxSensor    string   `json:"max_sensor,omitempty"`
	Warnings     int      `json:"warnings"`
}

// thresholds are those for sensors without limits of their own, in °C.
type thresholds struct {
	Warning  float64 `json:"warning_celsius"`
	Critical float64 `json:"critical_celsius"`
}

// chipRow is a chip with its readings.
type chipRow struct {
	ID       string       `json:"id"`
	Name     string       `json:"name"`
	Device   string       `json:"device,omitempty"`
	Idle     bool         `json:"idle,omitempty"` // a quiet disk, left alone
	Readings []readingRow `json:"readings"`
}

// readingRow is a sensor as the table shows it.
type readingRow struct {
	Chip     string             `json:"chip"`
	Device   string             `json:"device,omitempty"`
	Label    string             `json:"label"`
	Kind     kind               `json:"kind"`
	Value    *float64           `json:"value,omitempty"`
	Unit     string             `json:"unit,omitempty"`
	Limits   map[string]float64 `json:"limits,omitempty"`
	Warning  *float64           `json:"warning,omitempty"`
	Critical *float64           `json:"critical,omitempty"`
	State    string             `json:"state"` // ok, warning, critical or fault
}

// show puts the value into the unit that people use for it.
func (r *readingRow) show(k kind) {
	value := *r.Value
	switch k {
	case fan:
		r.Unit = "rpm"
	case pwm, humidity:
		value, r.Unit = value*100, "%"
	case voltage:
		r.Unit = "V"
	case current:
		r.Unit = "A"
	case power:
		r.Unit = "W"
	case energy:
		value, r.Unit = value/3600, "Wh"
	case pressure:
		value, r.Unit = value/100, "hPa"
	}
	r.Value = &value
}

// finish counts what is not as it should be.
func (r *report) finish() {
	for _, row := range r.shown.Readings {
		if row.State != "ok" {
			r.shown.Summary.Warnings++
		}
	}
	if b := r.shown.Board; b != nil && (b.UnderVoltage || b.Throttled) {
		r.shown.Summary.Warnings++
	}
}
