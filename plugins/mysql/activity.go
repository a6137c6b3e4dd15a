package mysql

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/rows"
)

// maxCommands bounds how many words for what processes do are remembered; the
// servers have some thirty.
const maxCommands = 60

// processes counts what connections do and lists those that work longest.
func (r *run) processes() {
	view := processesOf(r.server, r.variables)
	answer := r.ask("commands", commandsQuery(view))
	if answer == nil {
		return
	}
	counts, longest := make(map[string]float64), 0.0
	for row := range answer.All {
		command := strings.ToLower(strings.ReplaceAll(row.Text("command"), " ", "_"))
		if command == "" || len(r.commands) >= maxCommands && !r.commands[command] {
			continue
		}
		counts[command] += row.Or("processes", 0)
		r.commands[command] = true
		longest = max(longest, row.Or("longest", 0))
	}
	r.done("commands", answer)
	if !answer.Bad() && len(answer.Names) > 1 {
		for _, command := range slices.Sorted(maps.Keys(r.commands)) {
			r.out.Add("mysql_processes", counts[command], "command", command)
		}
		r.out.Add("mysql_longest_query_seconds", longest)
	}
	list := r.ask("processes", processesQuery(view))
	if list == nil {
		return
	}
	for row := range list.All {
		r.document.Processes = append(r.document.Processes, processRow{
			ID: row.Text("id"), User: row.Text("user"), Client: row.Text("client"), DB: row.Text("db"), Command: row.Text("command"),
			Seconds: row.Optional("seconds"), State: row.Text("state"), Query: r.query(row.Text("query")),
		})
	}
	r.done("processes", list)
}

// binlog adds up the binary log.
func (r *run) binlog() {
	answer := r.ask("binary logs", binlogQuery)
	if answer == nil {
		return
	}
	size := 0.0
	for row := range answer.All {
		size += row.Or("File_size", 0)
	}
	r.done("binary logs", answer)
	if answer.Bad() || len(answer.Cells) == 0 {
		return
	}
	files := float64(len(answer.Cells))
	r.out.Add("mysql_binlog_files", files)
	r.out.Add("mysql_binlog_size_bytes", size)
	last := rows.New(answer.Names)
	last.Append(answer.Cells[len(answer.Cells)-1])
	r.document.Binlog = &binlogDocument{
		Files: files, Size: size, Current: last.One().Text("Log_name"), Position: last.One().Optional("File_size"),
	}
}

// storage adds up schemas and lists tables, asking again when it is time.
func (r *run) storage(now time.Time) {
	if !now.Before(r.sizes.next) && r.broken == nil {
		r.sizes = slow{next: now.Add(slowEvery)}
		if r.config.CollectSizes {
			r.askSchemas()
		}
		if r.config.CollectTables {
			r.askTables()
		}
	}
	for _, s := range r.sizes.schemas {
		for metric, value := range map[string]*float64{
			"mysql_schema_data_bytes": s.Data, "mysql_schema_index_bytes": s.Indexes, "mysql_schema_free_bytes": s.Free, "mysql_schema_tables": s.Tables,
		} {
			if value != nil {
				r.out.Add(metric, *value, "schema", s.Name)
			}
		}
	}
	r.document.Schemas, r.document.Tables = append(r.document.Schemas, r.sizes.schemas...), r.sizes.tables
	for _, problem := range r.sizes.problems {
		r.out.Problem(problem)
	}
}

// slowly asks a question whose problem stands as long as its answer.
func (r *run) slowly(name, query string) *rows.Table {
	answer, err := r.try(name, query)
	if err != nil && r.broken == nil {
		r.sizes.problems = append(r.sizes.problems, fault.Partly(err))
	}
	return answer
}

// askSchemas takes the sizes of the schemas whose tables the user may see, and of
// the others the sizes of their files.
func (r *run) askSchemas() {
	seen := make(map[string]bool)
	if answer := r.slowly("schemas", schemasQuery); answer != nil {
		for row := range answer.All {
			s := schemaRow{
				Name: row.Text("name"), Data: row.Optional("data"), Indexes: row.Optional("indexes"), Free: row.Optional("free"),
				Tables: row.Optional("tables"), Source: "tables",
			}
			seen[s.Name] = true
			r.sizes.schemas = append(r.sizes.schemas, s)
		}
		if problem := answer.Problem("schemas"); problem != nil {
			r.sizes.problems = append(r.sizes.problems, problem)
		}
	}
	if r.hidden {
		return
	}
	answer, err := r.try("tablespaces", tablespacesQuery(r.server.mariadb))
	if err != nil {
		if fault.Of(err) != fault.Unsupported && r.broken == nil { // it has another name in some versions
			r.sizes.problems = append(r.sizes.problems, fault.Partly(err))
		}
		return
	}
	for row := range answer.All {
		s := schemaRow{Name: schemaName(row.Text("name")), Data: row.Optional("data"), Tables: row.Optional("tables"), Source: "files"}
		if s.Name != "" && !seen[s.Name] {
			seen[s.Name] = true
			r.sizes.schemas = append(r.sizes.schemas, s)
		}
	}
	slices.SortFunc(r.sizes.schemas, func(a, b schemaRow) int { return cmp.Compare(a.Name, b.Name) })
	if problem := answer.Problem("tablespaces"); problem != nil {
		r.sizes.problems = append(r.sizes.problems, problem)
	}
}

func (r *run) askTables() {
	answer := r.slowly("tables", tablesQuery(r.config.MaxTables))
	if answer == nil {
		return
	}
	for row := range answer.All {
		r.sizes.tables = append(r.sizes.tables, tableRow{
			DB: row.Text("db"), Table: row.Text("name"), Engine: row.Text("engine"), Data: row.Optional("data"),
			Indexes: row.Optional("indexes"), Free: row.Optional("free"), Rows: row.Optional("live"),
		})
	}
	if problem := answer.Problem("tables"); problem != nil {
		r.sizes.problems = append(r.sizes.problems, problem)
	}
}

// digests lists the kinds of query that took most time.
func (r *run) digests() {
	answer := r.ask("digests", digestsQuery)
	if answer == nil {
		return
	}
	for row := range answer.All {
		r.document.Digests = append(r.document.Digests, digestRow{
			DB: row.Text("db"), Query: r.query(row.Text("query")), Calls: row.Optional("calls"), Seconds: row.Optional("seconds"),
			Mean: row.Optional("mean"), Sent: row.Optional("sent"), Examined: row.Optional("examined"),
		})
	}
	r.done("digests", answer)
}

// users lists what each user did.
func (r *run) users() {
	answer := r.ask("users", usersQuery)
	if answer == nil {
		return
	}
	for row := range answer.All {
		r.document.Users = append(r.document.Users, userRow{
			User: row.Text("User"), Connections: row.Optional("Total_connections"), Busy: row.Optional("Busy_time"),
			RowsSent: row.Optional("Rows_sent"), Denied: row.Optional("Access_denied"),
		})
	}
	r.done("users", answer)
}
