package plugintest

import (
	"context"
	"encoding/json"
	"io/fs"
	"path"
	"strings"
	"syscall"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// files are the case's files, below a temporary folder.
type files struct {
	*hostfs.FS
	w      *world
	denied map[string]bool
	usage  map[string]usage
}

type usage struct {
	answer plugin.Usage
	hang   bool
	err    error
}

func newFiles(w *world) *files {
	return &files{
		FS: hostfs.New(hostfs.Options{Root: w.root}), w: w,
		denied: make(map[string]bool), usage: make(map[string]usage),
	}
}

func (f *files) setUsage(name string, text []byte) error {
	if string(text) == "hang" {
		f.usage[name] = usage{hang: true}
		return nil
	}
	if reason, ok := strings.CutPrefix(string(text), "error:"); ok {
		for _, errno := range []syscall.Errno{
			syscall.EACCES, syscall.EPERM, syscall.ENOENT, syscall.EIO, syscall.ESTALE, syscall.ENOTCONN,
		} {
			if errnoName(errno) == strings.TrimSpace(reason) {
				f.usage[name] = usage{err: &fs.PathError{Op: "statfs", Path: name, Err: errno}}
				return nil
			}
		}
		return fault.New(fault.Config, "no error is called %s", reason)
	}
	var answer plugin.Usage
	if err := json.Unmarshal(text, &answer); err != nil {
		return err
	}
	f.usage[name] = usage{answer: answer}
	return nil
}

func errnoName(errno syscall.Errno) string {
	switch errno {
	case syscall.EACCES:
		return "EACCES"
	case syscall.EPERM:
		return "EPERM"
	case syscall.ENOENT:
		return "ENOENT"
	case syscall.EIO:
		return "EIO"
	case syscall.ESTALE:
		return "ESTALE"
	default:
		return "ENOTCONN"
	}
}

// allow checks that the manifest tells people about the file, and that the case
// lets it be read.
func (f *files) allow(op, name string) error {
	name = path.Clean("/" + name)
	declared := false
	for _, right := range append(f.w.rights.Paths, f.w.rights.Sockets...) {
		if covers(right, name) {
			declared = true
			break
		}
	}
	if !declared {
		f.w.complain("reads %s, which Rights.Paths does not declare", name)
	}
	f.w.mu.Lock()
	defer f.w.mu.Unlock()
	for denied := range f.denied {
		if name == denied || strings.HasPrefix(name, denied+"/") {
			return &fs.PathError{Op: op, Path: name, Err: syscall.EACCES}
		}
	}
	return nil
}

// covers reports whether a declared path stands for the name: as itself, as a
// folder above it, as a folder on the way to it, or as a pattern of one of
// these.
func covers(right, name string) bool {
	right = strings.TrimPrefix(right, "unix://")
	declared, asked := strings.Split(path.Clean(right), "/"), strings.Split(name, "/")
	for i := range min(len(declared), len(asked)) {
		if ok, err := path.Match(declared[i], asked[i]); err != nil || !ok {
			return false
		}
	}
	return true
}

// Open implements plugin.Files.
func (f *files) Open(name string) (fs.File, error) {
	if err := f.allow("open", name); err != nil {
		return nil, err
	}
	return f.FS.Open(name)
}

// ReadFile implements plugin.Files.
func (f *files) ReadFile(name string) ([]byte, error) {
	if err := f.allow("open", name); err != nil {
		return nil, err
	}
	return f.FS.ReadFile(name)
}

// ReadDir implements plugin.Files.
func (f *files) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := f.allow("open", name); err != nil {
		return nil, err
	}
	return f.FS.ReadDir(name)
}

// ReadLink implements plugin.Files.
func (f *files) ReadLink(name string) (string, error) {
	if err := f.allow("readlink", name); err != nil {
		return "", err
	}
	return f.FS.ReadLink(name)
}

// Usage implements plugin.Files. Like the real one it may hang, whatever the
// collection's deadline.
func (f *files) Usage(name string) (plugin.Usage, error) {
	f.w.mu.Lock()
	u, ok := f.usage[name]
	f.w.mu.Unlock()
	if !ok {
		f.w.complain("unexpected statfs of %s", name)
		return plugin.Usage{}, &fs.PathError{Op: "statfs", Path: name, Err: syscall.ENOENT}
	}
	if u.hang {
		<-f.w.ended
		return plugin.Usage{}, context.Canceled
	}
	return u.answer, u.err
}
