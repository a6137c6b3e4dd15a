package postgres

import (
	"fmt"

	"github.com/unity-homelab/unity/plugin/rows"
)

// slotStates are the states of what a slot keeps, from good to bad.
func slotStates() []string { return []string{"reserved", "extended", "unreserved", "lost"} }

// replication adds the standbys, the slots, and how far behind a standby is.
func (r *run) replication() {
	if !r.server.readsStats {
		return
	}
	r.document.Replication.Role = r.server.role()
	r.replicas()
	if answer := r.ask("slots", slotsQuery); answer != nil {
		for one := range answer.All {
			r.slot(one)
		}
		r.done("slots", answer)
	}
	if r.server.standby {
		r.standby()
	}
}

func (r *run) replicas() {
	answer := r.ask("replicas", replicasQuery)
	if answer == nil {
		return
	}
	if len(answer.Names) > 0 {
		r.out.Add("postgres_replicas", float64(len(answer.Cells)))
	}
	taken := make(map[string]bool)
	for one := range answer.All {
		name := replicaName(one.Text("name"), one.Text("client"), taken)
		document := replicaRow{
			Name: name, Client: one.Text("client"), State: one.Text("state"), Sync: one.Text("sync_state"),
			LagBytes: one.Optional("replay_bytes"),
		}
		for _, stage := range []string{"write", "flush", "replay"} {
			bytes, known := one.Number(stage + "_bytes")
			if known {
				r.out.Add("postgres_replication_lag_bytes", max(0, bytes), "replica", name, "stage", stage)
			}
			seconds, measured := one.Number(stage + "_seconds")
			if !measured && known && bytes <= 0 {
				seconds, measured = 0, true // caught up, and nothing is written at the moment
			}
			if measured {
				r.out.Add("postgres_replication_lag_seconds", seconds, "replica", name, "stage", stage)
				if stage == "replay" {
					document.LagSeconds = &seconds
				}
			}
		}
		r.document.Replication.Replicas = append(r.document.Replication.Replicas, document)
	}
	r.done("replicas", answer)
}

// replicaName tells standbys apart: by their name, then by their address, and at
// last by a number.
func replicaName(name, client string, taken map[string]bool) string {
	if name == "" {
		name = client
	}
	unique := name
	for i := 2; taken[unique]; i++ {
		if i == 2 {
			unique = name + "@" + client
			continue
		}
		unique = fmt.Sprintf("%s@%s#%d", name, client, i-1)
	}
	taken[unique] = true
	return unique
}

func (r *run) slot(one rows.Row) {
	name, status := one.Text("slot_name"), one.Text("wal_status")
	if name == "" {
		return
	}
	document := slotRow{
		Name: name, Type: one.Text("slot_type"), DB: one.Text("database"), Active: one.Flag("active"),
		Status: status, InactiveSince: one.Text("inactive_since"), Invalid: one.Text("invalidation_reason"),
	}
	r.out.AddBool("postgres_replication_slot_active", document.Active, "slot", name)
	if retained, ok := one.Number("retained"); ok {
		retained = max(0, retained)
		r.out.Add("postgres_replication_slot_retained_bytes", retained, "slot", name)
		document.Retained = &retained
	}
	if status != "" {
		r.out.AddState("postgres_replication_slot_wal_status", status, slotStates(), "slot", name)
	}
	r.document.Replication.Slots = append(r.document.Replication.Slots, document)
}

// standby adds how far behind this server is.
func (r *run) standby() {
	answer := r.ask("standby", standbyQuery)
	if answer == nil {
		return
	}
	one := answer.One()
	streaming := one.Text("status") == "streaming"
	lag, known := one.Number("age")
	if streaming && one.Flag("caught_up") {
		lag, known = 0, true
	}
	if known {
		lag = max(0, lag)
		r.out.Add("postgres_standby_lag_seconds", lag)
		r.document.Replication.Lag = &lag
	}
	r.document.Replication.Receiver = first(one.Text("status"), "not connected")
	r.out.AddBool("postgres_wal_receiver_streaming", streaming)
	r.done("standby", answer)
}
