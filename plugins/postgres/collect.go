package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/delta"
	"github.com/unity-homelab/unity/plugin/rows"
)

// What is costly for the server, or changes slowly, is asked for again after this
// time; the figures stand until then.
const slowEvery = 5 * time.Minute

// oldest is the first version that has the role pg_monitor.
const oldest = 10_00_00

// collector watches one server.
type collector struct {
	config  config
	host    plugin.Host
	session *session

	rates     delta.Tracker[rateKey]
	locksSeen map[lockKey]bool
	sizes     slow[map[string]float64]
	tables    slow[tableStats]
}

// slow is an answer that stands for a while.
type slow[T any] struct {
	value    T
	problems []error
	next     time.Time
}

// rateKey names a counter of a database.
type rateKey struct{ db, what string }

var _ interface {
	plugin.Collector
	plugin.Checker
} = (*collector)(nil)

// run is one collection.
type run struct {
	*collector
	ctx      context.Context //nolint:containedctx // it lives as long as the collection
	out      *plugin.Batch
	server   server
	document document
	broken   error // the connection ended in the middle
}

// Check tells whether the server answers, and with the rights that are needed.
func (c *collector) Check(ctx context.Context) error {
	s, err := c.askServer(ctx)
	if err != nil {
		return err
	}
	return c.lacksRight(s)
}

// Close ends the connection.
func (c *collector) Close() error { return c.session.close() }

// Collect takes the measurements of the server.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	server, err := c.askServer(ctx)
	if err != nil {
		return err
	}
	now := c.host.Now()
	c.rates.Start(now)
	r := &run{collector: c, ctx: ctx, out: out, server: server, document: newDocument()}
	out.Problem(fault.Partly(c.lacksRight(server)))
	r.settings()
	r.about()
	r.activity()
	r.databases(now)
	if c.config.CollectLocks {
		r.locks()
	}
	r.checkpoints()
	if c.config.CollectWAL {
		r.wal()
	}
	if c.config.CollectIO && server.version >= 16_00_00 {
		r.io()
	}
	if c.config.CollectReplication {
		r.replication()
	}
	if c.config.CollectQueries {
		r.statements()
	}
	if c.config.CollectTables {
		r.tablesOf(now)
	}
	if r.broken != nil {
		return r.broken
	}
	r.document.Server.Size = r.totalSize()
	out.SetSnapshot(r.document)
	return nil
}

// askServer asks what the server is, on a connection that works.
func (c *collector) askServer(ctx context.Context) (server, error) {
	answer, err := c.session.first(ctx, "server", serverQuery)
	if err != nil {
		return server{}, err
	}
	one := answer.One()
	version, ok := one.Number("version_num")
	if !ok || answer.Bad() || version < 1_00_00 || version > 999_00_00 {
		return server{}, fault.New(fault.BadAnswer, "asking %s about server: the answer names no version", c.session.at()).
			WithHint("see whether a proxy or a pool stands in between that answers by itself")
	}
	if version < oldest {
		return server{}, fault.New(fault.Unsupported, "the server is PostgreSQL %s, older than 10", one.Text("version")).
			WithHint("update the server")
	}
	s := server{
		version: int(version), name: strings.Fields(one.Text("version") + " ?")[0], database: one.Text("db"),
		standby: one.Flag("in_recovery"), readsStats: one.Flag("reads_stats"),
	}
	if started, ok := one.Number("started"); ok {
		s.started = &started
		if now, ok := one.Number("now"); ok && now >= started {
			uptime := now - started
			s.uptime = &uptime
		}
	}
	return s, nil
}

// lacksRight says what is missing when the role sees little of others.
func (c *collector) lacksRight(s server) error {
	if s.readsStats {
		return nil
	}
	return fault.New(fault.Permission, "the user lacks the right pg_monitor: sessions of others, replication and the write-ahead log stay hidden").
		WithHint("%s", c.session.grant())
}

// ask asks one of several questions. What the server refuses costs that part only;
// when the connection ends the run does.
func (r *run) ask(name, query string) *rows.Table {
	if r.broken != nil {
		return nil
	}
	answer, err := r.session.ask(r.ctx, name, query)
	switch {
	case err == nil:
		return answer
	case r.session.conn.IsClosed():
		r.broken = err
	case !r.server.readsStats && fault.Of(err) == fault.Permission: // said once for all
	default:
		r.out.Problem(fault.Partly(err))
	}
	return nil
}

// done reports what of an answer could not be read.
func (r *run) done(name string, answer *rows.Table) { r.out.Problem(answer.Problem(name)) }

// put adds a sample of a column, if there is a number in it.
func (r *run) put(metric string, from rows.Row, column string, scale float64, labels ...string) {
	if value, ok := from.Number(column); ok {
		r.out.Add(metric, value*scale, labels...)
	}
}

// watches reports whether a database is selected.
func (r *run) watches(db string) bool {
	return plugin.Selects(r.config.DatabaseInclude, r.config.DatabaseExclude, db)
}

// query is the text of a query as the lists show it.
func (r *run) query(text string) string {
	if !r.config.QueryText {
		return ""
	}
	return shorten(text)
}
