package smart

import (
	"slices"
	"time"
)

// document is what a person wants to see.
type document struct {
	Summary    summary        `json:"summary"`
	Disks      []diskRow      `json:"disks"`
	Attributes []attributeRow `json:"attributes,omitempty"`
	SelfTests  []selfTestRow  `json:"self_tests,omitempty"`
}

type summary struct {
	Total   int `json:"total"`
	Healthy int `json:"healthy"`
	Warning int `json:"warning"`
	Failing int `json:"failing"`
	Unknown int `json:"unknown"`
	Standby int `json:"standby"`
}

type diskRow struct {
	ID           string     `json:"id"`
	Path         string     `json:"path"`
	Type         string     `json:"type,omitempty"`
	Kind         string     `json:"kind,omitempty"`
	Model        string     `json:"model,omitempty"`
	Family       string     `json:"family,omitempty"`
	Serial       string     `json:"serial,omitempty"`
	Firmware     string     `json:"firmware,omitempty"`
	WWN          string     `json:"wwn,omitempty"`
	Size         *float64   `json:"size,omitempty"`
	RPM          *float64   `json:"rotation_rpm,omitempty"`
	Interface    string     `json:"interface,omitempty"`
	Health       string     `json:"health"` // passed, failed or unknown: what the drive says
	Status       string     `json:"status"` // what Unity makes of it
	Warnings     []string   `json:"warnings"`
	Temperature  *float64   `json:"temperature,omitempty"`
	PowerOn      *float64   `json:"power_on_seconds,omitempty"`
	PowerCycles  *float64   `json:"power_cycles,omitempty"`
	LifeUsed     *float64   `json:"life_used,omitempty"`
	Spare        *float64   `json:"spare,omitempty"`
	WrittenBytes *float64   `json:"written_bytes,omitempty"`
	Errors       *float64   `json:"errors,omitempty"` // entries of its log
	LastRead     *time.Time `json:"last_read,omitempty"`
	Standby      bool       `json:"standby"`
	Note         string     `json:"note,omitempty"`
}

type attributeRow struct {
	Disk      string   `json:"disk"`
	ID        int      `json:"id"`
	Name      string   `json:"name"`
	Value     *float64 `json:"value,omitempty"`
	Worst     *float64 `json:"worst,omitempty"`
	Threshold *float64 `json:"threshold,omitempty"`
	Raw       string   `json:"raw,omitempty"`
	State     string   `json:"state"` // ok, failing, or warning: it was failing once
}

type selfTestRow struct {
	Disk   string   `json:"disk"`
	Kind   string   `json:"kind"`
	Status string   `json:"status"` // passed, failed or unknown
	Result string   `json:"result"`
	At     *float64 `json:"power_on_seconds,omitempty"`
}

const (
	wordPassed = "passed"
	wordFailed = "failed"
)

func (c *collector) document(readings []*reading, hidden []string) document {
	doc := document{Disks: make([]diskRow, 0, len(readings)+len(hidden))}
	for _, r := range readings {
		doc.Disks = append(doc.Disks, r.row())
		if c.config.Attributes {
			for _, a := range r.Attributes {
				doc.Attributes = append(doc.Attributes, a.row(r.ID))
			}
		}
		for _, t := range r.SelfTests {
			doc.SelfTests = append(doc.SelfTests, selfTestRow{
				Disk: r.ID, Kind: t.Kind, Status: passed(t.Passed), Result: t.Result, At: scaled(t.Hours, hourSeconds),
			})
		}
	}
	for _, name := range hidden {
		d := &disk{Path: name}
		d.ID = d.id()
		r := &reading{
			disk: d, verdict: verdictUnknown,
			note: "smartctl does not list it; behind a USB bridge that it does not know, name it in devices with a type",
		}
		doc.Disks = append(doc.Disks, r.row())
	}
	slices.SortStableFunc(doc.Disks, func(a, b diskRow) int {
		return slices.Index(worstFirst(), a.Status) - slices.Index(worstFirst(), b.Status)
	})
	for _, row := range doc.Disks {
		doc.Summary.count(row)
	}
	return doc
}

func worstFirst() []string {
	return []string{verdictFailing, verdictWarning, verdictOK, verdictUnknown}
}

func (s *summary) count(row diskRow) {
	s.Total++
	switch row.Status {
	case verdictOK:
		s.Healthy++
	case verdictWarning:
		s.Warning++
	case verdictFailing:
		s.Failing++
	default:
		s.Unknown++
	}
	if row.Standby {
		s.Standby++
	}
}

func (r *reading) row() diskRow {
	row := diskRow{
		ID: r.ID, Path: r.Path, Type: r.Type, Kind: r.Kind, Model: r.Model, Family: r.Family, Serial: r.Serial,
		Firmware: r.Firmware, WWN: r.WWN, Size: r.Size, RPM: r.RPM, Interface: r.Interface,
		Health: passed(r.Passed), Status: r.verdict, Warnings: append([]string{}, r.warnings...),
		Temperature: r.Temperature, PowerOn: r.PowerOnSeconds, PowerCycles: r.PowerCycles, LifeUsed: r.LifeUsed,
		Spare: r.Spare, WrittenBytes: r.WrittenBytes, Errors: r.ErrorLog, Standby: r.asleep, Note: r.note,
	}
	if !r.ReadAt.IsZero() {
		row.LastRead = &r.ReadAt
	}
	return row
}

func (a attribute) row(id string) attributeRow {
	row := attributeRow{
		Disk: id, ID: a.ID, Name: a.title(), Value: a.Value, Worst: a.Worst, Threshold: a.Threshold, Raw: a.Raw.Text,
		State: verdictOK,
	}
	switch {
	case a.WhenFailed == "now" && a.Flags.PreFailure:
		row.State = verdictFailing
	case a.WhenFailed != "":
		row.State = verdictWarning
	}
	return row
}

// passed is a result in a word.
func passed(result *bool) string {
	switch {
	case result == nil:
		return verdictUnknown
	case *result:
		return wordPassed
	default:
		return wordFailed
	}
}
