package mysql

import (
	"github.com/unity-homelab/unity/fault"
)

const milliseconds = 1e-3

// transactions counts the transactions of InnoDB. It is also how a missing right
// PROCESS shows, without which processes of others would silently be left out.
func (r *run) transactions() {
	answer, err := r.try("transactions", transactionsQuery)
	if r.broken != nil {
		return
	}
	if err != nil {
		r.hidden = fault.Of(err) == fault.Permission
		if r.hidden {
			err = fault.New(fault.Permission, "the user lacks the right PROCESS: connections of others and what InnoDB does stay hidden").WithHint("%s", fault.Hint(err))
		}
		r.out.Problem(fault.Partly(err))
		return
	}
	if r.config.CollectInnoDB && len(answer.Cells) > 0 {
		one := answer.One()
		if count, ok := one.Number("transactions"); ok {
			r.out.Add("mysql_innodb_transactions", count)
			r.out.Add("mysql_innodb_longest_transaction_seconds", max(0, one.Or("longest", 0)))
		}
	}
	r.done("transactions", answer)
}

// innodb adds what InnoDB says.
func (r *run) innodb() {
	r.put(r.status, innodbVariables())
	r.bufferPool()
	r.redo()
	if r.hidden {
		return
	}
	counters := r.innodbMetrics()
	if deadlocks, ok := r.status.number("innodb_deadlocks"); ok {
		r.out.Add("mysql_innodb_deadlocks_total", deadlocks)
	} else if deadlocks, ok := counters["lock_deadlocks"]; ok {
		r.out.Add("mysql_innodb_deadlocks_total", deadlocks)
	}
	if length, ok := r.status.number("innodb_history_list_length"); ok {
		r.history(length)
	} else if length, ok := counters["trx_rseg_history_len"]; ok {
		r.history(length)
	}
	for op, names := range map[string][2]string{
		"read": {"innodb_rows_read", "dml_reads"}, "inserted": {"innodb_rows_inserted", "dml_inserts"},
		"updated": {"innodb_rows_updated", "dml_updates"}, "deleted": {"innodb_rows_deleted", "dml_deletes"},
	} {
		if rows, ok := r.status.number(names[0]); ok {
			r.out.Add("mysql_innodb_rows_total", rows, "op", op)
		} else if rows, ok := counters[names[1]]; ok {
			r.out.Add("mysql_innodb_rows_total", rows, "op", op)
		}
	}
}

func (r *run) history(length float64) {
	r.out.Add("mysql_innodb_history_list_length", length)
	r.document.InnoDB.History = &length
}

// innodbMetrics are counters that not every server has among its status
// variables. Those that are switched off stand still, and are left out.
func (r *run) innodbMetrics() map[string]float64 {
	counters := make(map[string]float64)
	answer := r.ask("innodb metrics", innodbMetricsQuery)
	if answer == nil {
		return counters
	}
	// The names of the columns are in upper or lower case, by version.
	for row := range answer.All {
		name, status := row.Text("NAME")+row.Text("name"), row.Text("STATUS")+row.Text("status")
		if status == "disabled" || row.Text("ENABLED")+row.Text("enabled") == "0" {
			continue
		}
		for _, column := range []string{"COUNT", "count"} {
			if value, ok := row.Number(column); ok {
				counters[name] = value
			}
		}
	}
	r.done("innodb metrics", answer)
	return counters
}

func innodbVariables() []variable {
	return []variable{
		plain("mysql_innodb_buffer_pool_read_requests_total", "innodb_buffer_pool_read_requests"),
		plain("mysql_innodb_buffer_pool_reads_total", "innodb_buffer_pool_reads"),
		plain("mysql_innodb_buffer_pool_wait_free_total", "innodb_buffer_pool_wait_free"),
		plain("mysql_innodb_data_read_bytes_total", "innodb_data_read"),
		plain("mysql_innodb_data_written_bytes_total", "innodb_data_written"),
		plain("mysql_innodb_data_reads_total", "innodb_data_reads"),
		plain("mysql_innodb_data_writes_total", "innodb_data_writes"),
		plain("mysql_innodb_data_fsyncs_total", "innodb_data_fsyncs"),
		plain("mysql_innodb_log_written_bytes_total", "innodb_os_log_written"),
		plain("mysql_innodb_log_waits_total", "innodb_log_waits"),
		plain("mysql_innodb_row_lock_waits_total", "innodb_row_lock_waits"),
		{"mysql_innodb_row_lock_time_seconds_total", "innodb_row_lock_time", milliseconds, nil},
		plain("mysql_innodb_row_lock_current_waits", "innodb_row_lock_current_waits"),
	}
}

// bufferPool adds what fills the buffer pool.
func (r *run) bufferPool() {
	page, ok := r.status.first("innodb_page_size")
	if !ok {
		return
	}
	for state, name := range map[string]string{
		"data": "innodb_buffer_pool_pages_data", "dirty": "innodb_buffer_pool_pages_dirty", "free": "innodb_buffer_pool_pages_free",
		"misc": "innodb_buffer_pool_pages_misc", "total": "innodb_buffer_pool_pages_total",
	} {
		// MySQL has had misc below zero while pages move.
		if pages, ok := r.status.number(name); ok && pages >= 0 && pages < 1e15 {
			r.out.Add("mysql_innodb_buffer_pool_bytes", pages*page, "state", state)
		}
	}
	requests, ok := r.status.number("innodb_buffer_pool_read_requests")
	reads, also := r.status.number("innodb_buffer_pool_reads")
	if !ok || !also || reads > requests {
		return
	}
	if ratio, ok := r.rates.Ratio("buffer pool", requests-reads, requests); ok {
		r.out.Add("mysql_innodb_buffer_pool_hit_ratio", ratio)
		r.document.InnoDB.HitRatio = &ratio
	}
}

// redo adds how full the redo log is.
func (r *run) redo() {
	age, ok := r.status.number("innodb_checkpoint_age")
	most, limited := r.status.first("innodb_checkpoint_max_age", "innodb_redo_log_capacity_resized")
	if !ok {
		current, known := r.status.number("innodb_redo_log_current_lsn")
		checkpoint, too := r.status.number("innodb_redo_log_checkpoint_lsn")
		age, ok = current-checkpoint, known && too && current >= checkpoint
	}
	if !ok {
		return
	}
	r.out.Add("mysql_innodb_checkpoint_age_bytes", age)
	r.document.InnoDB.CheckpointAge = &age
	if limited && most > 0 {
		usage := age / most
		r.out.Add("mysql_innodb_redo_usage_ratio", usage)
		r.document.InnoDB.RedoUsage = &usage
	}
}
