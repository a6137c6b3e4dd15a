package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"

	"github.com/unity-homelab/unity/fault"
)

// configType knows the config struct of one plugin.
type configType struct {
	id       string
	goType   reflect.Type
	defaults json.RawMessage
	// The schema is made when it is first asked for, and the form to validate
	// with only while validating: most plugins of a program are never used.
	schema func() (*configSchema, error)
}

func newConfigType[C any](id string, defaults C) *configType {
	t := reflect.TypeFor[C]()
	if t.Kind() != reflect.Struct {
		panic(fmt.Sprintf("plugin %s: the config is a %s, not a struct", id, t))
	}
	if path := filledSecret(reflect.ValueOf(defaults), ""); path != "" {
		panic(fmt.Sprintf("plugin %s: the defaults hold a secret in %s", id, path))
	}
	raw, err := json.Marshal(defaults)
	if err != nil {
		panic(fmt.Sprintf("plugin %s: marshalling the defaults: %v", id, err))
	}
	if raw, err = withoutNulls(raw); err != nil {
		panic(fmt.Sprintf("plugin %s: reading the defaults: %v", id, err))
	}
	c := &configType{id: id, goType: t, defaults: raw}
	c.schema = sync.OnceValues(func() (*configSchema, error) { return newConfigSchema(id, t, raw) })
	return c
}

// complete lays the given config over the defaults. Groups of settings are
// merged; lists, maps and single values replace what the defaults say.
func (c *configType) complete(raw json.RawMessage) (json.RawMessage, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return c.defaults, nil
	}
	raw, err := withoutNulls(raw)
	if err != nil {
		return nil, err
	}
	return mergeObjects(c.goType, c.defaults, raw)
}

// withoutNulls leaves out settings that are null: a list that is nil in Go, a
// key without a value in YAML. They stand for what the defaults say.
func withoutNulls(raw json.RawMessage) (json.RawMessage, error) {
	value, err := parseJSON(raw)
	if err != nil {
		return nil, err
	}
	return json.Marshal(dropNulls(value))
}

func dropNulls(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			if inner == nil {
				delete(value, key)
				continue
			}
			value[key] = dropNulls(inner)
		}
	case []any:
		for i, inner := range value {
			value[i] = dropNulls(inner)
		}
	}
	return value
}

func mergeObjects(t reflect.Type, under, over json.RawMessage) (json.RawMessage, error) {
	var low, high map[string]json.RawMessage
	if err := json.Unmarshal(under, &low); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(over, &high); err != nil {
		return nil, err
	}
	if low == nil {
		low = make(map[string]json.RawMessage, len(high))
	}
	for name, value := range high {
		if f, ok := fieldNamed(t, name); ok && f.group() && len(low[name]) > 0 && isObject(value) {
			merged, err := mergeObjects(indirect(f.Type), low[name], value)
			if err != nil {
				return nil, err
			}
			value = merged
		}
		low[name] = value
	}
	return json.Marshal(low)
}

func isObject(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) > 0 && raw[0] == '{'
}

// decode reads raw over the defaults. It expects raw to have passed validation
// and still refuses unknown keys.
func (c *configType) decode(raw json.RawMessage, into any) error {
	complete, err := c.complete(raw)
	if err != nil {
		return fault.As(fault.Config, err, "reading the config of %s", c.id)
	}
	decoder := json.NewDecoder(bytes.NewReader(complete))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fault.As(fault.Config, err, "reading the config of %s", c.id)
	}
	return nil
}

// Defaults returns the default config. It holds no secret.
func (p Plugin) Defaults() json.RawMessage { return bytes.Clone(p.config.defaults) }

// Schema returns the JSON Schema (2020-12) of the plugin's config: titles, help,
// defaults, limits, sections (x-group) and secrets (x-secret), in the order in
// which the fields are declared. See [Define] for the tags it is made from.
func (p Plugin) Schema() json.RawMessage {
	schema, err := p.config.schema()
	if err != nil {
		panic(err) // a mistake in the source, which the plugin's own test finds
	}
	return bytes.Clone(schema.raw)
}

// Settings returns every setting of the plugin's config, those inside groups
// and lists included, in the order of declaration.
func (p Plugin) Settings() []Setting {
	schema, err := p.config.schema()
	if err != nil {
		panic(err)
	}
	return schema.settings()
}

// Validate checks a config against the plugin's schema, and then by the
// config's own Validate method. The error is a [*ConfigError], which names
// every problem with its path. An empty config is the default one, and a setting
// that is null has its default.
func (p Plugin) Validate(raw json.RawMessage) error {
	problems := p.config.problems(raw)
	if len(problems) == 0 {
		return nil
	}
	return &ConfigError{Plugin: p.manifest.ID, Problems: problems}
}

// maxConfigBytes bounds a config; the largest sensible ones have a few KiB.
const maxConfigBytes = 1 << 20

func (c *configType) problems(raw json.RawMessage) []ConfigProblem {
	if len(bytes.TrimSpace(raw)) == 0 {
		raw = json.RawMessage("{}")
	}
	if len(raw) > maxConfigBytes {
		return []ConfigProblem{{Message: fmt.Sprintf("is larger than %d KiB", maxConfigBytes>>10)}}
	}
	value, err := parseJSON(raw)
	if err != nil {
		return []ConfigProblem{{Message: "is not valid JSON: " + err.Error()}}
	}
	value = dropNulls(value)
	if _, ok := value.(map[string]any); !ok {
		return []ConfigProblem{{Message: "must be a group of settings, not " + nounOf(value)}}
	}
	schema, err := c.schema()
	if err != nil {
		panic(err)
	}
	problems := schema.check(value)
	// A setting that is required may come from the defaults.
	problems = append(problems, checkFields(c.goType, value, "")...)
	if len(problems) > 0 {
		return sortProblems(problems)
	}
	config := reflect.New(c.goType)
	if err := c.decode(raw, config.Interface()); err != nil {
		return []ConfigProblem{{Message: plainDecode(err)}}
	}
	return sortProblems(ownProblems(config, ""))
}

// parseJSON reads exactly one JSON value and keeps numbers as they are written.
func parseJSON(raw []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			return nil, errors.New("it ends too early")
		}
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the first value")
	}
	return value, nil
}

// plainDecode says why a config that passed its schema could not be read: a
// number too large for its field, or text that its type refuses.
func plainDecode(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Sprintf("%s is out of range", wrong.Field)
	}
	if e := (*fault.Error)(nil); errors.As(err, &e) && e.Err != nil {
		err = e.Err
	}
	return err.Error()
}
