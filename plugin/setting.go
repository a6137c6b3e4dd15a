package plugin

import (
	"encoding/json"
	"strings"

	schema "github.com/invopop/jsonschema"
)

// Setting is one setting of a plugin's config, as documentation shows it.
type Setting struct {
	// Path is the name, with those of the groups and lists around it:
	// probes[].timeout.
	Path  string `json:"path"`
	Title string `json:"title,omitempty"`
	Help  string `json:"help,omitempty"`
	// Type is a word for people: text, secret, duration, list of texts.
	Type string `json:"type"`
	// Default is JSON; nil when there is none.
	Default  json.RawMessage `json:"default,omitempty"`
	Required bool            `json:"required,omitempty"`
	Secret   bool            `json:"secret,omitempty"`
	Group    string          `json:"group,omitempty"`
	// Limits says in words what the value may be.
	Limits string `json:"limits,omitempty"`
}

func (c *configSchema) settings() []Setting {
	return appendSettings(nil, c.root, "")
}

func appendSettings(list []Setting, at *schema.Schema, path string) []Setting {
	if at.Properties == nil {
		return list
	}
	required := make(map[string]bool, len(at.Required))
	for _, name := range at.Required {
		required[name] = true
	}
	for pair := at.Properties.Oldest(); pair != nil; pair = pair.Next() {
		property, name := pair.Value, join(path, pair.Key)
		setting := Setting{
			Path:     name,
			Title:    property.Title,
			Help:     property.Description,
			Type:     typeWords(property),
			Required: required[pair.Key],
			Limits:   limitWords(property),
		}
		setting.Secret = property.Extras["x-secret"] == true
		setting.Group, _ = property.Extras["x-group"].(string)
		setting.Default, _ = property.Default.(json.RawMessage)
		list = append(list, setting)
		switch {
		case property.Properties != nil:
			list = appendSettings(list, property, name)
		case property.Items != nil && property.Items.Properties != nil:
			list = appendSettings(list, property.Items, name+"[]")
		case property.AdditionalProperties != nil && property.AdditionalProperties.Properties != nil:
			list = appendSettings(list, property.AdditionalProperties, name+".*")
		}
	}
	return list
}

func typeWords(s *schema.Schema) string {
	switch {
	case s.Extras["x-secret"] == true:
		return "secret"
	case s.Extras["x-type"] == "duration":
		return "duration"
	case s.Extras["x-type"] == "globs":
		return "list of patterns"
	case s.Type == "string":
		return "text"
	case s.Type == "integer":
		return "whole number"
	case s.Type == "boolean":
		return "yes or no"
	case s.Type == "array" && s.Items != nil:
		return "list of " + pluralType(typeWords(s.Items))
	case s.Type == "object" && s.Properties == nil && s.AdditionalProperties != nil:
		return pluralType(typeWords(s.AdditionalProperties)) + " by name"
	case s.Type == "object":
		return "group"
	default:
		return s.Type
	}
}

func pluralType(word string) string {
	if strings.HasPrefix(word, "list of ") {
		return "lists of " + strings.TrimPrefix(word, "list of ")
	}
	return word + "s"
}

func limitWords(s *schema.Schema) string {
	element := s
	if s.Items != nil {
		element = s.Items
	}
	var limits []string
	if len(element.Enum) > 0 {
		limits = append(limits, "one of "+words(element.Enum))
	}
	for _, bound := range []struct{ words, value string }{
		{"at least ", string(s.Minimum)},
		{"at most ", string(s.Maximum)},
		{"at least ", text(s.Extras["x-min"])},
		{"at most ", text(s.Extras["x-max"])},
	} {
		if bound.value != "" {
			limits = append(limits, bound.words+bound.value)
		}
	}
	return strings.Join(limits, ", ")
}

func text(value any) string {
	s, _ := value.(string)
	return s
}
