package postgres

import (
	"cmp"
	"slices"
	"strings"
)

// connectionStates are the words for the states of a session, as the metric has
// them, those that every database has first.
func connectionState(state string) string {
	switch state {
	case "idle in transaction":
		return "idle_in_transaction"
	case "idle in transaction (aborted)":
		return "aborted"
	case "fastpath function call":
		return "fastpath"
	default:
		return state
	}
}

func usualStates() []string { return []string{"active", "idle", "idle_in_transaction", "aborted"} }

// sessionsOf is what the sessions of one database do.
type sessionsOf struct {
	states                   map[string]float64
	transaction, query, idle float64
}

// activity counts the sessions.
func (r *run) activity() {
	if !r.server.readsStats {
		return // the states of others are hidden; counting the rest would be wrong
	}
	answer := r.ask("activity", activityQuery)
	if answer == nil {
		return
	}
	clients, waiting, workers := 1.0, 0.0, 0.0 // Unity's own connection is not in the answer
	r.document.Connections.States = make(map[string]float64)
	databases := make(map[string]*sessionsOf)
	for one := range answer.All {
		count := one.Or("backends", 0)
		waiting += one.Or("waiting", 0)
		switch one.Text("backend_type") {
		case "client backend":
		case "autovacuum worker":
			workers += count
			continue
		default:
			continue
		}
		clients += count
		db, state := one.Text("db"), connectionState(one.Text("state"))
		if state == "" || !r.watches(db) {
			continue
		}
		of := databases[db]
		if of == nil {
			of = &sessionsOf{states: make(map[string]float64)}
			databases[db] = of
		}
		of.states[state] += count
		r.document.Connections.States[state] += count
		of.transaction = max(of.transaction, one.Or("transaction", 0))
		of.query = max(of.query, one.Or("query", 0))
		of.idle = max(of.idle, one.Or("idle", 0))
	}
	r.done("activity", answer)
	if answer.Bad() || len(answer.Names) == 0 {
		return
	}
	r.document.sessions = databases
	r.out.Add("postgres_connections_waiting_on_lock", waiting)
	r.out.Add("postgres_autovacuum_workers", workers)
	r.capacity(clients)
	r.longest()
}

// capacity compares the connections with those that ordinary users may have.
func (r *run) capacity(clients float64) {
	most, ok := r.server.setting("max_connections")
	if !ok {
		return
	}
	for _, name := range []string{"superuser_reserved_connections", "reserved_connections"} {
		if reserved, ok := r.server.setting(name); ok {
			most -= reserved
		}
	}
	if most <= 0 {
		return
	}
	r.out.Add("postgres_connections_max", most)
	r.out.Add("postgres_connections_usage_ratio", clients/most)
	r.document.Connections.Max, r.document.Connections.Used = &most, &clients
}

// longest lists what runs for longest.
func (r *run) longest() {
	answer := r.ask("sessions", sessionsQuery)
	if answer == nil {
		return
	}
	for one := range answer.All {
		r.document.Activity = append(r.document.Activity, sessionRow{
			PID: one.Or("pid", 0), DB: one.Text("db"), User: one.Text("username"), Application: one.Text("application"),
			Client: one.Text("client"), State: one.Text("state"), Wait: one.Text("wait"), Seconds: one.Optional("seconds"),
			Query: r.query(one.Text("query")),
		})
	}
	r.done("sessions", answer)
}

// connections adds the samples of the sessions of a database.
func (r *run) connections(db string) {
	if r.document.sessions == nil {
		return
	}
	of := r.document.sessions[db]
	if of == nil {
		of = new(sessionsOf)
	}
	states := usualStates()
	for state := range of.states {
		if !slices.Contains(states, state) {
			states = append(states, state)
		}
	}
	slices.Sort(states)
	for _, state := range states {
		r.out.Add("postgres_connections", of.states[state], "db", db, "state", state)
	}
	r.out.Add("postgres_longest_transaction_seconds", max(0, of.transaction), "db", db)
	r.out.Add("postgres_longest_query_seconds", max(0, of.query), "db", db)
	r.out.Add("postgres_longest_idle_in_transaction_seconds", max(0, of.idle), "db", db)
}

// lockKey is a kind of lock in a database.
type lockKey struct {
	db, mode string
	granted  bool
}

// lockMode is AccessShareLock as a label: access_share.
func lockMode(mode string) string {
	var b strings.Builder
	for i, letter := range strings.TrimSuffix(mode, "Lock") {
		if i > 0 && letter >= 'A' && letter <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(letter)
	}
	return strings.ToLower(b.String())
}

// locks counts the locks and lists who waits for whom.
func (r *run) locks() {
	answer := r.ask("locks", locksQuery)
	if answer != nil {
		counts, all := make(map[lockKey]float64), 0.0
		for one := range answer.All {
			count := one.Or("locks", 0)
			all += count
			key := lockKey{one.Text("db"), lockMode(one.Text("mode")), one.Flag("granted")}
			if key.db == "" || r.watches(key.db) {
				counts[key] += count
				r.locksSeen[key] = true
			}
		}
		r.done("locks", answer)
		if !answer.Bad() && len(answer.Names) > 0 {
			r.countLocks(counts, all)
		}
	}
	blocked := r.ask("blocked", blockedQuery(r.server.version))
	if blocked == nil || len(blocked.Names) == 0 || !r.server.readsStats {
		return
	}
	r.out.Add("postgres_blocked_backends", blocked.One().Or("sessions", 0))
	for one := range blocked.All {
		r.document.Blocking = append(r.document.Blocking, blockedRow{
			PID: one.Or("pid", 0), Blockers: strings.Fields(one.Text("blockers")), DB: one.Text("db"), User: one.Text("username"),
			Seconds: one.Optional("seconds"), Query: r.query(one.Text("query")),
		})
	}
	r.done("blocked", blocked)
}

// maxLockSeries bounds what databases that come and go leave behind.
const maxLockSeries = 1000

// countLocks adds the samples. A kind of lock that was seen once is 0 when it is
// gone, and not absent.
func (r *run) countLocks(counts map[lockKey]float64, all float64) {
	if len(r.locksSeen) > maxLockSeries {
		clear(r.locksSeen)
		for key := range counts {
			r.locksSeen[key] = true
		}
	}
	seen := make([]lockKey, 0, len(r.locksSeen))
	for key := range r.locksSeen {
		seen = append(seen, key)
	}
	slices.SortFunc(seen, func(a, b lockKey) int { return cmp.Or(cmp.Compare(a.db, b.db), cmp.Compare(a.mode, b.mode)) })
	for _, key := range seen {
		granted := "false"
		if key.granted {
			granted = "true"
		}
		labels := []string{"mode", key.mode, "granted", granted}
		if key.db != "" { // locks on transactions belong to no database
			labels = append(labels, "db", key.db)
		}
		r.out.Add("postgres_locks", counts[key], labels...)
	}
	per, ok := r.server.setting("max_locks_per_transaction")
	connections, too := r.server.setting("max_connections")
	prepared, _ := r.server.setting("max_prepared_transactions")
	if ok && too && per*(connections+prepared) > 0 {
		r.out.Add("postgres_locks_usage_ratio", all/(per*(connections+prepared)))
	}
}
