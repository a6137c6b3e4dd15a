package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/tsdb/fileutil"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

const (
	// applicationID marks a SQLite file as Unity's: "UNTY".
	applicationID = 0x554e5459
	// pageSize is measured: larger pages cost more on each small write, smaller
	// ones leave more room unused.
	pageSize = 8192
	// headerSize is how long the header of a SQLite file is.
	headerSize = 100
)

// paths are the files of one database.
type paths struct {
	database, journal, lock string
}

func pathsOf(database string) paths {
	stem := strings.TrimSuffix(database, filepath.Ext(database))
	return paths{database: database, journal: stem + ".journal", lock: stem + ".lock"}
}

// makeFolder makes the folder of the database when only that is missing.
func makeFolder(database string) error {
	dir := filepath.Dir(database)
	err := os.Mkdir(dir, 0o700)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		if info, err := os.Stat(dir); err == nil && !info.IsDir() {
			return fault.New(fault.Config, "the folder of the database, %s, is a file", dir).
				WithHint("Name another folder with --data or database.url.")
		}
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fault.New(fault.NotFound, "the folder %s does not exist", filepath.Dir(dir)).
			WithHint("Create it, or name another one with --data or database.url.")
	default:
		return fault.As(fault.Of(err), err, "making the folder of the database").
			WithHint("Unity needs a folder that it may write, named with --data or database.url.")
	}
}

// lock makes sure that no other Unity has the database open. Whoever has it
// leaves its process number in the file.
func lock(path string) (fileutil.Releaser, error) {
	held, _, err := fileutil.Flock(path)
	if err == nil {
		err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600)
		if err = errors.Join(err, os.Chmod(path, 0o600)); err != nil {
			return nil, errors.Join(fault.Wrap(err, "writing the lock file"), held.Release())
		}
		return held, nil
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		return nil, fault.As(fault.Of(err), err, "making the lock file").
			WithHint("Unity needs to write the folder of the database.")
	}
	holder := "another process"
	if content, err := os.ReadFile(path); err == nil {
		if pid, err := strconv.Atoi(strings.TrimSpace(string(content))); err == nil {
			holder = "process " + strconv.Itoa(pid)
		}
	}
	return nil, fault.New(fault.Conflict, "the database is in use by %s", holder).
		WithHint("Stop that Unity, or give this one another folder with --data.")
}

// inspect looks at a database file without changing it. It is false when there
// is none yet.
func inspect(path string) (exists bool, err error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fault.As(fault.Of(err), err, "opening the database").
			WithHint("Unity needs to read and write the file.")
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return false, fault.Wrap(err, "looking at the database")
	}
	if info.Size() == 0 {
		return false, nil
	}
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(file, header); err != nil || string(header[:16]) != "SQLite format 3\x00" {
		return false, fault.New(fault.WrongService, "the file %s is not a SQLite database", path).
			WithHint("Move it away, or name another file with database.url.")
	}
	return true, inspectHeader(path, header, info.Size())
}

func inspectHeader(path string, header []byte, size int64) error {
	word := func(at int) uint32 { return binary.BigEndian.Uint32(header[at:]) }
	if id := word(68); id != applicationID {
		return fault.New(fault.WrongService, "the SQLite database %s belongs to another program", path).
			WithHint("Name another file with database.url.")
	}
	newest, err := sqlstore.NewestMigration(dialect{}.Migrations())
	if err != nil {
		return err
	}
	// Each migration writes its number to the header, too.
	if version := int64(word(60)); version > newest {
		return sqlstore.NewerSchema(version, newest)
	}
	page := int64(binary.BigEndian.Uint16(header[16:]))
	if page == 1 {
		page = 65536
	}
	_, err = os.Stat(path + "-wal")
	if errors.Is(err, fs.ErrNotExist) && int64(word(28))*page > size {
		return fault.New(fault.BadAnswer, "the database %s ends early: it has %d bytes of %d", path, size, int64(word(28))*page).
			WithHint("Put back a copy of it, or move it away to start with an empty one.")
	}
	return nil
}

// create makes an empty database file that is marked as Unity's.
func create(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", address(path))
	if err != nil {
		return err
	}
	for _, pragma := range []string{
		"page_size = " + strconv.Itoa(pageSize),
		// Before anything else is in the file, or it has no effect.
		"auto_vacuum = INCREMENTAL",
		"application_id = " + strconv.Itoa(applicationID),
		"journal_mode = WAL",
	} {
		if _, err := db.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	if err := db.Close(); err != nil {
		return err
	}
	return os.Chmod(path, 0o600) // it holds secrets
}

// address returns the name under which the driver opens the file, with settings
// for each connection.
func address(path string, pragmas ...string) string {
	query := url.Values{"_txlock": {"immediate"}}
	for _, pragma := range append([]string{"busy_timeout(5000)"}, pragmas...) {
		query.Add("_pragma", pragma)
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String()
}
