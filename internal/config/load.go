package config

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"

	"github.com/unity-homelab/unity/fault"
)

// DefaultFile is read when no file is named, if it is there.
const DefaultFile = "unity.yaml"

// Input says where settings come from.
type Input struct {
	// File is the settings file. Empty means unity.yaml in the working folder,
	// which need not exist.
	File string
	// Environ is the environment as os.Environ returns it.
	Environ []string
	// Overrides come from the command line: path to value. They win.
	Overrides map[string]any
}

// Load reads the settings and validates them. The error is a fault of kind
// Config; its cause is Problems with everything that is wrong.
func Load(in Input) (Config, error) {
	k := koanf.New(".")
	var problems Problems

	text, name, err := readFile(in.File)
	if err != nil {
		return Config{}, err
	}
	if err := k.Load(rawbytes.Provider(text), yaml.Parser()); err != nil {
		return Config{}, fault.As(fault.Config, err, "reading %s", name).WithHint("check the YAML: indentation, and quotes around values with a colon")
	}
	k.Delete("sources") // which package sourcefile reads
	problems = append(problems, unknownKeys(k)...)

	fromEnvironment, unknown := environment(in.Environ)
	problems = append(problems, unknown...)
	for _, layer := range []map[string]any{fromEnvironment, in.Overrides} {
		if err := k.Load(confmap.Provider(layer, "."), nil); err != nil {
			return Config{}, fault.As(fault.Internal, err, "merging the settings")
		}
	}

	config := Default()
	problems = append(problems, unmarshal(k, &config)...)
	if len(problems) == 0 {
		problems = config.Validate()
	}
	if len(problems) > 0 {
		return Config{}, fault.As(fault.Config, problems, "%s", "the settings cannot be used").WithHint("see docs/generated/config.md for every setting")
	}
	return config, nil
}

// FileName returns the settings file that is read, which need not be there.
func FileName(in Input) string { return cmp.Or(in.File, DefaultFile) }

func readFile(name string) ([]byte, string, error) {
	required := name != ""
	if !required {
		name = DefaultFile
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) && !required {
		return nil, name, nil
	}
	if err != nil {
		return nil, name, fault.As(fault.Config, err, "reading the settings file")
	}
	return text, name, nil
}

// unknownKeys lists the keys that no setting has, with the nearest that exists.
func unknownKeys(k *koanf.Koanf) Problems {
	var problems Problems
	known := Paths()
	for _, key := range k.Keys() {
		if slices.ContainsFunc(known, func(s Setting) bool { return s.Path == key }) {
			continue
		}
		message := "no such setting"
		if near := nearest(key, known); near != "" {
			message += "; did you mean " + near + "?"
		}
		problems = append(problems, Problem{key, message})
	}
	return problems
}

// environment maps UNITY_STORAGE_SYNC_INTERVAL to storage.sync_interval.
func environment(environ []string) (map[string]any, Problems) {
	values := make(map[string]any)
	var problems Problems
	byVariable := make(map[string]string)
	for _, setting := range Paths() {
		byVariable[setting.Variable] = setting.Path
	}
	for alias, path := range map[string]string{
		"DATABASE_URL": "database.url", "REDIS_URL": "cache.redis_url",
		"UNITY_KEY": "secrets.key",
		"HOST_ROOT": "host.root", "HOST_PROC": "host.proc", "HOST_SYS": "host.sys", "HOST_ETC": "host.etc",
	} {
		byVariable[alias] = path
	}
	sorted := slices.Sorted(slices.Values(environ)) // UNITY_DATABASE_URL after DATABASE_URL, so that it wins
	for _, entry := range sorted {
		name, value, _ := strings.Cut(entry, "=")
		path, known := byVariable[name]
		switch {
		case known && value != "":
			values[path] = value
		case !known && strings.HasPrefix(name, "UNITY_"):
			problems = append(problems, Problem{name, "no setting has this environment variable"})
		}
	}
	return values, problems
}

// unmarshal decodes every setting and names each that has the wrong type.
func unmarshal(k *koanf.Koanf, config *Config) Problems {
	err := k.UnmarshalWithConf("", config, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		Result:           config,
		TagName:          "koanf",
		WeaklyTypedInput: true,
		DecodeHook: mapstructure.ComposeDecodeHookFunc(
			mapstructure.TextUnmarshallerHookFunc(),
			mapstructure.StringToSliceHookFunc(","), // a list in the environment
		),
	}})
	return decodeProblems(err)
}

func decodeProblems(err error) Problems {
	if err == nil {
		return nil
	}
	if joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); ok {
		var problems Problems
		for _, each := range joined.Unwrap() {
			problems = append(problems, decodeProblems(each)...)
		}
		return problems
	}
	if decoding, ok := errors.AsType[*mapstructure.DecodeError](err); ok {
		return Problems{{Path: decoding.Name(), Message: decoding.Unwrap().Error()}}
	}
	return Problems{{Path: "settings", Message: err.Error()}}
}

// Setting describes one setting.
type Setting struct {
	Path     string // storage.sync_interval
	Variable string // UNITY_STORAGE_SYNC_INTERVAL
	Help     string
	Default  string
}

// Paths lists every setting in the order of the struct.
func Paths() []Setting { return paths("", reflect.ValueOf(Default())) }

func paths(prefix string, value reflect.Value) []Setting {
	var settings []Setting
	for field, v := range value.Fields() {
		path := prefix + field.Tag.Get("koanf")
		if field.Type.Kind() == reflect.Struct {
			settings = append(settings, paths(path+".", v)...)
			continue
		}
		settings = append(settings, Setting{
			Path:     path,
			Variable: "UNITY_" + strings.ToUpper(strings.ReplaceAll(path, ".", "_")),
			Help:     field.Tag.Get("help"),
			Default:  written(v),
		})
	}
	return settings
}

// written returns a value as it is shown, and as it can be written again.
func written(value reflect.Value) string {
	if list, ok := value.Interface().([]string); ok {
		return strings.Join(list, ", ")
	}
	return fmt.Sprint(value.Interface())
}

// nearest returns the setting whose last part is spelled almost like the key's,
// or "".
func nearest(key string, known []Setting) string {
	for _, setting := range known {
		if distance(key, setting.Path) <= 2 || strings.HasSuffix(setting.Path, "."+key) {
			return setting.Path
		}
	}
	return ""
}

// distance is the Levenshtein distance.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		previous := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := previous
			if a[i] != b[j] {
				cost++
			}
			previous = row[j+1]
			row[j+1] = min(cost, row[j]+1, previous+1)
		}
	}
	return row[len(b)]
}
