package homeassistant

import (
	"cmp"
	"slices"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// document is what a person sees.
type document struct {
	Summary  summary       `json:"summary"`
	Away     []awayRow     `json:"unavailable"`
	Failed   []failedRow   `json:"failed_integrations"`
	Repairs  []repairRow   `json:"repairs"`
	Updates  []updateRow   `json:"updates"`
	Low      []batteryRow  `json:"low_batteries"`
	Log      []lineRow     `json:"log"`
	Domains  []domainRow   `json:"domains"`
	Backups  backupsRow    `json:"backups"`
	Exported []exportedRow `json:"exported"`
	LeftOut  []string      `json:"left_out,omitempty"`
}

type summary struct {
	Version      string  `json:"version"`
	State        string  `json:"state"`
	Name         string  `json:"location_name,omitempty"`
	Installation string  `json:"installation"`
	Entities     float64 `json:"entities"`
	Unavailable  float64 `json:"unavailable"`
}

type awayRow struct {
	ID    string     `json:"entity_id"`
	Name  string     `json:"name"`
	Since *time.Time `json:"since,omitempty"`
	// Gone says that nothing provides the entity any more.
	Gone bool `json:"gone"`
}

type failedRow struct {
	Domain string `json:"domain"`
	Title  string `json:"title"`
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
}

type repairRow struct {
	Domain   string     `json:"domain"`
	Issue    string     `json:"issue_id"`
	Severity string     `json:"severity"`
	Created  *time.Time `json:"created,omitempty"`
	Breaks   string     `json:"breaks_in,omitempty"`
}

type updateRow struct {
	Name      string `json:"name"`
	Kind      string `json:"kind"`
	Installed string `json:"installed,omitempty"`
	Latest    string `json:"latest,omitempty"`
}

type batteryRow struct {
	Name  string   `json:"name"`
	Ratio *float64 `json:"charge,omitempty"`
}

type lineRow struct {
	Level   string     `json:"level"`
	Source  string     `json:"source"`
	Message string     `json:"message"`
	Count   float64    `json:"count"`
	Last    *time.Time `json:"last,omitempty"`
}

type domainRow struct {
	Domain      string  `json:"domain"`
	All         float64 `json:"total"`
	Unavailable float64 `json:"unavailable"`
	Unknown     float64 `json:"unknown"`
}

type backupsRow struct {
	Last  *time.Time `json:"last,omitempty"`
	Next  *time.Time `json:"next,omitempty"`
	State string     `json:"state,omitempty"`
}

type exportedRow struct {
	ID    string  `json:"entity_id"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
}

// document makes the page.
func (c *collector) document(s *sight) document {
	made, e := c.backupsOf(s), s.entities
	d := document{
		Summary: summary{Version: plugin.Shorten(s.settings.Version, 40), State: s.state(), Name: plugin.Shorten(s.settings.Name, 80), Installation: "without Supervisor"},
		Backups: backupsRow{at(made.last), at(made.next), made.state},
		Away:    []awayRow{}, Failed: []failedRow{}, Repairs: []repairRow{}, Updates: []updateRow{}, Low: []batteryRow{}, Log: []lineRow{},
		Domains: []domainRow{}, Exported: []exportedRow{}, LeftOut: s.leftOut,
	}
	if s.supervised() {
		d.Summary.Installation = "with Supervisor"
	}
	for _, one := range e.largest() {
		d.Summary.Entities += one.all
		d.Summary.Unavailable += one.unavailable
		d.Domains = append(d.Domains, domainRow{one.Name, one.all, one.unavailable, one.unknown})
	}
	for _, one := range first(e.away, c.config.Rows) {
		d.Away = append(d.Away, awayRow{one.ID, one.Name, at(one.Since), one.Restored})
	}
	for _, one := range e.updates {
		d.Updates = append(d.Updates, updateRow(one))
	}
	slices.SortStableFunc(d.Updates, func(a, b updateRow) int {
		return cmp.Or(cmp.Compare(slices.Index(updateKinds(), a.Kind), slices.Index(updateKinds(), b.Kind)), cmp.Compare(a.Name, b.Name))
	})
	for _, one := range first(e.low, c.config.Rows) {
		d.Low = append(d.Low, batteryRow(one))
	}
	for _, one := range e.exported {
		d.Exported = append(d.Exported, exportedRow{plugin.Shorten(one.ID, 120), one.Value, one.Unit})
	}
	for _, one := range s.entries {
		if one.broken() || one.State == "setup_retry" {
			d.Failed = append(d.Failed, failedRow{plugin.Shorten(one.Domain, 60), plugin.Shorten(string(one.Title), 80), one.State, plugin.Shorten(string(one.Reason), 200)})
		}
	}
	for _, one := range first(s.talk.repairs, c.config.Rows) {
		d.Repairs = append(d.Repairs, repairRow{plugin.Shorten(one.Domain, 60), plugin.Shorten(one.label(), 120), one.Severity, at(one.Created.Time), plugin.Shorten(string(one.Breaks), 20)})
	}
	for _, one := range s.talk.log {
		row := lineRow{Level: one.level(), Source: plugin.Shorten(one.Name, 120), Message: one.text(), Count: one.count()}
		if last := one.Last.Positive(); last != nil && *last < 1e11 {
			row.Last = at(time.Unix(int64(*last), 0).UTC())
		}
		d.Log = append(d.Log, row)
	}
	slices.SortStableFunc(d.Log, func(a, b lineRow) int {
		return cmp.Compare(slices.Index(severities(), b.Level), slices.Index(severities(), a.Level))
	})
	rows := c.config.Rows
	d.Updates, d.Failed, d.Log, d.Exported = first(d.Updates, rows), first(d.Failed, rows), first(d.Log, rows), first(d.Exported, rows)
	return d
}

func first[T any](rows []T, most int) []T { return rows[:min(len(rows), most)] }
