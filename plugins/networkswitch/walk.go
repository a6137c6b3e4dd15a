package networkswitch

import (
	"context"
	"slices"
	"strings"

	"github.com/gosnmp/gosnmp"

	"github.com/unity-homelab/unity/fault"
)

// maxRows bounds a table: a switch of a campus knows some thousand addresses.
const maxRows = 8192

// scalars are values by their OID, with the instance at its end.
type scalars map[string]value

// table are the rows of columns: the column's OID, then the row's index.
type table map[string]map[string]value

// at returns what a row has in a column.
func (t table) at(column, index string) (value, bool) {
	v, ok := t[column][index]
	return v, ok
}

// indexes returns the index of every row that has one of the columns, in the
// order of their numbers.
func (t table) indexes(columns ...string) []string {
	seen := make(map[string]bool)
	for _, column := range columns {
		for index := range t[column] {
			seen[index] = true
		}
	}
	all := make([]string, 0, len(seen))
	for index := range seen {
		all = append(all, index)
	}
	slices.SortFunc(all, compareIndexes)
	return all
}

// merge takes over the columns of another table.
func (t table) merge(other table) {
	for column, rows := range other {
		t[column] = rows
	}
}

// get asks for single values. Those that there are not are left out.
func (s *session) get(ctx context.Context, what string, oids ...string) (scalars, error) {
	found := make(scalars, len(oids))
	for rest := oids; len(rest) > 0; {
		some := rest[:min(len(rest), s.maxOIDs)]
		answer, err := s.request(ctx, what, func(c *gosnmp.GoSNMP) (*gosnmp.SnmpPacket, error) { return c.Get(some) })
		if s.shrinks(ctx, answer, err, len(some)) {
			continue
		}
		if err != nil {
			return found, err
		}
		if answer.Error == gosnmp.NoSuchName && len(some) > 1 {
			// Version 1 refuses the whole for one: the rest without that one.
			bad := min(max(int(answer.ErrorIndex), 1), len(some)) - 1
			rest = slices.Concat(some[:bad], rest[bad+1:])
			continue
		}
		rest = rest[len(some):]
		if answer.Error != gosnmp.NoError {
			continue
		}
		for _, pdu := range answer.Variables {
			if v, ok := valueOf(pdu); ok && slices.Contains(some, pdu.Name) {
				found[pdu.Name] = v
				s.seen = append(s.seen, pdu)
			}
		}
	}
	return found, nil
}

// shrinks reports whether a question is to be asked again with fewer values: the
// answer did not fit, or a device that has answered smaller ones said nothing.
func (s *session) shrinks(ctx context.Context, answer *gosnmp.SnmpPacket, err error, asked int) bool {
	const least = 4 // no answer to so few has another reason
	tooBig := err == nil && answer.Error == gosnmp.TooBig && asked > 1
	silent := err != nil && fault.Of(err) == fault.Timeout && s.answered && s.snmp != nil && asked > least
	if ctx.Err() != nil || !tooBig && !silent {
		return false
	}
	s.maxOIDs = max(1, min(s.maxOIDs, asked)/2)
	if silent {
		s.maxOIDs = max(1, s.maxOIDs/2) // each try costs the time of a whole silence
	}
	return true
}

// walk asks for columns of tables, as many at once as an answer holds. Columns
// that the device does not have are empty.
func (s *session) walk(ctx context.Context, what string, columns ...string) (table, error) {
	found := make(table, len(columns))
	type place struct{ column, next, last string }
	open := make([]place, len(columns))
	for i, column := range columns {
		open[i] = place{column: column, next: column}
		found[column] = make(map[string]value)
	}
	for len(open) > 0 {
		part := open[:min(len(open), s.maxOIDs)]
		rows := max(1, min(s.config.Repetitions, s.maxOIDs/len(part)))
		oids := make([]string, len(part))
		for i, at := range part {
			oids[i] = at.next
		}
		answer, err := s.request(ctx, what, func(c *gosnmp.GoSNMP) (*gosnmp.SnmpPacket, error) {
			if s.config.Version == "1" {
				return c.GetNext(oids)
			}
			return c.GetBulk(oids, 0, uint32(rows))
		})
		if s.shrinks(ctx, answer, err, len(part)*rows) {
			continue
		}
		if err != nil {
			return found, err
		}
		if answer.Error != gosnmp.NoError {
			// Version 1 says so of the first column that is at the end of everything.
			bad := min(max(int(answer.ErrorIndex), 1), len(part)) - 1
			open = slices.Delete(open, bad, bad+1)
			continue
		}
		over := make([]bool, len(part))
		for i, pdu := range answer.Variables {
			at := &part[i%len(part)]
			if over[i%len(part)] {
				continue
			}
			index, inside := strings.CutPrefix(pdu.Name, at.column+".")
			v, ok := valueOf(pdu)
			switch {
			case !inside || compareIndexes(index, at.last) <= 0 || len(found[at.column]) >= maxRows:
				// The end of the column, or a device that turns in circles.
				over[i%len(part)] = true
				continue
			case ok:
				found[at.column][index] = v
				s.seen = append(s.seen, pdu)
			}
			at.next, at.last = pdu.Name, index
		}
		// A device that answers less than a row of each column has ended those.
		for i := len(answer.Variables); i < len(part); i++ {
			over[i] = over[i] || len(answer.Variables) == 0
		}
		left := make([]place, 0, len(open))
		for i, at := range part {
			if !over[i] {
				left = append(left, at)
			}
		}
		open = append(left, open[len(part):]...)
	}
	return found, nil
}
