package postgres

import (
	"strconv"
)

// server is what the server says of itself.
type server struct {
	version    int // 150020
	name       string
	database   string
	standby    bool
	readsStats bool
	started    *float64
	uptime     *float64

	// From the settings; absent where they are.
	settings map[string]string
}

// setting returns a setting that is a number.
func (s server) setting(name string) (float64, bool) {
	value, err := strconv.ParseFloat(s.settings[name], 64)
	return value, err == nil && value >= 0 && value < 1e15
}

// on reports whether a setting is switched on, in whichever words.
func (s server) on(name string) bool {
	value := s.settings[name]
	return value != "" && value != "off"
}

func (s server) role() string {
	if s.standby {
		return "standby"
	}
	return "primary"
}

// about adds what the server is.
func (r *run) about() {
	s := r.server
	r.out.Add("postgres_info", 1, "version", s.name, "role", s.role())
	r.out.AddBool("postgres_in_recovery", s.standby)
	if s.started != nil {
		r.out.Add("postgres_start_timestamp_seconds", *s.started)
	}
	r.document.Server.Version, r.document.Server.Role, r.document.Server.Uptime = s.name, s.role(), s.uptime
	r.document.Server.DataDirectory = s.settings["data_directory"]
	r.document.Server.Archiving = s.settings["archive_mode"]
}

// settings reads the settings of note.
func (r *run) settings() {
	answer := r.ask("settings", settingsQuery)
	if answer == nil {
		return
	}
	pending := 0
	r.server.settings = make(map[string]string)
	for one := range answer.All {
		name, value := one.Text("name"), one.Text("setting")
		r.server.settings[name] = value
		waits := one.Flag("pending_restart")
		if waits {
			pending++
		}
		r.document.Settings = append(r.document.Settings, settingRow{
			Name: name, Value: value, Unit: one.Text("unit"), PendingRestart: waits,
		})
	}
	if len(answer.Cells) > 0 {
		r.out.Add("postgres_pending_restart", float64(pending))
	}
	r.done("settings", answer)
}
