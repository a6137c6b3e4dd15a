package smart

import (
	"cmp"
	"slices"
	"strings"
)

// Attributes that tell of trouble, by number.
const (
	attrReallocated     = 5
	attrReported        = 187
	attrCommandTimeouts = 188
	attrPending         = 197
	attrOffline         = 198
	attrCRC             = 199
)

// keyAttributes are those whose series are worth keeping for most disks.
func keyAttributes() []int {
	return []int{
		1, attrReallocated, 7, 10, 184, attrReported, attrCommandTimeouts, 196, attrPending, attrOffline, attrCRC,
		169, 173, 177, 202, 231, 233,
	}
}

func (d *disk) readATA(a *answer) {
	if a.Attributes != nil {
		d.Attributes = a.Attributes.Table
		d.readAttributes(a)
	}
	d.readStatistics(a)
	for _, name := range []string{"extended", "summary"} {
		if log, there := a.ErrorLog[name]; there && log.Count != nil {
			d.ErrorLog = natural(log.Count)
			break
		}
	}
	for _, name := range []string{"extended", "standard"} {
		if log, there := a.SelfTestLog[name]; there && len(log.Table) > 0 {
			for _, t := range log.Table {
				d.SelfTests = append(d.SelfTests, t.plain())
			}
			break
		}
	}
}

// plain returns the test without what only ATA has. The upper half of the
// status says how it ended; without it the verdict of smartctl holds.
func (t ataSelfTest) plain() selfTest {
	test := selfTest{Kind: t.Type.Text, Result: t.Status.Text, Passed: t.Status.Passed, Hours: natural(t.Hours)}
	if t.Status.Value == nil {
		return test
	}
	switch ended := *t.Status.Value >> 4; {
	case ended == 0:
		test.Passed = new(true)
	case ended >= 4 && ended <= 8:
		test.Passed = new(false)
	default: // stopped, unknown, or still running
		test.Passed = nil
	}
	return test
}

func (d *disk) readAttributes(a *answer) {
	spins := d.Kind == kindHDD
	for _, at := range d.Attributes {
		switch at.ID {
		case attrReallocated:
			d.Reallocated = at.count()
		case attrReported:
			d.Reported = at.count()
		case attrCommandTimeouts:
			d.Timeouts = at.lowWord()
		case attrPending:
			d.Pending = at.count()
		case attrOffline:
			d.Offline = at.count()
		case attrCRC:
			d.CRC = at.count()
		}
		switch {
		case at.WhenFailed == "past":
			d.FailedOnce = append(d.FailedOnce, at.Name)
		case at.WhenFailed == "now" && at.Flags.PreFailure:
			d.Failing = append(d.Failing, at.Name)
		case at.WhenFailed == "now":
			d.FailedOnce = append(d.FailedOnce, at.Name)
		}
		if written := at.amount(a.BlockSize, "Total_LBAs_Written", "Lifetime_Writes", "Host_Writes", "Total_Writes"); written != nil {
			d.WrittenBytes = written
		}
		if read := at.amount(a.BlockSize, "Total_LBAs_Read", "Lifetime_Reads", "Host_Reads", "Total_Reads"); read != nil {
			d.ReadBytes = read
		}
		if strings.Contains(at.Name, "Unsafe_Shutdown") || strings.Contains(at.Name, "Unexpect_Power_Loss") ||
			strings.Contains(at.Name, "POR_Recovery_Count") {
			d.UnsafeShutdowns = at.count()
		}
	}
	if !spins {
		d.LifeUsed = lifeUsed(d.Attributes)
	}
}

// count returns the number that the raw value stands for. Some drives pack
// further numbers into its upper bytes; smartctl knows which and writes the
// count first: "8 (0 1)".
func (a attribute) count() *float64 {
	text, _, _ := strings.Cut(a.Raw.Text, " ")
	if n := natural(number(text)); n != nil {
		return n
	}
	return natural(a.Raw.Value)
}

// lowWord returns the lowest 16 bits: Seagate keeps slower and slowest timeouts
// above them.
func (a attribute) lowWord() *float64 {
	raw := natural(a.Raw.Value)
	const most = 1 << 48
	if raw == nil || *raw >= most {
		return nil
	}
	return new(float64(uint64(*raw) & 0xffff))
}

// amount returns the bytes that an attribute of one of these names counts. The
// unit is part of the name, or else a block.
func (a attribute) amount(block *float64, names ...string) *float64 {
	if !slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(a.Name, name) }) {
		return nil
	}
	const kib = 1 << 10
	for _, unit := range []struct {
		suffix string
		bytes  float64
	}{{"_32MiB", 32 * kib * kib}, {"_GiB", kib * kib * kib}, {"_GB", 1e9}, {"_MiB", kib * kib}, {"_TiB", kib * kib * kib * kib}} {
		if strings.HasSuffix(a.Name, unit.suffix) {
			return scaled(a.count(), unit.bytes)
		}
	}
	if !strings.Contains(a.Name, "LBAs") {
		return nil // counted in something else
	}
	return product(a.count(), block)
}

// lifeUsed returns how much of an SSD's life is used up, going by the first
// attribute that is known to count down from 100 with it.
func lifeUsed(table []attribute) *float64 {
	for _, known := range []struct {
		id    int
		names []string
	}{
		{231, []string{"SSD_Life_Left", "Remaining_Lifetime_Perc"}},
		{233, []string{"Media_Wearout_Indicator"}},
		{202, []string{"Percent_Lifetime_Remain", "Percent_Lifetime_Used"}},
		{177, []string{"Wear_Leveling_Count"}},
		{173, []string{"Ave_Block-Erase_Count", "Wear_Leveling_Count", "MaxAvgErase_Ct", "Media_Wearout_Indicator"}},
		{169, []string{"Remaining_Lifetime_Perc"}},
	} {
		for _, a := range table {
			if a.ID == known.id && slices.Contains(known.names, a.Name) && a.Value != nil && *a.Value >= 0 && *a.Value <= 100 {
				return new((100 - *a.Value) / 100)
			}
		}
	}
	return nil
}

// readStatistics takes what the device statistics log says. It is standardised
// where attributes are not, and so is preferred.
func (d *disk) readStatistics(a *answer) {
	if a.Statistics == nil {
		return
	}
	for _, page := range a.Statistics.Pages {
		for _, entry := range page.Table {
			value := natural(entry.Value)
			if value == nil || !entry.Flags.Valid {
				continue
			}
			switch {
			case page.Number == 1 && entry.Name == "Logical Sectors Written":
				d.WrittenBytes = cmp.Or(product(value, a.BlockSize), d.WrittenBytes)
			case page.Number == 1 && entry.Name == "Logical Sectors Read":
				d.ReadBytes = cmp.Or(product(value, a.BlockSize), d.ReadBytes)
			case page.Number == 7 && entry.Name == "Percentage Used Endurance Indicator":
				d.LifeUsed = percent(value)
			}
		}
	}
}
