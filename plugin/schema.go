package plugin

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	schema "github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/unity-homelab/unity/fault"
)

// configSchema is the JSON Schema of a config struct.
type configSchema struct {
	root *schema.Schema
	raw  json.RawMessage
	// forms are what is validated with. It is large and takes a while to make, so it
	// is kept while much is validated, and given back when nothing is.
	forms sync.Pool
}

// durationPattern is what [Duration] reads: days, and what Go reads after them.
const durationPattern = `^(0|[0-9]+(\.[0-9]+)?d|([0-9]+(\.[0-9]+)?d)?([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$`

func newConfigSchema(id string, t reflect.Type, defaults json.RawMessage) (*configSchema, error) {
	reflector := schema.Reflector{
		Anonymous:                  true,
		DoNotReference:             true,
		ExpandedStruct:             true,
		RequiredFromJSONSchemaTags: true, // our own tag says what is required
		Mapper:                     mapType,
	}
	root := reflector.ReflectFromType(t)
	root.Title = id
	if err := annotate(root, t, defaults, ""); err != nil {
		return nil, fmt.Errorf("plugin %s: %w", id, err)
	}
	raw, err := json.Marshal(root)
	if err != nil {
		return nil, fmt.Errorf("plugin %s: marshalling the schema: %w", id, err)
	}
	return &configSchema{root: root, raw: raw}, nil
}

// mapType describes the types of this package, which are not in JSON what they
// are in Go.
func mapType(t reflect.Type) *schema.Schema {
	switch {
	case isDuration(t):
		return &schema.Schema{Type: "string", Pattern: durationPattern, Extras: map[string]any{"x-type": "duration"}}
	case isSecret(t):
		return &schema.Schema{Type: "string", WriteOnly: true, Extras: map[string]any{"x-secret": true}}
	case t == reflect.TypeFor[Globs]():
		return &schema.Schema{
			Type: "array", Items: &schema.Schema{Type: "string"}, Extras: map[string]any{"x-type": "globs"},
		}
	default:
		return nil
	}
}

// annotate adds what our tags and the defaults say to the schema of a struct.
func annotate(s *schema.Schema, t reflect.Type, defaults json.RawMessage, path string) error {
	values := map[string]json.RawMessage{}
	if isObject(defaults) {
		if err := json.Unmarshal(defaults, &values); err != nil {
			return err
		}
	}
	for _, f := range fieldsOf(t) {
		at := join(path, f.name)
		property, ok := s.Properties.Get(f.name)
		if !ok {
			return fmt.Errorf("%s: a %s cannot be a setting", at, f.Type)
		}
		property.Title = f.Tag.Get("title")
		property.Description = f.Tag.Get("help")
		if group := f.Tag.Get("group"); group != "" {
			extra(property, "x-group", group)
		}
		if err := annotateValue(property, f, at); err != nil {
			return err
		}
		value := values[f.name]
		if f.Tag.Get("required") == "true" && isZeroJSON(value) {
			s.Required = append(s.Required, f.name)
			if property.Type == "string" && property.MinLength == nil {
				property.MinLength = count(1)
			}
			value = nil
		}
		if err := annotateInner(property, f.Type, value, at); err != nil {
			return err
		}
	}
	return nil
}

// annotateInner goes into groups, and into lists and maps of groups.
func annotateInner(s *schema.Schema, t reflect.Type, value json.RawMessage, path string) error {
	t = indirect(t)
	switch {
	case isGroup(t):
		if s.Properties == nil {
			return fmt.Errorf("%s: a %s cannot be a setting", path, t)
		}
		return annotate(s, t, value, path)
	case isSecret(t):
		return nil // its default is always empty, and of no use to a form
	}
	if len(value) > 0 && string(value) != "null" {
		s.Default = value
	}
	switch {
	case t.Kind() == reflect.Slice && isGroup(t.Elem()):
		return annotate(s.Items, indirect(t.Elem()), nil, path+"[]")
	case t.Kind() == reflect.Map && isGroup(t.Elem()):
		return annotate(s.AdditionalProperties, indirect(t.Elem()), nil, path+".*")
	}
	return nil
}

// annotateValue adds limits. Those of a list's or map's elements go to them.
func annotateValue(s *schema.Schema, f field, path string) error {
	element := s
	if s.Type == "array" && s.Items != nil {
		element = s.Items
	}
	if s.Type == "object" && s.AdditionalProperties != nil && s.Properties == nil {
		element = s.AdditionalProperties
	}
	if list := f.Tag.Get("enum"); list != "" {
		for word := range strings.SplitSeq(list, ",") {
			value, err := literal(element.Type, word)
			if err != nil {
				return fmt.Errorf("%s: enum: %w", path, err)
			}
			element.Enum = append(element.Enum, value)
		}
	}
	if pattern := f.Tag.Get("pattern"); pattern != "" {
		element.Pattern = pattern
	}
	if format := f.Tag.Get("format"); format != "" {
		element.Format = format
	}
	if example := f.Tag.Get("example"); example != "" {
		value, err := literal(element.Type, example)
		if err != nil {
			return fmt.Errorf("%s: example: %w", path, err)
		}
		element.Examples = []any{value}
	}
	for _, bound := range []string{"min", "max"} {
		if text := f.Tag.Get(bound); text != "" {
			if err := limit(s, f.Type, bound, text); err != nil {
				return fmt.Errorf("%s: %s: %w", path, bound, err)
			}
		}
	}
	return nil
}

func limit(s *schema.Schema, t reflect.Type, bound, text string) error {
	if isDuration(t) {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err != nil {
			return err
		}
		extra(s, "x-"+bound, d.String())
		return nil
	}
	if s.Type == "number" || s.Type == "integer" {
		if _, err := literal(s.Type, text); err != nil {
			return err
		}
		if bound == "min" {
			s.Minimum = json.Number(text)
		} else {
			s.Maximum = json.Number(text)
		}
		return nil
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return err
	}
	switch {
	case s.Type == "string" && bound == "min":
		s.MinLength = &n
	case s.Type == "string":
		s.MaxLength = &n
	case s.Type == "array" && bound == "min":
		s.MinItems = &n
	case s.Type == "array":
		s.MaxItems = &n
	default:
		return fmt.Errorf("a setting of type %s has no bounds", s.Type)
	}
	return nil
}

// literal reads a value that stands in a tag.
func literal(kind, text string) (any, error) {
	switch kind {
	case "integer":
		n, err := strconv.ParseInt(text, 10, 64)
		return n, err
	case "number":
		n, err := strconv.ParseFloat(text, 64)
		return n, err
	case "boolean":
		b, err := strconv.ParseBool(text)
		return b, err
	default:
		return text, nil
	}
}

func extra(s *schema.Schema, key string, value any) {
	if s.Extras == nil {
		s.Extras = make(map[string]any, 1)
	}
	s.Extras[key] = value
}

func count(n uint64) *uint64 { return &n }

func isZeroJSON(raw json.RawMessage) bool {
	switch string(raw) {
	case "", "null", `""`, "0", "[]", "{}", "false", `"0s"`:
		return true
	default:
		return false
	}
}

// check returns what the schema has against a parsed config.
func (c *configSchema) check(value any) []ConfigProblem {
	form, kept := c.forms.Get().(*validator.Schema)
	if !kept {
		form = c.form()
	}
	defer c.forms.Put(form)
	err := form.Validate(value)
	if err == nil {
		return nil
	}
	invalid, ok := err.(*validator.ValidationError) //nolint:errorlint // as documented, never wrapped
	if !ok {
		return []ConfigProblem{{Message: err.Error()}}
	}
	return c.plain(invalid, value)
}

// form makes what is validated with.
func (c *configSchema) form() *validator.Schema {
	const name = "config.json"
	document, err := parseJSON(c.raw)
	if err != nil {
		panic(err)
	}
	compiler := validator.NewCompiler()
	if err := compiler.AddResource(name, document); err != nil {
		panic(err)
	}
	compiled, err := compiler.Compile(name)
	if err != nil {
		panic(fault.As(fault.Internal, err, "compiling the schema of %s", c.root.Title))
	}
	return compiled
}
