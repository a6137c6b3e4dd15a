package bitwarden

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"path"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// data is what is in the folder of Vaultwarden.
type data struct {
	Database    *float64   `json:"database_bytes,omitempty"`
	Attachments *float64   `json:"attachments_bytes,omitempty"`
	Sends       *float64   `json:"sends_bytes,omitempty"`
	Icons       *float64   `json:"icon_cache_bytes,omitempty"`
	Backup      *time.Time `json:"backup,omitempty"`
	Key         *time.Time `json:"key_made,omitempty"`
	Counts      *counts    `json:"counts,omitempty"`

	problems []error
}

// counts are how many there are in the database, and never what.
type counts struct {
	Ciphers       float64 `json:"ciphers"`
	Trashed       float64 `json:"ciphers_trashed"`
	Organizations float64 `json:"organizations"`
	Collections   float64 `json:"collections"`
	Devices       float64 `json:"devices"`
	Sends         float64 `json:"sends"`
	Attachments   float64 `json:"attachments"`
}

const (
	databaseName = "db.sqlite3"
	// maxFiles bounds what is looked at in one folder.
	maxFiles = 200_000
	// maxDepth bounds how deep folders are.
	maxDepth = 8
)

// folder looks at the data folder, now and then, and returns what was seen last
// in between.
func (c *collector) folder(ctx context.Context) *data {
	if c.config.DataDir == "" {
		return nil
	}
	now := c.host.Now()
	if c.data != nil && now.Before(c.nextData) {
		return c.data
	}
	d := look(ctx, c.host.Files, path.Clean(c.config.DataDir))
	if ctx.Err() != nil {
		return nil // half a look is none
	}
	c.data, c.nextData = d, now.Add(c.config.Slow.Std())
	if len(d.problems) > 0 {
		c.nextData = now.Add(limited)
	}
	return d
}

// look reads sizes and times, and counts what is in the database.
func look(ctx context.Context, files plugin.Files, folder string) *data {
	d := new(data)
	entries, err := files.ReadDir(folder)
	if err != nil {
		d.problems = append(d.problems, unreadable(folder, err))
		return d
	}
	for _, entry := range entries {
		name := path.Join(folder, entry.Name())
		switch at := entry.Name(); at {
		case databaseName, databaseName + "-wal":
			if info, err := files.Stat(name); err == nil {
				d.Database = plus(d.Database, float64(info.Size()))
			}
		case "rsa_key.pem":
			if info, err := files.Stat(name); err == nil {
				made := info.ModTime().UTC()
				d.Key = &made
			}
		case "attachments":
			d.Attachments = d.size(ctx, files, name)
		case "sends":
			d.Sends = d.size(ctx, files, name)
		case "icon_cache":
			d.Icons = d.size(ctx, files, name)
		default:
			if made, is := backup(at); is && (d.Backup == nil || made.After(*d.Backup)) {
				d.Backup = &made
			}
		}
	}
	if d.Database == nil {
		return d // it keeps its data in another database
	}
	d.Counts, err = count(ctx, files, path.Join(folder, databaseName))
	if err != nil {
		d.problems = append(d.problems, err)
	}
	return d
}

// backup reads when a backup was made: Vaultwarden calls it
// db_20260228_031500.sqlite3, in UTC.
func backup(name string) (made time.Time, is bool) {
	made, err := time.Parse("db_20060102_150405.sqlite3", name)
	return made, err == nil
}

func plus(sum *float64, more float64) *float64 {
	if sum != nil {
		more += *sum
	}
	return &more
}

// size adds up the files in a folder; nil when there were too many.
func (d *data) size(ctx context.Context, files plugin.Files, folder string) *float64 {
	sum, left := 0.0, maxFiles
	err := addUp(ctx, files, folder, maxDepth, &left, &sum)
	if err != nil {
		d.problems = append(d.problems, err)
		return nil
	}
	return &sum
}

func addUp(ctx context.Context, files plugin.Files, folder string, depth int, left *int, sum *float64) error {
	entries, err := files.ReadDir(folder)
	if err != nil {
		return unreadable(folder, err)
	}
	for _, entry := range entries {
		name := path.Join(folder, entry.Name())
		*left--
		switch {
		case ctx.Err() != nil:
			return fault.As(fault.Of(ctx.Err()), ctx.Err(), "adding up %s", folder)
		case *left < 0 || depth == 0:
			return fault.New(fault.Partial, "adding up %s: there are too many files", folder)
		case entry.IsDir():
			if err := addUp(ctx, files, name, depth-1, left, sum); err != nil {
				return err
			}
		case entry.Type().IsRegular():
			info, err := files.Stat(name)
			if errors.Is(err, fs.ErrNotExist) {
				continue // it was removed just now
			}
			if err != nil {
				return unreadable(name, err)
			}
			*sum += float64(info.Size())
		}
	}
	return nil
}

func unreadable(name string, err error) error {
	return fault.As(fault.Of(err), err, "reading %s", name).WithHint("see whether data_dir is right, and let the user that runs Unity read it, as Set-up shows")
}

// count asks the database how many there are. It is opened for reading only.
func count(ctx context.Context, files plugin.Files, name string) (*counts, error) {
	address, err := address(files, name)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, fault.As(fault.Internal, err, "opening %s", name)
	}
	defer func() { _ = db.Close() }() // only read
	db.SetMaxOpenConns(1)
	n := new(counts)
	for _, question := range []struct {
		asks string
		into *float64
	}{
		{"SELECT count(*) FROM ciphers WHERE deleted_at IS NULL", &n.Ciphers},
		{"SELECT count(*) FROM ciphers WHERE deleted_at IS NOT NULL", &n.Trashed},
		{"SELECT count(*) FROM organizations", &n.Organizations},
		{"SELECT count(*) FROM collections", &n.Collections},
		{"SELECT count(*) FROM devices", &n.Devices},
		{"SELECT count(*) FROM sends", &n.Sends},
		{"SELECT count(*) FROM attachments", &n.Attachments},
	} {
		if err := db.QueryRowContext(ctx, question.asks).Scan(question.into); err != nil {
			if ctx.Err() != nil {
				return nil, fault.As(fault.Of(ctx.Err()), ctx.Err(), "counting in %s", name)
			}
			return nil, fault.As(fault.Partial, err, "counting in %s", name).
				WithHint("Unity must be able to read the database and what is beside it (-wal, -shm), as Set-up shows")
		}
	}
	return n, nil
}

// address is how the database is opened: for reading only, with nothing of the
// file's own making run. In WAL mode nobody has it open who left no log beside it,
// and to open it as usual would make one.
func address(files plugin.Files, name string) (string, error) {
	file, err := files.Open(name)
	if err != nil {
		return "", unreadable(name, err)
	}
	head := make([]byte, 20)
	_, err = io.ReadFull(file, head)
	_ = file.Close() // only read
	if err != nil || !bytes.HasPrefix(head, []byte("SQLite format 3\x00")) {
		return "", fault.New(fault.BadAnswer, "reading %s: it is no SQLite database, or is encrypted", name)
	}
	const wal = 2 // how it is written, at byte 18
	query := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(2000)", "query_only(1)", "trusted_schema(0)", "mmap_size(0)"}}
	if _, err := files.Stat(name + "-wal"); head[18] == wal && errors.Is(err, fs.ErrNotExist) {
		query.Set("immutable", "1")
	}
	return "file:" + (&url.URL{Path: files.Path(name)}).EscapedPath() + "?" + query.Encode(), nil
}
