package metric

// Unit is the unit of a metric's values. Only base units exist; the interface
// scales them for people.
type Unit string

// The units. None is for plain counts of things.
const (
	None              Unit = ""
	Seconds           Unit = "seconds"
	TimestampSeconds  Unit = "timestamp_seconds" // a moment, in seconds since 1970 UTC
	Bytes             Unit = "bytes"
	BytesPerSecond    Unit = "bytes_per_second"
	BitsPerSecond     Unit = "bits_per_second"
	Ratio             Unit = "ratio" // 0 to 1; may exceed 1 where the thing has parts, such as CPU cores
	Bool              Unit = "bool"  // 0 or 1
	Celsius           Unit = "celsius"
	Hertz             Unit = "hertz"
	Volts             Unit = "volts"
	Amperes           Unit = "amperes"
	Watts             Unit = "watts"
	Joules            Unit = "joules"
	Pascals           Unit = "pascals"
	DecibelMilliwatts Unit = "dbm"
	RPM               Unit = "rpm"
	Cores             Unit = "cores" // CPU time per time; 1 is one core fully used
)

// Units lists every unit.
func Units() []Unit {
	return []Unit{
		None, Seconds, TimestampSeconds, Bytes, BytesPerSecond, BitsPerSecond, Ratio, Bool, Celsius,
		Hertz, Volts, Amperes, Watts, Joules, Pascals, DecibelMilliwatts, RPM, Cores,
	}
}
