package plugin

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	schema "github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// plain turns the answer of the schema validator into problems that a person
// understands without knowing JSON Schema.
func (c *configSchema) plain(e *validator.ValidationError, config any) []ConfigProblem {
	if len(e.Causes) > 0 {
		var problems []ConfigProblem
		for _, cause := range e.Causes {
			problems = append(problems, c.plain(cause, config)...)
		}
		return problems
	}
	at, path := c.follow(e.InstanceLocation)
	one := func(format string, args ...any) []ConfigProblem {
		return []ConfigProblem{{path, fmt.Sprintf(format, args...)}}
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		var problems []ConfigProblem
		for _, name := range k.Missing {
			problems = append(problems, ConfigProblem{join(path, name), "is required"})
		}
		return problems
	case *kind.AdditionalProperties:
		var problems []ConfigProblem
		for _, name := range k.Properties {
			problems = append(problems, ConfigProblem{join(path, name), "is not a setting" + closest(name, at)})
		}
		return problems
	case *kind.Type:
		return one("must be %s, not %s", nounFor(at, k.Want), nounOfType(k.Got))
	case *kind.Enum:
		return one("must be one of %s", words(k.Want))
	case *kind.Pattern:
		switch {
		case at != nil && at.Extras["x-type"] == "duration":
			return one("is not a duration; write for example 30s or 5m")
		case at != nil && len(at.Examples) > 0:
			return one("has not the right form; write for example %v", at.Examples[0])
		default:
			return one("has not the right form, which is %s", k.Want)
		}
	case *kind.MinLength:
		if k.Want == 1 {
			return one("must not be empty")
		}
		return one("must have at least %d characters", k.Want)
	case *kind.MaxLength:
		return one("must have at most %d characters", k.Want)
	case *kind.MinItems:
		return one("must have at least %d %s", k.Want, plural(k.Want, "element"))
	case *kind.MaxItems:
		return one("must have at most %d %s", k.Want, plural(k.Want, "element"))
	case *kind.Minimum:
		return one("must be at least %s", number(k.Want))
	case *kind.Maximum:
		return one("must be at most %s", number(k.Want))
	case *kind.Format:
		return one("is not a valid %s", k.Want)
	default:
		return one("does not fit the schema (%s)", strings.Join(e.ErrorKind.KeywordPath(), "/"))
	}
}

// follow finds the schema at a place in the config, and the place as a path.
func (c *configSchema) follow(location []string) (*schema.Schema, string) {
	at, path := c.root, ""
	for _, step := range location {
		if at != nil && at.Type == "array" {
			path += "[" + step + "]"
			at = at.Items
			continue
		}
		path = join(path, step)
		if at == nil {
			continue
		}
		next := at.AdditionalProperties
		if at.Properties != nil {
			next, _ = at.Properties.Get(step)
		}
		at = next
	}
	return at, path
}

// closest proposes the setting whose name is most like the one typed.
func closest(typed string, at *schema.Schema) string {
	if at == nil || at.Properties == nil {
		return ""
	}
	best, least := "", max(2, len(typed)/3)+1
	for pair := at.Properties.Oldest(); pair != nil; pair = pair.Next() {
		if d := distance(strings.ToLower(typed), pair.Key); d < least {
			best, least = pair.Key, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// distance counts the letters to insert, remove or replace between two words.
func distance(a, b string) int {
	const longest = 64 // names are short; a long one is not worth the time
	if len(a) > longest || len(b) > longest {
		return longest
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j]+1, before+1)
		}
	}
	return row[len(b)]
}

func nounFor(at *schema.Schema, want []string) string {
	if at != nil && at.Extras["x-type"] == "duration" {
		return `a duration such as "30s"`
	}
	nouns := make([]string, len(want))
	for i, w := range want {
		nouns[i] = nounOfType(w)
	}
	return strings.Join(nouns, " or ")
}

func nounOfType(t string) string {
	switch t {
	case "string":
		return "text"
	case "integer":
		return "a whole number"
	case "number":
		return "a number"
	case "boolean":
		return "true or false"
	case "array":
		return "a list"
	case "object":
		return "a group of settings"
	case "null":
		return "nothing"
	default:
		return t
	}
}

func nounOf(value any) string {
	switch value.(type) {
	case nil:
		return "nothing"
	case string:
		return "text"
	case json.Number:
		return "a number"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	default:
		return "a group of settings"
	}
}

func words(values []any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
		if texts[i] == "" {
			texts[i] = `""`
		}
	}
	return strings.Join(texts, ", ")
}

func number(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
