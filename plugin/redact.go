package plugin

import (
	"encoding/json"
	"reflect"
)

// Redact returns the config with every secret shown as "********". What is not
// a setting of the plugin is left out, for it could be a secret of an older
// version. A config that cannot be read becomes an empty one.
func (p Plugin) Redact(raw json.RawMessage) json.RawMessage {
	value, err := parseJSON(raw)
	if err != nil {
		return json.RawMessage("{}")
	}
	w := secretWalk{known: true, visit: func(string, string) string { return redacted }}
	object, ok := w.value(p.config.goType, value, nil).(map[string]any)
	if !ok {
		return json.RawMessage("{}")
	}
	out, err := json.Marshal(object)
	if err != nil {
		return json.RawMessage("{}")
	}
	return out
}

// Secrets returns the secrets of a config as they are used, those of the
// environment and of files included, so that they can be looked for where they
// do not belong. What cannot be read is left out.
func (p Plugin) Secrets(raw json.RawMessage) []string {
	value, err := parseJSON(raw)
	if err != nil {
		return nil
	}
	var secrets []string
	w := secretWalk{visit: func(now, _ string) string {
		if revealed, err := Secret(now).Reveal(); err == nil && revealed != "" {
			secrets = append(secrets, revealed)
		}
		return now
	}}
	w.value(p.config.goType, value, nil)
	return secrets
}

// ReplaceSecrets returns the config with every secret replaced. One that only
// says where the secret is, env:NAME or file:/path, is none itself and stays. A
// config that cannot be read is returned as it is.
func (p Plugin) ReplaceSecrets(raw json.RawMessage, replace func(secret string) string) json.RawMessage {
	value, err := parseJSON(raw)
	if err != nil {
		return raw
	}
	w := secretWalk{visit: func(now, _ string) string {
		if elsewhere(now) {
			return now
		}
		return replace(now)
	}}
	out, err := json.Marshal(w.value(p.config.goType, value, nil))
	if err != nil {
		return raw
	}
	return out
}

// Unredact returns the updated config in which every secret that is still
// "********" has its value of the previous config. Inside a list an element is
// the same as before when its name (or id, or url) is, or else its place.
func (p Plugin) Unredact(previous, updated json.RawMessage) json.RawMessage {
	before, err := parseJSON(previous)
	if err != nil {
		return updated
	}
	value, err := parseJSON(updated)
	if err != nil {
		return updated // Validate says what is wrong with it
	}
	// A mark that stands for nothing stays, and Validate asks for the secret.
	w := secretWalk{visit: func(now, before string) string {
		if now == redacted && before != "" {
			return before
		}
		return now
	}}
	raw, err := json.Marshal(w.value(p.config.goType, value, before))
	if err != nil {
		return updated
	}
	return raw
}

// secretWalk rewrites the secrets of a parsed config.
type secretWalk struct {
	visit func(now, before string) string
	known bool // leave out what is no setting, or of another type than it
}

func (w secretWalk) value(t reflect.Type, now, before any) any {
	t = indirect(t)
	switch {
	case isSecret(t):
		text, ok := now.(string)
		if !ok {
			return w.other(now)
		}
		if text == "" {
			return text
		}
		old, _ := before.(string)
		return w.visit(text, old)
	case isGroup(t):
		object, ok := now.(map[string]any)
		if !ok {
			return w.other(now)
		}
		return w.group(t, object, before)
	case t.Kind() == reflect.Map:
		object, ok := now.(map[string]any)
		if !ok {
			return w.other(now)
		}
		old, _ := before.(map[string]any)
		out := make(map[string]any, len(object))
		for key, element := range object {
			out[key] = w.value(t.Elem(), element, old[key])
		}
		return out
	case t.Kind() == reflect.Slice:
		list, ok := now.([]any)
		if !ok {
			return w.other(now)
		}
		old, _ := before.([]any)
		out := make([]any, len(list))
		for i, element := range list {
			out[i] = w.value(t.Elem(), element, sameElement(element, i, old))
		}
		return out
	default:
		if _, nested := now.(map[string]any); nested {
			return w.other(now)
		}
		if _, nested := now.([]any); nested {
			return w.other(now)
		}
		return now
	}
}

// other is what becomes of a value that has not the type of its setting.
func (w secretWalk) other(now any) any {
	if w.known {
		return nil
	}
	return now
}

func (w secretWalk) group(t reflect.Type, object map[string]any, before any) map[string]any {
	old, _ := before.(map[string]any)
	out := make(map[string]any, len(object))
	for name, element := range object {
		f, ok := fieldNamed(t, name)
		if !ok {
			if !w.known {
				out[name] = element
			}
			continue
		}
		out[name] = w.value(f.Type, element, old[name])
	}
	return out
}

// sameElement finds the element of the list before that the one now was.
func sameElement(now any, index int, before []any) any {
	if object, ok := now.(map[string]any); ok {
		for _, key := range []string{"name", "id", "url"} {
			label, ok := object[key].(string)
			if !ok || label == "" {
				continue
			}
			for _, candidate := range before {
				if old, ok := candidate.(map[string]any); ok && old[key] == label {
					return old
				}
			}
			return nil // another thing at the same place must not inherit a secret
		}
	}
	if index < len(before) {
		return before[index]
	}
	return nil
}
