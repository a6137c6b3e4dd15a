package plugin

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// field is one setting of a config struct, with the name it has in JSON.
type field struct {
	reflect.StructField
	name string
}

// fieldsOf lists the settings of a struct in order; those of embedded structs,
// which JSON flattens, are among them.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case f.Anonymous && name == "" && indirect(f.Type).Kind() == reflect.Struct:
			for _, inner := range fieldsOf(indirect(f.Type)) {
				inner.Index = append(slices.Clone(f.Index), inner.Index...)
				fields = append(fields, inner)
			}
		case f.IsExported():
			if name == "" {
				name = f.Name
			}
			fields = append(fields, field{StructField: f, name: name})
		}
	}
	return fields
}

func fieldNamed(t reflect.Type, name string) (field, bool) {
	fields := fieldsOf(t)
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return fields[i], true
}

// group reports whether the field is a struct whose fields are settings.
func (f field) group() bool { return isGroup(f.Type) }

func isGroup(t reflect.Type) bool {
	t = indirect(t)
	return t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(reflect.TypeFor[interface{ UnmarshalText([]byte) error }]())
}

func indirect(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

func isSecret(t reflect.Type) bool   { return indirect(t) == reflect.TypeFor[Secret]() }
func isDuration(t reflect.Type) bool { return indirect(t) == reflect.TypeFor[Duration]() }

// join writes the path of a setting inside a group: tls.ca_file.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// filledSecret returns the path of a secret that is not empty, or "".
func filledSecret(v reflect.Value, path string) string {
	switch {
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			return ""
		}
		return filledSecret(v.Elem(), path)
	case isSecret(v.Type()):
		if v.String() != "" {
			return path
		}
	case isGroup(v.Type()):
		for _, f := range fieldsOf(v.Type()) {
			inner, err := v.FieldByIndexErr(f.Index)
			if err != nil {
				continue // inside an embedded pointer that is nil
			}
			if found := filledSecret(inner, join(path, f.name)); found != "" {
				return found
			}
		}
	case v.Kind() == reflect.Slice || v.Kind() == reflect.Map:
		for key, element := range v.Seq2() {
			if found := filledSecret(element, join(path, fmt.Sprint(key))); found != "" {
				return found
			}
		}
	}
	return ""
}
