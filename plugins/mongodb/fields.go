package mongodb

import (
	"encoding/json"
	"math"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// at follows names into a document.
func (d document) at(path ...string) any {
	var at any = d
	for _, name := range path {
		inner, ok := at.(document)
		if !ok {
			return nil
		}
		at = inner[name]
	}
	return at
}

// number reads a number of whatever sort; below zero and not finite is unknown.
func (d document) number(path ...string) (float64, bool) {
	value, ok := number(d.at(path...))
	return value, ok && value >= 0
}

func number(value any) (float64, bool) {
	switch v := value.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	default:
		return 0, false
	}
}

// amount is a number for the snapshot.
func (d document) amount(path ...string) *float64 {
	value, ok := d.number(path...)
	if !ok {
		return nil
	}
	return &value
}

func (d document) text(path ...string) string {
	text, _ := d.at(path...).(string)
	return plugin.Shorten(text, 200)
}

// flag reads a truth of whatever sort: old servers write 1 for true.
func (d document) flag(path ...string) (value, known bool) {
	switch v := d.at(path...).(type) {
	case bool:
		return v, true
	default:
		n, ok := number(v)
		return n != 0, ok
	}
}

func (d document) document(path ...string) document {
	inner, _ := d.at(path...).(document)
	return inner
}

func (d document) list(path ...string) []any {
	list, _ := d.at(path...).([]any)
	return list
}

// documents are the elements of a list that are documents.
func (d document) documents(path ...string) []document {
	var all []document
	for _, element := range d.list(path...) {
		if inner, ok := element.(document); ok {
			all = append(all, inner)
		}
	}
	return all
}

// moment reads a time, of the clock or of the oplog.
func moment(value any) (time.Time, bool) {
	switch v := value.(type) {
	case time.Time:
		return v, v.Unix() > 0
	case timestamp:
		return time.Unix(int64(v.seconds), 0).UTC(), v.seconds > 0
	default:
		return time.Time{}, false
	}
}

// written is an answer as the plugin's cases have it: JSON, in which times are
// {"$date": …}, times of the oplog {"$timestamp": …} and bytes {"$binary": …}.
func written(doc document) []byte {
	raw, err := json.MarshalIndent(plain(doc), "", "\t")
	if err != nil {
		return nil
	}
	return append(raw, '\n')
}

func plain(value any) any {
	switch v := value.(type) {
	case document:
		inner := make(map[string]any, len(v))
		for name, value := range v {
			inner[name] = plain(value)
		}
		return inner
	case []any:
		list := make([]any, len(v))
		for i, value := range v {
			list[i] = plain(value)
		}
		return list
	case time.Time:
		if year := v.Year(); year < 1 || year > 9999 {
			return nil
		}
		return map[string]any{"$date": v.Format(time.RFC3339Nano)}
	case timestamp:
		return map[string]any{"$timestamp": v.seconds}
	case []byte:
		return map[string]any{"$binary": v}
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return v
	default:
		return v
	}
}
