package plugin

import "github.com/unity-homelab/unity/metric"

// ColumnOf returns a column of the kind.
func ColumnOf(kind ColumnKind, key, title string) Column {
	return Column{Key: key, Title: title, Kind: kind}
}

// TextColumn returns a column of words.
func TextColumn(key, title string) Column { return ColumnOf(CellText, key, title) }

// CodeColumn returns a column of identifiers, addresses or paths.
func CodeColumn(key, title string) Column { return ColumnOf(CellCode, key, title) }

// TimeColumn returns a column of moments.
func TimeColumn(key, title string) Column { return ColumnOf(CellTime, key, title) }

// DurationColumn returns a column of lengths of time, in seconds.
func DurationColumn(key, title string) Column { return ColumnOf(CellDuration, key, title) }

// FlagColumn returns a column of yes and no.
func FlagColumn(key, title string) Column { return ColumnOf(CellFlag, key, title) }

// StatusColumn returns a column of words with a colour.
func StatusColumn(key, title string) Column { return ColumnOf(CellStatus, key, title) }

// With returns the column with the levels of its words.
func (c Column) With(levels Levels) Column {
	c.Levels = levels
	return c
}

// ListColumn returns a column of several words.
func ListColumn(key, title string) Column { return ColumnOf(CellList, key, title) }

// NumberColumn returns a column of numbers in the unit.
func NumberColumn(key, title string, unit metric.Unit) Column {
	return Column{Key: key, Title: title, Kind: CellNumber, Unit: unit}
}
