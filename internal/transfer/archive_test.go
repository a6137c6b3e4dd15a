package transfer_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/unity-homelab/unity/internal/transfer"
)

// record is one record of an archive.
func record(kind byte, content string) string {
	return string(binary.AppendUvarint([]byte{kind}, uint64(len(content)))) + content
}

// pack is the outer form of an archive.
func pack(t testing.TB, content string) []byte {
	t.Helper()
	zip, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return zip.EncodeAll([]byte(content), nil)
}

func unpack(t testing.TB, file []byte) []byte {
	t.Helper()
	unzip, err := zstd.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer unzip.Close()
	content, err := io.ReadAll(unzip)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// golden makes a file once. An archive of an old version is never made again: it
// is there to be read.
func golden(t testing.TB, name string, content func() []byte) {
	t.Helper()
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) && os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(name, content(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzReader reads what stands in an archive: it must end without a panic, and
// what is accepted must be the same after it was written again.
func FuzzReader(f *testing.F) {
	f.Add(unpack(f, archive(f, nil)))
	f.Add(unpack(f, archive(f, everything())))
	f.Add([]byte("UNITY ARCHIVE\nH\x0d{\"version\":1}E\x00"))
	f.Fuzz(func(t *testing.T, content []byte) {
		reader, err := transfer.NewReader(bytes.NewReader(pack(t, string(content))))
		if err != nil {
			return
		}
		defer reader.Close()
		into := new(memory)
		if err := into.Load(t.Context(), "", reader.Items()); err != nil {
			return
		}
		again := new(memory)
		file := archive(t, into.items)
		tallies, err := transfer.Import(t.Context(), bytes.NewReader(file), again, none)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(reader.Tallies(), tallies); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(text(t, into.items), text(t, again.items)); diff != "" {
			t.Error(diff)
		}
	})
}

// FuzzFile reads a file that somebody names as an archive.
func FuzzFile(f *testing.F) {
	whole := archive(f, everything())
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(slices.Concat(whole, whole))
	f.Fuzz(func(t *testing.T, file []byte) {
		into := new(memory)
		if _, err := transfer.Import(t.Context(), bytes.NewReader(file), into, none); err != nil && into.loads > 0 {
			t.Errorf("it was loaded and then refused: %v", err)
		}
	})
}
