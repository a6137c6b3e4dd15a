package sqlite

import (
	"github.com/unity-homelab/unity/plugin"
)

// emit makes samples of what a run learned.
func (c *collector) emit(databases []*database, out *plugin.Batch) {
	var size, broken int64
	for _, d := range databases {
		size += d.size + max(0, d.wal) + max(0, d.journal)
		labels := []string{"database", d.label}
		if d.app != "" {
			labels = append(labels, "app", d.app)
		}
		if !d.readable() {
			broken++
		}
		out.AddBool("sqlite_readable", d.readable(), labels...)
		if d.there {
			d.emitFiles(out, labels)
		}
		if d.head != nil {
			d.emitHeader(out, labels)
		}
		d.emitOpened(out, labels)
		if c.config.Mode == modeOpen {
			out.Add("sqlite_locked_total", float64(c.locked[d.path]), labels...)
		}
	}
	out.Add("sqlite_databases", float64(len(databases)))
	out.Add("sqlite_databases_failed", float64(broken))
	out.Add("sqlite_total_size_bytes", float64(size))
}

// readable reports whether the file is there, is a database and could be read,
// or could be but for something that passes.
func (d *database) readable() bool {
	return d.there && d.err == nil
}

func (d *database) emitFiles(out *plugin.Batch, labels []string) {
	out.Add("sqlite_file_size_bytes", float64(d.size), labels...)
	out.Add("sqlite_wal_size_bytes", float64(max(0, d.wal)), labels...)
	out.Add("sqlite_journal_size_bytes", float64(max(0, d.journal)), labels...)
	out.AddBool("sqlite_hot_journal", d.hot, labels...)
	out.Add("sqlite_last_modified_timestamp_seconds", float64(d.modified.UnixMilli())/1e3, labels...)
}

// current is the newest that is known of the numbers in the header.
func (d *database) current() header {
	head := *d.head
	if d.opened != nil && !d.old {
		seen := d.opened.head
		head.pageSize, head.pages, head.freePages = seen.pageSize, seen.pages, seen.freePages
		head.wal, head.autoVacuum, head.encoding = seen.wal, seen.autoVacuum, seen.encoding
		head.userVersion, head.schema, head.applicationID = seen.userVersion, seen.schema, seen.applicationID
	}
	return head
}

func (d *database) emitHeader(out *plugin.Batch, labels []string) {
	head := d.current()
	if head.pageSize == 0 {
		return // an empty file says nothing of itself
	}
	out.Add("sqlite_page_size_bytes", float64(head.pageSize), labels...)
	out.Add("sqlite_page_count", float64(head.pages), labels...)
	out.Add("sqlite_freelist_pages", float64(head.freePages), labels...)
	out.Add("sqlite_free_bytes", float64(head.freePages*head.pageSize), labels...)
	if head.pages > 0 {
		out.Add("sqlite_free_ratio", float64(head.freePages)/float64(head.pages), labels...)
	}
	out.AddBool("sqlite_wal_mode", head.wal, labels...)
	out.AddBool("sqlite_auto_vacuum", head.autoVacuum, labels...)
	out.Add("sqlite_user_version", float64(head.userVersion), labels...)
	out.Add("sqlite_schema_version", float64(head.schema), labels...)
	if !head.wal && !d.held {
		out.Add("sqlite_change_counter_total", float64(head.changes), labels...)
	}
}

func (d *database) emitOpened(out *plugin.Batch, labels []string) {
	if o := d.opened; o != nil {
		out.Add("sqlite_tables", float64(o.tables), labels...)
		out.Add("sqlite_indexes", float64(o.indexes), labels...)
		if !d.old {
			out.Add("sqlite_open_seconds", o.took.Seconds(), labels...)
		}
	}
	if d.result == nil {
		return
	}
	if i := d.result.integrity; i != nil {
		out.AddBool("sqlite_integrity_ok", i.OK, labels...)
		out.Add("sqlite_integrity_errors", float64(len(i.Errors)), labels...)
		out.Add("sqlite_integrity_last_check_timestamp_seconds", float64(i.At.UnixMilli())/1e3, labels...)
		out.Add("sqlite_integrity_duration_seconds", i.Seconds, labels...)
	}
	if s := d.result.tables; s != nil {
		for _, row := range s.tables {
			of := append(labels[:len(labels):len(labels)], "table", row.Name)
			out.Add("sqlite_table_size_bytes", float64(row.Size), of...)
			out.Add("sqlite_table_unused_bytes", float64(row.Unused), of...)
			if row.Rows != nil {
				out.Add("sqlite_table_rows", float64(*row.Rows), of...)
			}
		}
	}
}
