package mysql

import (
	"math"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/rows"
)

// values are status or system variables, by their names in lower case.
type values map[string]string

func newValues(answer *rows.Table) values {
	found := make(values, len(answer.Cells))
	if len(answer.Names) != 2 {
		return found
	}
	for row := range answer.All {
		found[strings.ToLower(row.Text(answer.Names[0]))] = row.Text(answer.Names[1])
	}
	return found
}

// number returns a variable that is a number, or a truth value as 0 or 1.
func (v values) number(name string) (float64, bool) {
	text := v[strings.ToLower(name)]
	switch strings.ToLower(text) {
	case "on", "yes", "true", "enabled", "primary":
		return 1, true
	case "off", "no", "false", "disabled", "non-primary", "disconnected":
		return 0, true
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, false
	}
	return value, true
}

// on reports whether a variable is switched on.
func (v values) on(name string) bool {
	value, ok := v.number(name)
	return ok && value == 1
}

// first returns the first of the variables that is a number.
func (v values) first(names ...string) (float64, bool) {
	for _, name := range names {
		if value, ok := v.number(name); ok {
			return value, true
		}
	}
	return 0, false
}

// optional returns a number for a document.
func (v values) optional(name string) *float64 {
	if value, ok := v.number(name); ok {
		return &value
	}
	return nil
}

// variable is a metric that is a status variable, once scaled.
type variable struct {
	metric, name string
	scale        float64
	labels       []string
}

// put adds samples of all variables that there are.
func (r *run) put(from values, all []variable) {
	for _, v := range all {
		value, ok := from.number(v.name)
		switch {
		case ok:
			r.out.Add(v.metric, value*v.scale, v.labels...)
		case from[v.name] != "":
			r.out.Problem(fault.New(fault.BadAnswer, "reading the answer about status: the variable %s holds %.40q, which is no number", v.name, from[v.name]))
		}
	}
}

func plain(metric, name string, labels ...string) variable { return variable{metric, name, 1, labels} }
