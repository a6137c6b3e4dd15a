package mysql

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/delta"
	"github.com/unity-homelab/unity/plugin/rows"
)

// slowEvery is how long figures stand that are costly for the server.
const slowEvery = 10 * time.Minute

// The oldest versions: what comes before lacks much of what is asked for.
const (
	oldestMySQL   = 5_07_00
	oldestMariaDB = 10_03_00
)

// collector watches one server.
type collector struct {
	config  config
	host    plugin.Host
	session *session

	rates    delta.Tracker[string]
	commands map[string]bool // that processes had
	sizes    slow
}

// slow is what is asked for seldom.
type slow struct {
	schemas  []schemaRow
	tables   []tableRow
	problems []error
	next     time.Time
}

var _ interface {
	plugin.Collector
	plugin.Checker
} = (*collector)(nil)

// server is what the server says of itself.
type server struct {
	version int // 10_11_14
	name    string
	mariadb bool
	comment string
}

func (s server) flavor() string {
	switch {
	case s.mariadb:
		return "MariaDB"
	case strings.Contains(strings.ToLower(s.comment), "percona"):
		return "Percona"
	default:
		return "MySQL"
	}
}

// run is one collection.
type run struct {
	*collector
	ctx       context.Context //nolint:containedctx // it lives as long as the collection
	out       *plugin.Batch
	server    server
	status    values
	variables values
	document  document
	broken    error // the connection ended in the middle
	hidden    bool  // the right PROCESS is missing
}

// Check tells whether the server answers, and with the rights that are needed.
func (c *collector) Check(ctx context.Context) error {
	if _, err := c.askServer(ctx); err != nil {
		return err
	}
	_, err := c.session.ask(ctx, "transactions", transactionsQuery)
	return err
}

// Close ends the connection.
func (c *collector) Close() error { return c.session.pool.Close() }

// Collect takes the measurements of the server.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	server, err := c.askServer(ctx)
	if err != nil {
		return err
	}
	status, err := c.session.ask(ctx, "status", statusQuery)
	if err != nil {
		return err
	}
	now := c.host.Now()
	c.rates.Start(now)
	r := &run{collector: c, ctx: ctx, out: out, server: server, status: newValues(status), document: newDocument()}
	if len(r.status) == 0 {
		return fault.New(fault.BadAnswer, "asking %s about status: the answer is empty", c.session.at()).
			WithHint("see whether a proxy stands in between that answers by itself")
	}
	r.done("status", status)
	if answer := r.ask("variables", variablesQuery); answer != nil {
		r.variables = newValues(answer)
		r.done("variables", answer)
	}
	r.general()
	r.transactions()
	if c.config.CollectInnoDB {
		r.innodb()
	}
	if c.config.CollectProcesses && !r.hidden {
		r.processes()
	}
	if c.config.CollectReplication {
		r.replication()
	}
	if c.config.CollectBinlog && r.variables.on("log_bin") {
		r.binlog()
	}
	if c.config.CollectSizes || c.config.CollectTables {
		r.storage(now)
	}
	if c.config.CollectDigests {
		r.digests()
	}
	if c.config.CollectUsers {
		r.users()
	}
	r.galera()
	if r.broken != nil {
		return r.broken
	}
	out.SetSnapshot(r.document)
	return nil
}

// askServer asks what the server is, on a connection that works.
func (c *collector) askServer(ctx context.Context) (server, error) {
	answer, err := c.session.ask(ctx, "server", serverQuery)
	if err != nil {
		return server{}, err
	}
	one := answer.One()
	s := server{name: strings.TrimPrefix(one.Text("version"), "5.5.5-"), comment: one.Text("comment")}
	s.mariadb = strings.Contains(strings.ToLower(s.name+s.comment), "mariadb")
	c.session.account, c.session.mariadb = one.Text("account"), s.mariadb
	parts := versionNumbers.FindStringSubmatch(s.name)
	if parts == nil {
		return server{}, fault.New(fault.BadAnswer, "asking %s about server: the answer names no version", c.session.at()).
			WithHint("see whether a proxy stands in between that answers by itself")
	}
	for _, part := range parts[1:] {
		number, _ := strconv.Atoi(part) // two digits
		s.version = s.version*100 + number
	}
	s.name, _, _ = strings.Cut(s.name, "-")
	oldest := oldestMySQL
	if s.mariadb {
		oldest = oldestMariaDB
	}
	if s.version < oldest {
		return server{}, fault.New(fault.Unsupported, "the server is %s %s, older than %d.%d", s.flavor(), s.name, oldest/10000, oldest/100%100).
			WithHint("update the server")
	}
	return s, nil
}

// versionNumbers are the three that a version begins with.
var versionNumbers = regexp.MustCompile(`^(\d{1,2})\.(\d{1,2})\.(\d{1,2})`)

// ask asks one of several questions. What the server refuses costs that part only;
// when the connection ends the run does.
func (r *run) ask(name, query string) *rows.Table {
	answer, err := r.try(name, query)
	if err != nil && r.broken == nil {
		r.out.Problem(fault.Partly(err))
	}
	return answer
}

// try is ask for questions whose refusal has a meaning.
func (r *run) try(name, query string) (*rows.Table, error) {
	if r.broken != nil {
		return nil, r.broken
	}
	answer, err := r.session.ask(r.ctx, name, query)
	switch fault.Of(err) {
	case fault.Unreachable, fault.Refused, fault.Canceled, fault.Auth, fault.DNS, fault.TLS, fault.RateLimited:
		r.broken = err
	case fault.Timeout:
		if r.ctx.Err() != nil {
			r.broken = err
		}
	}
	return answer, err
}

// done reports what of an answer could not be read.
func (r *run) done(name string, answer *rows.Table) { r.out.Problem(answer.Problem(name)) }

// query is the text of a query as the lists show it.
func (r *run) query(text string) string {
	if !r.config.QueryText {
		return ""
	}
	return shorten(text)
}

// beforePassword is what a password follows in a statement.
var beforePassword = regexp.MustCompile(`(?i)\b(identified|password)\b`)

// shorten makes one line of a statement, without a password that it sets.
func shorten(statement string) string { return rows.Statement(statement, beforePassword) }
