package networkswitch

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// maxCustomRows bounds the series of one further value.
const maxCustomRows = 200

// customValue is a value of the vendor's own.
type customValue struct {
	name, index string
	counter     bool
	value       float64
}

func countOf(n int) string { return strconv.Itoa(n + 1) }

// readCustom asks for the values that a person has named: each is a single value,
// or a column.
func (c *collector) readCustom(ctx context.Context, s *survey) error {
	var missing []string
	for _, custom := range c.config.Custom {
		oid := "." + strings.TrimPrefix(custom.OID, ".")
		found, err := c.session.get(ctx, custom.Name, oid)
		if err != nil {
			return err
		}
		if v, ok := found[oid]; ok {
			if !s.addCustom(custom, "", v) {
				missing = append(missing, custom.Name)
			}
			continue
		}
		rows, err := c.session.walk(ctx, custom.Name, oid)
		if err != nil {
			return err
		}
		some := false
		for i, index := range rows.indexes(oid) {
			if i < maxCustomRows {
				some = s.addCustom(custom, index, rows[oid][index]) || some
			}
		}
		if !some {
			missing = append(missing, custom.Name)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return fault.New(fault.NotFound, "asking %s for %s: it has no such number", c.session.address, strings.Join(missing, ", ")).
			WithHint("see with snmpwalk what the device has, and correct custom_oids")
	}
	return nil
}

// addCustom takes a value, if it is a number.
func (s *survey) addCustom(custom customOID, index string, v value) bool {
	n, ok := v.float()
	if !ok {
		return false
	}
	scale := custom.Scale
	if scale == 0 {
		scale = 1
	}
	s.custom = append(s.custom, customValue{name: custom.Name, index: index, counter: custom.Kind == "counter", value: n * scale})
	return true
}
