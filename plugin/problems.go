package plugin

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// ConfigProblem is one thing that is wrong with a config.
type ConfigProblem struct {
	// Path says where: "timeout", "headers.Accept", "mounts[2].path". It is
	// empty when the config as a whole is meant.
	Path string `json:"path"`
	// Message continues the path: "is required".
	Message string `json:"message"`
}

// String writes the problem as one line.
func (p ConfigProblem) String() string {
	if p.Path == "" {
		return "the config " + p.Message
	}
	return p.Path + " " + p.Message
}

// ConfigError lists everything that is wrong with a config.
type ConfigError struct {
	// Plugin is the ID of the plugin that the config is for; it may be empty.
	Plugin   string
	Problems []ConfigProblem
}

// Error returns every problem in one line.
func (e *ConfigError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, problem := range e.Problems {
		lines[i] = problem.String()
	}
	text := strings.Join(lines, "; ")
	if e.Plugin == "" {
		return text
	}
	return "checking the config of " + e.Plugin + ": " + text
}

// Unwrap gives the error its kind.
func (e *ConfigError) Unwrap() error { return fault.New(fault.Config, "the config is not valid") }

// Invalid returns an error for the Validate method of a config struct: one
// problem at the path, which is relative to that struct. Several are joined
// with [errors.Join].
func Invalid(path, format string, args ...any) error {
	return &ConfigError{Problems: []ConfigProblem{{Path: path, Message: fmt.Sprintf(format, args...)}}}
}

// ownProblems asks the Validate methods of the config and of the structs in it.
func ownProblems(v reflect.Value, path string) []ConfigProblem {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	var problems []ConfigProblem
	switch {
	case isGroup(v.Type()):
		if v.CanAddr() {
			if own, ok := v.Addr().Interface().(interface{ Validate() error }); ok {
				problems = problemsOf(own.Validate(), path)
			}
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case name == "-" || !f.IsExported():
			case f.Anonymous && name == "":
				problems = append(problems, ownProblems(v.Field(i), path)...)
			default:
				problems = append(problems, ownProblems(v.Field(i), join(path, cmp.Or(name, f.Name)))...)
			}
		}
	case v.Kind() == reflect.Slice && isGroup(v.Type().Elem()):
		for i := range v.Len() {
			problems = append(problems, ownProblems(v.Index(i), path+"["+strconv.Itoa(i)+"]")...)
		}
	}
	return problems
}

// problemsOf makes problems of what a Validate method returned.
func problemsOf(err error, path string) []ConfigProblem {
	switch e := err.(type) { //nolint:errorlint // each joined error is looked at
	case nil:
		return nil
	case *ConfigError:
		problems := slices.Clone(e.Problems)
		for i := range problems {
			problems[i].Path = joinPaths(path, problems[i].Path)
		}
		return problems
	case interface{ Unwrap() []error }:
		var problems []ConfigProblem
		for _, one := range e.Unwrap() {
			problems = append(problems, problemsOf(one, path)...)
		}
		return problems
	}
	if e := (*ConfigError)(nil); errors.As(err, &e) {
		return problemsOf(e, path)
	}
	return []ConfigProblem{{Path: path, Message: err.Error()}}
}

func joinPaths(path, inner string) string {
	if inner == "" || strings.HasPrefix(inner, "[") {
		return path + inner
	}
	return join(path, inner)
}

// sortProblems puts the problems in the order of their paths and leaves out
// repetitions: an embedded struct's method is promoted and so asked twice.
func sortProblems(problems []ConfigProblem) []ConfigProblem {
	slices.SortStableFunc(problems, func(a, b ConfigProblem) int { return cmp.Compare(a.Path, b.Path) })
	return slices.Compact(problems)
}

// checkFields checks what JSON Schema cannot say: the bounds of durations, and
// that a secret is not the mark that stands for one.
func checkFields(t reflect.Type, value any, path string) []ConfigProblem {
	t = indirect(t)
	var problems []ConfigProblem
	switch value := value.(type) {
	case string:
		if isSecret(t) && value == redacted {
			return []ConfigProblem{{path, "stands for a secret that is not known here; type it again"}}
		}
	case map[string]any:
		for name, inner := range value {
			at := join(path, name)
			if t.Kind() == reflect.Map {
				problems = append(problems, checkFields(t.Elem(), inner, at)...)
				continue
			}
			if !isGroup(t) {
				continue
			}
			if f, ok := fieldNamed(t, name); ok {
				problems = append(problems, f.checkDuration(inner, at)...)
				problems = append(problems, checkFields(f.Type, inner, at)...)
			}
		}
	case []any:
		if t.Kind() != reflect.Slice {
			break
		}
		for i, inner := range value {
			problems = append(problems, checkFields(t.Elem(), inner, path+"["+strconv.Itoa(i)+"]")...)
		}
	}
	return problems
}

func (f field) checkDuration(value any, path string) []ConfigProblem {
	text, ok := value.(string)
	var d Duration
	if !ok || !isDuration(f.Type) || d.UnmarshalText([]byte(text)) != nil {
		return nil // the schema says so
	}
	var least, most Duration
	if tag := f.Tag.Get("min"); tag != "" && least.UnmarshalText([]byte(tag)) == nil && d < least {
		return []ConfigProblem{{path, "must be at least " + least.String()}}
	}
	if tag := f.Tag.Get("max"); tag != "" && most.UnmarshalText([]byte(tag)) == nil && d > most {
		return []ConfigProblem{{path, "must be at most " + most.String()}}
	}
	return nil
}
