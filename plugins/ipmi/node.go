package ipmi

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// node is a document of Redfish, or an object in one. Every member may be missing,
// null or of another shape than another maker's: then it is nothing.
type node map[string]any

// UnmarshalJSON keeps numbers as they are written.
func (n *node) UnmarshalJSON(raw []byte) error {
	var members map[string]any
	if err := json.Unmarshal(raw, &members); err != nil {
		return err
	}
	*n = members
	return nil
}

// in returns the object at the end of the names.
func (n node) in(names ...string) node {
	for _, name := range names {
		next, _ := n[name].(map[string]any)
		n = next
	}
	return n
}

// text returns the text that the first of the names has.
func (n node) text(names ...string) string {
	for _, name := range names {
		if text, ok := n[name].(string); ok {
			if text = tidy(text); text != "" {
				return text
			}
		}
	}
	return ""
}

// number returns the number that the first of the names has. Some makers write
// numbers as texts.
func (n node) number(names ...string) *float64 {
	for _, name := range names {
		switch v := n[name].(type) {
		case float64:
			if !math.IsInf(v, 0) && math.Abs(v) < math.MaxInt64 {
				return &v
			}
		case string:
			if number, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
				return value(number)
			}
		case map[string]any:
			if reading := node(v).number("Reading"); reading != nil {
				return reading
			}
		}
	}
	return nil
}

// list returns the objects of a list.
func (n node) list(name string) []node {
	all, _ := n[name].([]any)
	var objects []node
	for _, one := range all {
		if object, ok := one.(map[string]any); ok {
			objects = append(objects, object)
		}
	}
	return objects
}

// link returns the path that a member points at.
func (n node) link(names ...string) string {
	path, _ := n.in(names...)["@odata.id"].(string)
	return path
}

// state says how well the object is, and whether it is there at all.
func (n node) state() (state string, there bool) {
	status := n.in("Status")
	switch strings.ToLower(status.text("State")) {
	case "absent", "disabled", "unavailableoffline", "deferring", "quiesced":
		return stateNA, false
	}
	return healthOf(status.text("Health", "HealthRollup")), true
}

// healthOf reads a word of health; "" is not known.
func healthOf(word string) string {
	switch strings.ToLower(word) {
	case "ok":
		return stateOK
	case "warning":
		return stateWarning
	case "critical":
		return stateCritical
	default:
		return ""
	}
}
