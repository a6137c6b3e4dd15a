package mysql

import (
	"strings"

	"github.com/unity-homelab/unity/plugin/rows"
)

// replication adds what this server replicates from others, and who replicates
// from it.
func (r *run) replication() {
	r.put(r.status, []variable{plain("mysql_replicas_connected", "slaves_connected")})
	answer := r.ask("replica", replicaQuery(r.server))
	if answer == nil {
		return
	}
	for row := range answer.All {
		r.channel(row)
	}
	r.done("replica", answer)
}

// either returns the text of the first column that has one: columns were renamed.
func either(row rows.Row, columns ...string) string {
	for _, column := range columns {
		if text := row.Text(column); text != "" {
			return text
		}
	}
	return ""
}

// channel adds one source that is replicated.
func (r *run) channel(row rows.Row) {
	document := channelRow{
		Channel: either(row, "Channel_Name", "Connection_name"),
		Source:  either(row, "Source_Host", "Master_Host"),
		IO:      either(row, "Replica_IO_Running", "Slave_IO_Running"),
		SQL:     either(row, "Replica_SQL_Running", "Slave_SQL_Running"),
		Error:   shorten(either(row, "Last_SQL_Error", "Last_IO_Error")),
		GTID:    either(row, "Gtid_IO_Pos", "Executed_Gtid_Set"),
	}
	if document.IO == "" && document.SQL == "" {
		return
	}
	channel := or(document.Channel, "default")
	r.out.AddBool("mysql_replica_io_running", strings.EqualFold(document.IO, "yes"), "channel", channel)
	r.out.AddBool("mysql_replica_sql_running", strings.EqualFold(document.SQL, "yes"), "channel", channel)
	for _, column := range []string{"Seconds_Behind_Source", "Seconds_Behind_Master"} {
		if lag, ok := row.Number(column); ok {
			r.out.Add("mysql_replica_lag_seconds", lag, "channel", channel)
			document.Lag = &lag
		}
	}
	r.document.Replication = append(r.document.Replication, document)
}

// schemaName turns the name of a folder into that of a schema: what is no letter
// is written as @ and four digits there.
func schemaName(folder string) string {
	var b strings.Builder
	for rest := folder; rest != ""; {
		if rest[0] == '@' && len(rest) >= 5 {
			if letter, ok := hexadecimal(rest[1:5]); ok {
				b.WriteRune(letter)
				rest = rest[5:]
				continue
			}
		}
		b.WriteByte(rest[0])
		rest = rest[1:]
	}
	return strings.ToValidUTF8(b.String(), "\ufffd")
}

func hexadecimal(digits string) (rune, bool) {
	value := rune(0)
	for _, digit := range []byte(digits) {
		switch {
		case digit >= '0' && digit <= '9':
			value = value<<4 | rune(digit-'0')
		case digit >= 'a' && digit <= 'f':
			value = value<<4 | rune(digit-'a'+10)
		default:
			return 0, false
		}
	}
	return value, true
}
