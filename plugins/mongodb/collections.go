package mongodb

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

const (
	// maxAsked bounds how many collections of a server are measured to find the
	// largest of them.
	maxAsked = 500
	// maxListed is more names than a database has: what does not come at once
	// would leave a cursor open on the server.
	maxListed = 100_000
)

// readCollections measures the collections of databases and keeps the largest.
// What is asked holds no lock: names only, and then one small answer for each.
func (c *collector) readCollections(ctx context.Context, databases []string) ([]collectionRow, error) {
	rows := []collectionRow{}
	left := maxAsked
	var refused error
	for _, database := range databases {
		names, err := c.collectionNames(ctx, database)
		if said := (*refusal)(nil); errors.As(err, &said) {
			refused = cmp.Or(refused, err) // of the others it may be told
			continue
		} else if err != nil {
			return nil, err
		}
		if len(names) > left {
			names = names[:left]
			refused = cmp.Or(refused, error(fault.New(fault.Partial, "listing collections at %s: only the first %d are measured", c.client.target, maxAsked).
				WithHint("choose databases with database_include")))
		}
		left -= len(names)
		for _, name := range names {
			stats, err := c.ask(ctx, database, field{"collStats", name}, field{"scale", 1})
			if said := (*refusal)(nil); errors.As(err, &said) {
				continue // it was dropped meanwhile, or may not be seen
			} else if err != nil {
				return nil, err
			}
			rows = append(rows, collectionRow{
				Database: plugin.Shorten(database, 120), Name: plugin.Shorten(name, 120), Documents: stats.amount("count"), Data: stats.amount("size"),
				Storage: stats.amount("storageSize"), Index: stats.amount("totalIndexSize"), Indexes: stats.amount("nindexes"),
				Average: stats.amount("avgObjSize"),
			})
		}
	}
	slices.SortFunc(rows, func(a, b collectionRow) int {
		return cmp.Or(cmp.Compare(b.size(), a.size()), strings.Compare(a.Database, b.Database), strings.Compare(a.Name, b.Name))
	})
	return rows[:min(len(rows), c.config.MaxCollections)], refused
}

// collectionNames lists the collections of a database that hold documents. Since
// MongoDB 4.0 this needs no right beyond those of clusterMonitor.
func (c *collector) collectionNames(ctx context.Context, database string) ([]string, error) {
	answer, err := c.ask(ctx, database, field{"listCollections", 1}, field{"nameOnly", true}, field{"authorizedCollections", true},
		field{"cursor", []field{{"batchSize", maxListed}}})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, found := range answer.documents("cursor", "firstBatch") {
		name, _ := found["name"].(string)
		if name == "" || found.text("type") == "view" || strings.HasPrefix(name, "system.") {
			continue
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// size is what a collection takes on disk.
func (r collectionRow) size() float64 {
	var size float64
	for _, part := range []*float64{r.Storage, r.Index} {
		if part != nil {
			size += *part
		}
	}
	return size
}
