package mongodb

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// databasesEvery is how often the sizes of databases are asked for, because the
// server has to look for them.
const databasesEvery = 5 * time.Minute

// collector watches one server.
type collector struct {
	config config
	host   plugin.Host
	client *client

	build       document // asked once for a connection
	feature     string   // which version's files it writes, asked with that
	askedOn     int      // the connection on which
	databases   []databaseRow
	collections []collectionRow // the largest
	filesystem  [2]*float64     // used and all bytes, where the databases are
	databasesAt time.Time
}

// survey is what one run learned.
type survey struct {
	hello, status document
	set           document // of the replica set
	oplog         oplogPart
	slow          []slowRow
	busy          []busyRow
	shards        *float64
	sharded       *float64
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	defer c.client.peer.Rest()
	s := &survey{}
	var err error
	if s.hello, err = c.client.greet(ctx); err != nil {
		return err
	}
	if s.status, err = c.admin(ctx, field{"serverStatus", 1}, field{"recordStats", 0}, field{"metrics", 1}, field{"locks", 0}, field{"repl", 1}); err != nil {
		return err
	}
	if s.status.at("uptime") == nil && s.status.at("connections") == nil {
		return fault.New(fault.BadAnswer, "serverStatus at %s says neither uptime nor connections", c.client.target).
			WithHint("see what it says: mongosh --eval 'db.serverStatus()'")
	}
	steps := []func(context.Context, *survey) error{c.readBuild}
	if name := s.hello.text("setName"); name != "" {
		if c.config.Replication {
			steps = append(steps, c.readSet)
		}
		if arbiter, _ := s.hello.flag("arbiterOnly"); c.config.Oplog && !arbiter {
			steps = append(steps, c.readOplog)
		}
	}
	if s.hello.text("msg") == "isdbgrid" {
		steps = append(steps, c.readShards)
	}
	if c.config.SlowSeconds > 0 {
		steps = append(steps, c.readSlow)
	}
	if c.config.Top {
		steps = append(steps, c.readTop)
	}
	if c.config.Databases {
		steps = append(steps, c.readDatabases)
	}
	for _, step := range steps {
		if err := c.tolerate(step(ctx, s), out); err != nil {
			return err
		}
	}
	c.emit(s, out)
	out.SetSnapshot(c.snapshot(s))
	return nil
}

// Check implements plugin.Checker: it asks what a collection cannot do without.
func (c *collector) Check(ctx context.Context) error {
	if _, err := c.client.greet(ctx); err != nil {
		return err
	}
	_, err := c.admin(ctx, field{"serverStatus", 1}, field{"metrics", 0}, field{"locks", 0})
	return err
}

// Close implements io.Closer.
func (c *collector) Close() error { return c.client.peer.Close() }

// admin sends a command to the database admin.
func (c *collector) admin(ctx context.Context, fields ...field) (document, error) {
	return c.ask(ctx, "admin", fields...)
}

// ask sends a command that the server ends by itself when it takes long.
func (c *collector) ask(ctx context.Context, database string, fields ...field) (document, error) {
	fields = append(fields, field{"maxTimeMS", int(c.config.Timeout.Std().Milliseconds())})
	return c.client.ask(ctx, question{database: database, fields: fields})
}

// tolerate makes a problem of an answer that is of no use, and nothing of a
// command that there is not. What ended the connection ends the run.
func (c *collector) tolerate(err error, out *plugin.Batch) error {
	said := (*refusal)(nil)
	switch {
	case err == nil || !c.client.peer.Connected():
		return err
	case errors.As(err, &said) && said.absent():
	default:
		out.Problem(err)
	}
	return nil
}

// readBuild asks what was built, once for a connection.
func (c *collector) readBuild(ctx context.Context, _ *survey) error {
	if c.askedOn == c.client.connections {
		return nil
	}
	build, err := c.admin(ctx, field{"buildInfo", 1})
	if err != nil {
		return err
	}
	c.build, c.feature, c.askedOn = build, "", c.client.connections
	answer, err := c.admin(ctx, field{"getParameter", 1}, field{"featureCompatibilityVersion", 1})
	if err != nil {
		return err
	}
	c.feature = cmp.Or(answer.text("featureCompatibilityVersion", "version"), answer.text("featureCompatibilityVersion"))
	return nil
}

func (c *collector) readSet(ctx context.Context, s *survey) error {
	set, err := c.admin(ctx, field{"replSetGetStatus", 1})
	s.set = set
	return err
}

// readOplog asks for the ends of the log of changes, and its size.
func (c *collector) readOplog(ctx context.Context, s *survey) error {
	end := func(direction int) (time.Time, bool, error) {
		answer, err := c.ask(ctx, "local", field{"find", "oplog.rs"}, field{"sort", []field{{"$natural", direction}}},
			field{"limit", 1}, field{"singleBatch", true}, field{"projection", []field{{"ts", 1}}})
		if err != nil {
			return time.Time{}, false, err
		}
		for _, entry := range answer.documents("cursor", "firstBatch") {
			at, ok := moment(entry.at("ts"))
			return at, ok, nil
		}
		return time.Time{}, false, nil
	}
	oldest, known, err := end(1)
	if err != nil {
		return err
	}
	latest, ok, err := end(-1)
	if err != nil {
		return err
	}
	if known && ok && !latest.Before(oldest) {
		window := latest.Sub(oldest).Seconds()
		s.oplog.Window, s.oplog.Oldest, s.oplog.Latest = &window, &oldest, &latest
	}
	stats, err := c.ask(ctx, "local", field{"collStats", "oplog.rs"})
	s.oplog.Size, s.oplog.Max = stats.amount("size"), stats.amount("maxSize")
	return err
}

func (c *collector) readShards(ctx context.Context, s *survey) error {
	answer, err := c.admin(ctx, field{"listShards", 1})
	if err != nil {
		return err
	}
	shards := float64(len(answer.list("shards")))
	s.shards = &shards
	count, err := c.ask(ctx, "config", field{"count", "collections"}, field{"query", []field{{"dropped", []field{{"$ne", true}}}}})
	s.sharded = count.amount("n")
	return err
}

// maxSlow bounds the list of operations, the longest first.
const maxSlow = 20

// readSlow lists what has been running for long. What a command looks for stays
// with the server: it may be anybody's data.
func (c *collector) readSlow(ctx context.Context, s *survey) error {
	answer, err := c.admin(ctx, field{"currentOp", 1}, field{"active", true},
		field{"secs_running", []field{{"$gte", c.config.SlowSeconds}}})
	if err != nil {
		return err
	}
	s.slow = []slowRow{}
	for _, op := range answer.documents("inprog") {
		seconds, ok := op.number("secs_running")
		kind := op.text("op")
		if !ok || seconds < float64(c.config.SlowSeconds) || kind == "none" || kind == "" || isInternal(op) {
			continue
		}
		s.slow = append(s.slow, slowRow{
			ID: cmp.Or(op.text("opid"), numberText(op.at("opid"))), Namespace: op.text("ns"), Operation: kind, Seconds: seconds,
			Client: cmp.Or(op.text("client"), op.text("client_s")), Application: op.text("appName"), Plan: op.text("planSummary"),
		})
	}
	slices.SortStableFunc(s.slow, func(a, b slowRow) int { return cmp.Compare(b.Seconds, a.Seconds) })
	s.slow = s.slow[:min(len(s.slow), maxSlow)]
	return nil
}

// isInternal reports whether an operation is one that the server has running all
// the time: following changes, and clients that wait for news of the server.
func isInternal(op document) bool {
	command := op.document("command")
	_, hello := command["hello"]
	_, isMaster := command["isMaster"]
	_, isMasterToo := command["ismaster"]
	awaits, _ := op.flag("cursor", "awaitData")
	ofServer := op.text("client") == "" && op.text("client_s") == ""
	return hello || isMaster || isMasterToo || awaits || ofServer || op.text("ns") == "local.oplog.rs"
}

// maxBusy bounds the list of busy collections.
const maxBusy = 20

// readTop lists the collections that took most time since the server was started.
func (c *collector) readTop(ctx context.Context, s *survey) error {
	answer, err := c.admin(ctx, field{"top", 1})
	if err != nil {
		return err
	}
	s.busy = []busyRow{}
	totals := answer.document("totals")
	for name := range totals {
		entry := totals.document(name)
		micro, ok := entry.number("total", "time")
		if !ok || micro == 0 {
			continue
		}
		row := busyRow{Namespace: plugin.Shorten(name, 120), Seconds: micro / 1e6}
		row.Reads, row.ReadSeconds = entry.amount("readLock", "count"), scaled(entry.amount("readLock", "time"), 1e-6)
		row.Writes, row.WriteSeconds = entry.amount("writeLock", "count"), scaled(entry.amount("writeLock", "time"), 1e-6)
		s.busy = append(s.busy, row)
	}
	slices.SortFunc(s.busy, func(a, b busyRow) int {
		return cmp.Or(cmp.Compare(b.Seconds, a.Seconds), strings.Compare(a.Namespace, b.Namespace))
	})
	s.busy = s.busy[:min(len(s.busy), maxBusy)]
	return nil
}

// readDatabases measures databases, and between two measurements repeats what it
// knows.
func (c *collector) readDatabases(ctx context.Context, _ *survey) error {
	now := c.host.Now()
	if age := now.Sub(c.databasesAt); c.databases != nil && age >= 0 && age < databasesEvery {
		return nil
	}
	answer, err := c.admin(ctx, field{"listDatabases", 1}, field{"nameOnly", true})
	if err != nil {
		return err
	}
	var names []string
	for _, database := range answer.documents("databases") {
		if name, _ := database["name"].(string); name != "" && plugin.Selects(c.config.DatabaseInclude, c.config.DatabaseExclude, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	names = names[:min(len(names), c.config.MaxDatabases)]
	rows := []databaseRow{}
	c.filesystem = [2]*float64{}
	var refused error
	for _, name := range names {
		stats, err := c.ask(ctx, name, field{"dbStats", 1}, field{"scale", 1})
		if said := (*refusal)(nil); errors.As(err, &said) {
			refused = cmp.Or(refused, err) // the others may be told
			continue
		} else if err != nil {
			return err
		}
		rows = append(rows, databaseRow{
			Name: plugin.Shorten(name, 120), Collections: stats.amount("collections"), Views: stats.amount("views"), Objects: stats.amount("objects"),
			Indexes: stats.amount("indexes"), Data: stats.amount("dataSize"), Storage: stats.amount("storageSize"), Index: stats.amount("indexSize"),
		})
		if used, all := stats.amount("fsUsedSize"), stats.amount("fsTotalSize"); used != nil && all != nil && *all > 0 {
			c.filesystem = [2]*float64{used, all}
		}
	}
	var collections []collectionRow
	if c.config.MaxCollections > 0 {
		if collections, err = c.readCollections(ctx, names); collections == nil {
			return err
		}
		refused = cmp.Or(refused, err)
	}
	c.databases, c.collections, c.databasesAt = rows, collections, now
	return refused
}
