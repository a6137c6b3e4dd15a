package api

import (
	"context"
	"net/http"
)

// Preferences are Unity's own settings.
type Preferences interface {
	// Settings returns every setting.
	Settings() []Setting
	// Change gives settings other values, by path, at once and for good. A nil
	// value takes the default again. What is wrong is an error of kind Config, and
	// changes nothing.
	Change(ctx context.Context, values map[string]*string) error
}

// Setting is one of Unity's own settings.
type Setting struct {
	Path       string `json:"path" example:"storage.raw_retention"`
	Value      string `json:"value" doc:"As it is written; secrets are shown as stars"`
	Default    string `json:"default"`
	Help       string `json:"help"`
	Variable   string `json:"variable" doc:"The environment variable that sets it" example:"UNITY_STORAGE_RAW_RETENTION"`
	Origin     string `json:"origin" enum:"default,interface,file,environment,command_line" doc:"Where the value comes from"`
	Changeable bool   `json:"changeable" doc:"Whether it can be changed here, which takes effect at once"`
	Why        string `json:"why,omitempty" doc:"Why it cannot be changed here"`
}

// SettingsChange is what is changed of the settings.
type SettingsChange struct {
	Values map[string]*string `json:"values" minProperties:"1" maxProperties:"100" doc:"Path to value as it is written in unity.yaml; null takes the default again"`
}

func (s *server) registerSettings() {
	const tag = "System"
	handle(s, operation("list-settings", http.MethodGet, "/settings", tag, "List Unity's own settings, and where they come from"), s.listSettings)
	handle(s, operation("change-settings", http.MethodPut, "/settings", tag, "Change settings while Unity runs"), s.changeSettings)
}

func (s *server) listSettings(context.Context, *struct{}) (*body[list[Setting]], error) {
	return listOf(s.Preferences.Settings()), nil
}

func (s *server) changeSettings(ctx context.Context, in *struct{ Body SettingsChange }) (*body[list[Setting]], error) {
	if err := s.Preferences.Change(ctx, in.Body.Values); err != nil {
		return nil, err
	}
	return listOf(s.Preferences.Settings()), nil
}
