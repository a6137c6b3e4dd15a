package config

import (
	"reflect"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"

	"github.com/unity-homelab/unity/fault"
)

// Origin says where the value of a setting comes from.
type Origin string

// The origins, from the weakest on.
const (
	FromDefault     Origin = "default"
	FromInterface   Origin = "interface" // it was changed while Unity ran, and is kept in the database
	FromFile        Origin = "file"
	FromEnvironment Origin = "environment"
	FromCommandLine Origin = "command_line"
)

// Origins returns where the value of each setting comes from; those that are
// not in it have their default.
func Origins(in Input) (map[string]Origin, error) {
	text, name, err := readFile(in.File)
	if err != nil {
		return nil, err
	}
	fromEnvironment, _ := environment(in.Environ)
	origins := make(map[string]Origin)
	for _, layer := range []struct {
		origin   Origin
		provider koanf.Provider
		parser   koanf.Parser
	}{
		{FromFile, rawbytes.Provider(text), yaml.Parser()},
		{FromEnvironment, confmap.Provider(fromEnvironment, "."), nil},
		{FromCommandLine, confmap.Provider(in.Overrides, "."), nil},
	} {
		k := koanf.New(".")
		if err := k.Load(layer.provider, layer.parser); err != nil {
			return nil, fault.As(fault.Config, err, "reading %s", name)
		}
		for _, setting := range Paths() {
			if k.Exists(setting.Path) {
				origins[setting.Path] = layer.origin
			}
		}
	}
	return origins, nil
}

// With returns the settings with other values, or what is wrong with them.
func (c Config) With(values map[string]string) (Config, error) {
	layer := make(map[string]any, len(values))
	var problems Problems
	known := make(map[string]bool)
	for _, setting := range Paths() {
		known[setting.Path] = true
	}
	for path, value := range values {
		if layer[path] = value; !known[path] {
			problems = append(problems, Problem{path, "no such setting"})
		}
	}
	k := koanf.New(".")
	if err := k.Load(confmap.Provider(layer, "."), nil); err != nil {
		return c, fault.As(fault.Internal, err, "merging the settings")
	}
	changed := c
	if problems = append(problems, unmarshal(k, &changed)...); len(problems) == 0 {
		problems = changed.Validate()
	}
	if len(problems) > 0 {
		return c, fault.As(fault.Config, problems, "%s", "the settings cannot be used")
	}
	return changed, nil
}

// Written returns the value of each setting as text. Secrets are shown as stars,
// and addresses without a password.
func (c Config) Written() map[string]string {
	values := make(map[string]string)
	write(values, "", reflect.ValueOf(c))
	for path, value := range values {
		switch {
		case value == "":
		case path == "database.url":
			values[path] = c.DatabaseName()
		case path == "secrets.key", strings.HasSuffix(path, "_secret"), strings.HasSuffix(path, "redis_url"):
			values[path] = "********"
		}
	}
	return values
}

func write(into map[string]string, prefix string, value reflect.Value) {
	for field, v := range value.Fields() {
		path := prefix + field.Tag.Get("koanf")
		if field.Type.Kind() == reflect.Struct {
			write(into, path+".", v)
			continue
		}
		into[path] = written(v)
	}
}
