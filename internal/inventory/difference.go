package inventory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/unity-homelab/unity/fault"
)

// Change is what is different at one place of two documents.
type Change struct {
	// Path is where, as JSONPath: $.containers[?@.name=='web'].state.
	Path string
	// Old and New are nil where there is nothing.
	Old, New json.RawMessage
}

// maxShown bounds one value of a change.
const maxShown = 4096

// Difference returns what changed from one document to another, in the order of
// paths, at most limit of it, and whether that is all. Elements of a list are
// told apart by what names them, where they have that, and by their place
// otherwise. A name is what is usual, such as id or name, or else one of keys.
func Difference(from, to json.RawMessage, limit int, keys ...string) (changes []Change, all bool, err error) {
	before, err := decodeDocument(from)
	if err != nil {
		return nil, false, err
	}
	after, err := decodeDocument(to)
	if err != nil {
		return nil, false, err
	}
	d := difference{limit: limit, keys: append([]string{"id", "uuid", "name", "device", "mountpoint", "path", "interface", "url", "address", "pid", "key"}, keys...)}
	d.compare("$", before, after)
	return d.changes, !d.more, nil
}

func decodeDocument(text json.RawMessage) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fault.As(fault.BadAnswer, err, "reading a snapshot")
	}
	return value, nil
}

// missing stands for what is not there, which null is not.
type missing struct{}

type difference struct {
	limit   int
	keys    []string // what may name the elements of a list
	changes []Change
	more    bool
}

func (d *difference) compare(path string, before, after any) {
	if d.more || reflect.DeepEqual(before, after) {
		return
	}
	switch before := before.(type) {
	case map[string]any:
		if after, ok := after.(map[string]any); ok {
			d.objects(path, before, after)
			return
		}
	case []any:
		if after, ok := after.([]any); ok {
			d.lists(path, before, after)
			return
		}
	}
	if len(d.changes) == d.limit {
		d.more = true
		return
	}
	d.changes = append(d.changes, Change{Path: path, Old: shown(before), New: shown(after)})
}

func (d *difference) objects(path string, before, after map[string]any) {
	keys := slices.Collect(maps.Keys(before))
	for key := range after {
		if _, there := before[key]; !there {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		d.compare(path+member(key), valueOf(before, key), valueOf(after, key))
	}
}

func valueOf(object map[string]any, key string) any {
	if value, there := object[key]; there {
		return value
	}
	return missing{}
}

// member returns a step of a path: .name, or ['name'] where that is needed.
func member(key string) string {
	for i, r := range key {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return "[" + strconv.Quote(key) + "]"
		}
	}
	if key == "" {
		return `[""]`
	}
	return "." + key
}

func (d *difference) lists(path string, before, after []any) {
	name := d.naming(before, after)
	if name == "" {
		for i := range max(len(before), len(after)) {
			d.compare(fmt.Sprintf("%s[%d]", path, i), element(before, i), element(after, i))
		}
		return
	}
	later := make(map[any]any, len(after))
	for _, each := range after {
		later[nameIn(each, name)] = each
	}
	for _, each := range before {
		id := nameIn(each, name)
		value, there := later[id]
		if !there {
			value = missing{}
		}
		delete(later, id)
		d.compare(named(path, name, id), each, value)
	}
	for _, each := range after {
		id := nameIn(each, name)
		if _, isNew := later[id]; isNew {
			d.compare(named(path, name, id), missing{}, each)
		}
	}
}

// nameIn returns the name of an element of a list. Naming has seen that all of
// them are objects.
func nameIn(element any, name string) any {
	object, _ := element.(map[string]any)
	return object[name]
}

func named(path, name string, id any) string {
	if text, ok := id.(string); ok {
		return fmt.Sprintf("%s[?@.%s==%s]", path, name, strconv.Quote(text))
	}
	return fmt.Sprintf("%s[?@.%s==%v]", path, name, id)
}

func element(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return missing{}
}

// naming returns the key by which the elements of both lists are told apart; ""
// when there is none.
func (d *difference) naming(lists ...[]any) string {
	for _, key := range d.keys {
		if names(key, lists) {
			return key
		}
	}
	return ""
}

func names(key string, lists [][]any) bool {
	for _, list := range lists {
		seen := make(map[any]bool, len(list))
		for _, each := range list {
			object, ok := each.(map[string]any)
			if !ok {
				return false
			}
			switch id := object[key].(type) {
			case string, json.Number:
				if seen[id] {
					return false
				}
				seen[id] = true
			default:
				return false
			}
		}
	}
	return true
}

// shown returns a value as it is told; a long one is cut to its size.
func shown(value any) json.RawMessage {
	if _, nothing := value.(missing); nothing {
		return nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		return json.RawMessage(`"…"`)
	}
	if len(text) > maxShown {
		return json.RawMessage(strconv.Quote(fmt.Sprintf("… %d bytes", len(text))))
	}
	return text
}
