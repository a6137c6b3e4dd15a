// Package hostfs reads the files of the watched machine, wherever its root,
// /proc, /sys and /etc are mounted. It implements [plugin.Files].
//
// A program in a container watches its host through read-only mounts: HOST_ROOT
// (with HOST_PROC, HOST_SYS and HOST_ETC where they are mounted apart) says
// where they are. Names stay those of the watched machine: /proc/stat is
// /proc/stat everywhere. Symbolic links are followed on the watched machine
// too, an absolute one starting at its root, so that no name leads out of it.
package hostfs

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// maxFileBytes bounds what ReadFile reads.
const maxFileBytes = 8 << 20

// Options say where the parts of the watched machine's file system are found.
type Options struct {
	// Root is where / is; empty means "/".
	Root string
	// Proc, Sys and Etc are where /proc, /sys and /etc are; empty means below
	// Root.
	Proc string
	Sys  string
	Etc  string
}

// FromEnv reads the options from HOST_ROOT, HOST_PROC, HOST_SYS and HOST_ETC.
func FromEnv() Options {
	return Options{
		Root: os.Getenv("HOST_ROOT"),
		Proc: os.Getenv("HOST_PROC"),
		Sys:  os.Getenv("HOST_SYS"),
		Etc:  os.Getenv("HOST_ETC"),
	}
}

// FS is the file system of the watched machine. It is safe for concurrent use.
type FS struct {
	root   string
	mounts []mount
	live   bool
}

// mount is a folder of the watched machine that is found elsewhere than below
// the root.
type mount struct{ name, at string }

// FS implements the contract.
var _ plugin.Files = (*FS)(nil)

// New returns the file system that the options describe.
func New(o Options) *FS {
	f := &FS{root: filepath.Clean(cmp.Or(o.Root, "/")), live: true}
	for _, m := range []mount{{"/proc", o.Proc}, {"/sys", o.Sys}, {"/etc", o.Etc}} {
		if m.at == "" {
			continue
		}
		m.at = filepath.Clean(m.at)
		f.live = f.live && m.at == m.name
		f.mounts = append(f.mounts, m)
	}
	f.live = f.live && f.root == "/"
	return f
}

// Live reports whether these are the files of the machine this process runs on.
func (f *FS) Live() bool { return f.live }

// Path returns where this process finds the file.
func (f *FS) Path(name string) string {
	if real, err := f.resolve(name, true); err == nil {
		return f.locate(real)
	}
	return f.locate(absolute(name))
}

// Open opens the file for reading. Sockets, pipes and block devices are refused:
// opening one can hang, or wake a sleeping disk.
func (f *FS) Open(name string) (fs.File, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	return file, nil
}

func (f *FS) open(name string) (*os.File, error) {
	real, err := f.resolve(name, true)
	if err != nil {
		return nil, named("open", name, err)
	}
	// Without O_NONBLOCK the opening of a pipe waits for somebody to write.
	file, err := os.OpenFile(f.locate(real), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, named("open", name, err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(named("open", name, err), file.Close())
	}
	const refused = fs.ModeSocket | fs.ModeNamedPipe
	block := info.Mode()&fs.ModeDevice != 0 && info.Mode()&fs.ModeCharDevice == 0
	if info.Mode()&refused != 0 || block {
		_ = file.Close()
		return nil, fault.New(fault.Unsupported, "open %s: it is a %s, not a file", name, kindOf(info.Mode()))
	}
	return file, nil
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeNamedPipe != 0:
		return "pipe"
	default:
		return "block device"
	}
}

// ReadFile reads a whole file of at most 8 MiB.
func (f *FS) ReadFile(name string) ([]byte, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read
	data, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err != nil {
		return nil, named("read", name, err)
	}
	if len(data) > maxFileBytes {
		return nil, fault.New(fault.BadAnswer, "read %s: more than %d MiB", name, maxFileBytes>>20)
	}
	return data, nil
}

// ReadDir lists a folder, sorted by name. Entries that vanish while it is read
// are left out.
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	real, err := f.resolve(name, true)
	if err != nil {
		return nil, named("open", name, err)
	}
	entries, err := os.ReadDir(f.locate(real))
	if err != nil {
		return nil, named("open", name, err)
	}
	return entries, nil
}

// Stat follows symbolic links.
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	real, err := f.resolve(name, true)
	if err != nil {
		return nil, named("stat", name, err)
	}
	stat := os.Lstat // every link is followed already
	if f.live {
		stat = os.Stat
	}
	info, err := stat(f.locate(real))
	if err != nil {
		return nil, named("stat", name, err)
	}
	return info, nil
}

// ReadLink returns what the symbolic link says, untouched.
func (f *FS) ReadLink(name string) (string, error) {
	real, err := f.resolve(name, false)
	if err != nil {
		return "", named("readlink", name, err)
	}
	target, err := os.Readlink(f.locate(real))
	if err != nil {
		return "", named("readlink", name, err)
	}
	return target, nil
}

// RealPath resolves every symbolic link and returns a name on the watched
// machine.
func (f *FS) RealPath(name string) (string, error) {
	if f.live {
		real, err := filepath.EvalSymlinks(absolute(name))
		if err != nil {
			return "", named("resolve", name, err)
		}
		return real, nil
	}
	real, err := f.resolve(name, true)
	if err != nil {
		return "", named("resolve", name, err)
	}
	if _, err := os.Lstat(f.locate(real)); err != nil {
		return "", named("resolve", name, err)
	}
	return real, nil
}

// locate returns where the name, in which no link is left to follow, is found.
func (f *FS) locate(name string) string {
	for _, m := range f.mounts {
		if rest, ok := strings.CutPrefix(name, m.name); ok && (rest == "" || rest[0] == '/') {
			return filepath.Join(m.at, filepath.FromSlash(rest))
		}
	}
	if f.root == "/" {
		return name
	}
	return filepath.Join(f.root, filepath.FromSlash(name))
}

// absolute makes the name start at the watched machine's root. Dots cannot lead
// above it.
func absolute(name string) string { return path.Clean("/" + name) }

// named puts the name on the watched machine in place of the one here.
func named(op, name string, err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		err = e.Err
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}
