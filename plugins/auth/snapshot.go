package auth

import (
	"cmp"
	"slices"
	"strings"
)

// topRows is how many addresses and users are listed.
const topRows = 20

// document is the snapshot.
type document struct {
	Summary    summary    `json:"summary"`
	Read       string     `json:"read_from"`
	BySource   []failRow  `json:"failed_by_source"`
	ByUser     []failRow  `json:"failed_by_user"`
	Suspicious []failRow  `json:"suspicious"`
	Logins     []loginRow `json:"recent_logins"`
	Failures   []loginRow `json:"recent_failures"`
	Sudo       []sudoRow  `json:"sudo"`
	Fail2ban   *fail2ban  `json:"fail2ban,omitempty"`
}

// summary is of the window.
type summary struct {
	Failures   int64 `json:"failures"`
	Successes  int64 `json:"successes"`
	Sources    int   `json:"sources"`
	Users      int   `json:"users"`
	Suspicious int   `json:"suspicious"`
	Banned     int64 `json:"banned"`
}

// failRow is who failed within the window.
type failRow struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

func (p *pass) document() document {
	sources, users := p.failed()
	d := document{
		Read: p.read, BySource: rank(sources), ByUser: rank(users), Suspicious: []failRow{},
		Logins: nonNil(p.recent.Logins), Failures: nonNil(p.recent.Failures), Sudo: nonNil(p.recent.Sudo),
	}
	d.Summary.Sources, d.Summary.Users = len(sources), len(users)
	for _, n := range p.ledger.within(func(s slot) map[string]int64 { return s.Failures }) {
		d.Summary.Failures += n
	}
	for _, n := range p.ledger.within(func(s slot) map[string]int64 { return s.Successes }) {
		d.Summary.Successes += n
	}
	for _, source := range p.suspicious(sources, p.trusted) {
		d.Suspicious = append(d.Suspicious, failRow{source, sources[source]})
	}
	for _, user := range p.suspicious(users, func(string) bool { return false }) {
		d.Suspicious = append(d.Suspicious, failRow{user, users[user]})
	}
	d.Summary.Suspicious = len(d.Suspicious)
	d.Suspicious = d.Suspicious[:min(len(d.Suspicious), topRows)]
	return d
}

func rank(counts map[string]int64) []failRow {
	rows := make([]failRow, 0, len(counts))
	for name, n := range counts {
		rows = append(rows, failRow{name, n})
	}
	slices.SortFunc(rows, func(a, b failRow) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Name, b.Name))
	})
	return rows[:min(len(rows), topRows)]
}

// nonNil is a list that is shown as empty and not as nothing.
func nonNil[T any](rows []T) []T {
	if rows == nil {
		return []T{}
	}
	return rows
}
