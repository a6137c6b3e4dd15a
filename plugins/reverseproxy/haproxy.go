package reverseproxy

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// Columns of HAProxy's figures that are looked at in more than one place.
const (
	columnProxy  = "pxname"
	columnName   = "svname"
	columnStatus = "status"
)

// haproxyFigures are the lines of HAProxy's figures by the names of the columns,
// which differ from version to version.
type haproxyFigures []haproxyRow

// haproxyRow is one line: a frontend, a backend or a server.
type haproxyRow map[string]string

// readHAProxy asks over the socket, or where a page shows the same.
func (c *collector) readHAProxy(ctx context.Context, at place, s *survey) error {
	switch {
	case at.socket:
		return c.readSocket(ctx, s)
	case at.exposed:
		return c.readExporter(ctx, at, s)
	}
	text, err := c.page(ctx, c.client, at.path)
	if err != nil {
		return explainHAProxy(err)
	}
	rows, err := parseCSV(text)
	if err != nil {
		return fault.Wrap(err, "reading %s", c.client.URL(at.path))
	}
	rows.survey(s)
	s.note("The status page does not tell version, uptime and limits of the whole; the stats socket does.")
	return nil
}

func explainHAProxy(err error) error {
	if e := (*fault.Error)(nil); errors.As(err, &e) && fault.Hint(err) == "" && e.Kind == fault.NotFound {
		return e.WithHint("there is no status page: write stats enable and stats uri /stats in a frontend, and give its address or path here")
	}
	return err
}

func (c *collector) readSocket(ctx context.Context, s *survey) error {
	text, err := c.socket.ask(ctx, "show info")
	if err != nil {
		return err
	}
	info := parseInfo(text)
	if err := isHAProxy(info, c.socket.path, text); err != nil {
		return err
	}
	if text, err = c.socket.ask(ctx, "show stat"); err != nil {
		return err
	}
	rows, err := parseCSV(text)
	if err != nil {
		return fault.Wrap(err, "asking %s for show stat", c.socket.path)
	}
	rows.survey(s)
	s.version = info["Version"]
	s.uptime, s.limit = number(info["Uptime_sec"]), number(info["Maxconn"])
	s.open, s.accepted = number(info["CurrConns"]), number(info["CumConns"])
	s.idle = scaled(number(info["Idle_pct"]), 0.01)
	if info["Stopping"] == "1" {
		s.note("HAProxy is stopping and waits for its last connections.")
	}
	return nil
}

func isHAProxy(info map[string]string, path, text string) error {
	if info["Name"] != "" && info["Version"] != "" {
		return nil
	}
	return fault.New(fault.WrongService, "asking %s for show info: it is not HAProxy that answers: %.60q", path, text).
		WithHint("check the path of the stats socket")
}

// parseInfo reads lines of names and values.
func parseInfo(text string) map[string]string {
	info := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, found := strings.Cut(line, ":"); found {
			info[strings.TrimSpace(name)] = strings.ToValidUTF8(strings.TrimSpace(value), "\ufffd")
		}
	}
	return info
}

// parseCSV reads the figures as the socket and the page tell them. The first line
// begins with # and names the columns.
func parseCSV(text string) (haproxyFigures, error) {
	text, found := strings.CutPrefix(strings.TrimLeft(text, "\r\n "), "#")
	if !found {
		return nil, fault.New(fault.BadAnswer, "it does not begin with the names of columns: %.60q", text).
			WithHint("see what it says: curl 'http://…/stats;csv'")
	}
	reader := csv.NewReader(strings.NewReader(text))
	reader.FieldsPerRecord, reader.LazyQuotes, reader.TrimLeadingSpace = -1, true, true
	names, err := reader.Read()
	if err != nil || len(names) < 3 || names[0] != columnProxy || names[1] != columnName {
		return nil, fault.New(fault.BadAnswer, "the names of columns are not those of HAProxy: %.60q", text)
	}
	var rows haproxyFigures
	for {
		record, err := reader.Read()
		switch {
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil:
			return nil, fault.New(fault.BadAnswer, "line %d of the figures cannot be read", len(rows)+2)
		case len(record) < 2 || record[0] == "" || record[1] == "":
			continue
		}
		row := make(haproxyRow, len(record))
		for i, field := range record[:min(len(record), len(names))] {
			if field != "" {
				row[names[i]] = strings.ToValidUTF8(field, "\ufffd")
			}
		}
		rows = append(rows, row)
	}
}

// survey puts the lines where they belong. A listen section is both frontend and
// backend.
func (rows haproxyFigures) survey(s *survey) {
	for _, row := range rows {
		switch row[columnName] {
		case "FRONTEND":
			row.frontend(s)
		case "BACKEND":
			row.backend(s)
		default:
			if row["type"] == "2" || row["type"] == "" {
				row.server(s)
			}
		}
	}
}

func (row haproxyRow) number(column string) *float64 { return number(row[column]) }

// responses are the answers by class; only those of HTTP have any.
func (row haproxyRow) responses() map[string]float64 {
	var counts map[string]float64
	for _, class := range codeClasses() {
		if n := row.number("hrsp_" + class); n != nil {
			tally(&counts, class, *n)
		}
	}
	return counts
}

func (row haproxyRow) frontend(s *survey) {
	f := s.frontend(short(row[columnProxy]))
	f.mode, f.status = row["mode"], strings.ToLower(row[columnStatus])
	f.requests = row.responses()
	f.received, f.sent = row.number("bin"), row.number("bout")
	f.connections, f.limit = row.number("scur"), row.number("slim")
}

func (row haproxyRow) backend(s *survey) {
	b := s.backend(short(row[columnProxy]))
	b.protocol, b.status = row["mode"], row[columnStatus]
	if b.status != "" {
		up := strings.HasPrefix(b.status, "UP")
		b.up = &up
	}
	b.requests, b.queue = row.responses(), row.number("qcur")
	if sessions := row.number("stot"); sessions != nil && *sessions > 0 && b.requests != nil {
		b.response = scaled(row.number("rtime"), 0.001)
	}
	for kind, column := range map[string]string{"connect": "econ", "response": "eresp", "retry": "wretr", "redispatch": "wredis"} {
		if n := row.number(column); n != nil {
			tally(&b.errors, kind, *n)
		}
	}
}

func (row haproxyRow) server(s *survey) {
	b := s.backend(short(row[columnProxy]))
	b.servers = append(b.servers, &server{
		name: short(row[columnName]), address: row["addr"], says: row[columnStatus], state: haproxyState(row[columnStatus]),
		weight: row.number("weight"), failures: row.number("chkfail"), downtime: row.number("downtime"),
		changed: row.number("lastchg"), sessions: row.number("scur"), check: row.check(),
	})
}

// check is what the latest check of a server said: L4CON (Connection refused).
func (row haproxyRow) check() string {
	text := row["check_status"]
	if code := row["check_code"]; code != "" {
		text += " " + code
	}
	if said := row["last_chk"]; said != "" && said != row["check_status"] {
		text += " (" + said + ")"
	}
	return strings.TrimSpace(text)
}

// haproxyState maps what HAProxy says of a server: "UP 1/3" is up and about to
// go down, "DOWN 1/2" the other way round.
func haproxyState(status string) string {
	word, _, _ := strings.Cut(status, " ")
	switch strings.ToUpper(word) {
	case "UP":
		return stateUp
	case "DOWN":
		return stateDown
	case "MAINT":
		return stateMaint
	case "DRAIN", "NOLB":
		return stateDrain
	default:
		return stateUnchecked // "no check"
	}
}

// number reads a figure; what is not said is nil.
func number(text string) *float64 {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || value < 0 || math.IsNaN(value) || math.IsInf(value, 0) {
		return nil
	}
	return &value
}

func scaled(value *float64, by float64) *float64 {
	if value == nil {
		return nil
	}
	product := *value * by
	return &product
}
