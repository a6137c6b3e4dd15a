package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	mysql "github.com/go-sql-driver/mysql"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

// Known returns which series have samples or buckets. Those are asked about one
// by one, which is a jump for each; a list of all would be a walk through
// everything.
func (s *samples) Known(ctx context.Context) (map[series.ID]bool, error) {
	known := make(map[series.ID]bool)
	for _, p := range s.tables() {
		if err := s.knownIn(ctx, p.table, known); err != nil {
			return nil, s.fault(err, "reading which series have samples")
		}
	}
	return known, nil
}

func (s *samples) knownIn(ctx context.Context, table string, known map[series.ID]bool) error {
	rows, err := s.pools.read.QueryContext(ctx, "SELECT id FROM series WHERE EXISTS (SELECT 1 FROM "+table+" WHERE series = id)")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id uint64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		known[series.ID(id)] = true
	}
	return rows.Err()
}

// Expire drops the partitions that are old.
func (s *samples) Expire(ctx context.Context, keep sqlstore.Keep) error {
	if err := s.raw.drop(ctx, keep.Raw); err != nil {
		return s.fault(err, "dropping old samples")
	}
	for step, before := range keep.Tiers {
		p, err := s.tier(step)
		if err != nil {
			return err
		}
		if err := p.drop(ctx, before); err != nil {
			return s.fault(err, "dropping old buckets")
		}
	}
	return nil
}

// Size says how much room everything in the database takes. Where the user may
// not see files (the right PROCESS), it is what would be taken without
// compression.
func (s *samples) Size(ctx context.Context) (sqlstore.Size, error) {
	bytes, err := s.sizes(ctx, "SELECT NAME, ALLOCATED_SIZE FROM information_schema."+s.spaces+
		" WHERE NAME LIKE CONCAT(REPLACE(DATABASE(), '_', '\\\\_'), '/%')")
	if told := (*mysql.MySQLError)(nil); errors.As(err, &told) || err == nil && len(bytes) == 0 {
		bytes, err = s.sizes(ctx, "SELECT CONCAT('/', TABLE_NAME), DATA_LENGTH + INDEX_LENGTH FROM information_schema.TABLES"+
			" WHERE TABLE_SCHEMA = DATABASE() AND DATA_LENGTH IS NOT NULL")
	}
	if err != nil {
		return sqlstore.Size{}, s.fault(err, "asking how much room the database takes")
	}
	size := sqlstore.Size{Raw: bytes[s.raw.table], Tiers: make(map[time.Duration]int64, len(s.tiers))}
	for step, p := range s.tiers {
		size.Tiers[step] = bytes[p.table]
	}
	for _, n := range bytes {
		size.Total += n
	}
	return size, nil
}

// sizes adds up what a query says about files, by table.
func (s *samples) sizes(ctx context.Context, query string) (map[string]int64, error) {
	rows, err := s.pools.read.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	bytes := make(map[string]int64)
	for rows.Next() {
		var (
			name string
			n    int64
		)
		if err := rows.Scan(&name, &n); err != nil {
			return nil, err
		}
		// database/table#P#partition
		_, table, _ := strings.Cut(name, "/")
		table, _, _ = strings.Cut(table, "#")
		bytes[table] += n
	}
	return bytes, rows.Err()
}

// Check lets the server read every table.
func (s *samples) Check(ctx context.Context) error {
	names, err := tablesOf(ctx, s.pools.tend)
	if err != nil {
		return s.fault(err, "checking the database")
	}
	rows, err := s.pools.tend.QueryContext(ctx, "CHECK TABLE `"+strings.Join(names, "`, `")+"`")
	if err != nil {
		return s.fault(err, "checking the database")
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var table, operation, kind, text string
		if err := rows.Scan(&table, &operation, &kind, &text); err != nil {
			return s.fault(err, "checking the database")
		}
		if kind == "error" || kind == "warning" || kind == "status" && text != "OK" {
			return fault.New(fault.BadAnswer, "table %s is damaged: %s", table, text).
				WithHint("Look at the log of the database server; put back a copy of the database.")
		}
	}
	if err := rows.Err(); err != nil {
		return s.fault(err, "checking the database")
	}
	return s.checkValues(ctx)
}

// checkValues looks for rows that hold neither a number nor the bits of one.
func (s *samples) checkValues(ctx context.Context) error {
	for _, p := range s.tables() {
		column := "value"
		if p != &s.raw {
			column = "sum"
		}
		var lost int64
		err := s.pools.tend.QueryRowContext(ctx, fmt.Sprintf("SELECT COUNT(*) FROM %s WHERE %s IS NULL AND bits IS NULL", p.table, column)).Scan(&lost)
		if err != nil {
			return s.fault(err, "checking %s", p.table)
		}
		if lost > 0 {
			return fault.New(fault.BadAnswer, "%d rows of %s have no value", lost, p.table).
				WithHint("Another program wrote to the table; put back a copy of the database.")
		}
	}
	return nil
}
