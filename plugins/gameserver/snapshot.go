package gameserver

import (
	"cmp"
	"time"
)

// document is what a person wants to see.
type document struct {
	Servers []serverRow        `json:"servers"`
	Players []player           `json:"players_list"`
	Mods    []mod              `json:"mods"`
	Ticks   map[string]float64 `json:"ticks_per_second,omitempty"`
}

type serverRow struct {
	Title    string    `json:"title"`
	Status   string    `json:"status"`
	Since    time.Time `json:"since"`
	Protocol string    `json:"protocol"`
	Address  string    `json:"address"`
	Game     string    `json:"game,omitempty"`
	Version  string    `json:"version,omitempty"`
	Map      string    `json:"map,omitempty"`
	Mode     string    `json:"mode,omitempty"`
	Players  *float64  `json:"players,omitempty"`
	Max      *float64  `json:"max,omitempty"`
	Bots     *float64  `json:"bots,omitempty"`
	Password *bool     `json:"password,omitempty"`
	LastSeen time.Time `json:"last_seen,omitzero"`
	Reason   string    `json:"reason,omitempty"`
	Error    string    `json:"error,omitempty"`
	Hint     string    `json:"hint,omitempty"`
}

// The words for a server that answers and one that does not.
const (
	statusOnline  = "online"
	statusOffline = "offline"
)

func (c *collector) document(f finding) document {
	row := serverRow{
		Title: cmp.Or(f.Title, c.config.address()), Status: statusOnline, Since: f.kept.Since, Protocol: c.config.kind(), Address: c.config.address(),
		Game: f.Game, Version: f.Version, Map: f.Map, Mode: f.Mode, Players: f.Players, Max: f.Max, Bots: f.Bots, Password: f.Password,
		LastSeen: f.now.UTC().Truncate(time.Second), Reason: f.reason, Error: f.why, Hint: f.hint,
	}
	if f.reason != "" {
		row.Status, row.LastSeen = statusOffline, f.kept.LastSeen
	}
	doc := document{Servers: []serverRow{row}, Players: []player{}, Mods: []mod{}, Ticks: f.ticks}
	if c.config.Players && f.List != nil {
		doc.Players = f.List
	}
	if f.Mods != nil {
		doc.Mods = f.Mods
	}
	return doc
}
