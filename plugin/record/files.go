package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"strings"
	"syscall"

	"github.com/unity-homelab/unity/plugin"
)

// files records what is read of the host's files.
type files struct {
	plugin.Files
	r *Recorder
}

// locate follows the links in a name, recording each, and returns the name of
// what they lead to: the file a case has to hold.
func (f files) locate(name string) string {
	const most = 40
	rest, done := strings.TrimPrefix(path.Clean("/"+name), "/"), "/"
	for links := 0; rest != ""; {
		element, after, _ := strings.Cut(rest, "/")
		next := path.Join(done, element)
		rest = after
		target, err := f.Files.ReadLink(next)
		if err != nil || links >= most {
			done = next
			continue
		}
		links++
		f.r.keep("link "+next, []byte(target))
		if path.IsAbs(target) {
			done = "/"
		}
		rest = strings.Trim(strings.TrimPrefix(target, "/")+"/"+rest, "/")
	}
	return done
}

// seen records that something is there, or that it may not be read.
func (f files) seen(name string, err error) {
	if errors.Is(err, fs.ErrPermission) {
		f.r.keep("denied "+f.locate(name), nil)
	}
}

// Open implements plugin.Files.
func (f files) Open(name string) (fs.File, error) {
	file, err := f.Files.Open(name)
	if err != nil {
		f.seen(name, err)
		return nil, err
	}
	return &opened{File: file, done: func(data []byte) { f.r.keep("file "+f.locate(name), data) }}, nil
}

// ReadFile implements plugin.Files.
func (f files) ReadFile(name string) ([]byte, error) {
	data, err := f.Files.ReadFile(name)
	if err != nil {
		f.seen(name, err)
		return nil, err
	}
	f.r.keep("file "+f.locate(name), data)
	return data, nil
}

// ReadDir implements plugin.Files.
func (f files) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := f.Files.ReadDir(name)
	if err != nil {
		f.seen(name, err)
		return nil, err
	}
	folder := f.locate(name)
	f.r.keep("dir "+folder, nil)
	for _, entry := range entries {
		f.note(path.Join(folder, entry.Name()), entry.Type())
	}
	return entries, nil
}

// note records that there is something of that type.
func (f files) note(name string, kind fs.FileMode) {
	switch {
	case kind.IsDir():
		f.r.keep("dir "+name, nil)
	case kind&fs.ModeSymlink != 0:
		if target, err := f.Files.ReadLink(name); err == nil {
			f.r.keep("link "+name, []byte(target))
		}
	case kind&fs.ModeSocket != 0:
		f.r.keep("socket "+name, nil)
	default:
		f.r.keep("file "+name, nil)
	}
}

// Stat implements plugin.Files.
func (f files) Stat(name string) (fs.FileInfo, error) {
	info, err := f.Files.Stat(name)
	if err == nil {
		f.note(f.locate(name), info.Mode().Type())
	}
	return info, err
}

// ReadLink implements plugin.Files.
func (f files) ReadLink(name string) (string, error) {
	target, err := f.Files.ReadLink(name)
	switch {
	case err == nil:
		f.r.keep("link "+path.Join(f.locate(path.Dir(name)), path.Base(name)), []byte(target))
	case !errors.Is(err, syscall.EINVAL): // EINVAL: it is there and no link
		f.seen(name, err)
	}
	return target, err
}

// RealPath implements plugin.Files.
func (f files) RealPath(name string) (string, error) {
	real, err := f.Files.RealPath(name)
	if err == nil {
		if info, statErr := f.Files.Stat(name); statErr == nil {
			f.note(f.locate(name), info.Mode().Type())
		}
	}
	return real, err
}

// Usage implements plugin.Files.
func (f files) Usage(name string) (plugin.Usage, error) {
	usage, err := f.Files.Usage(name)
	text := []byte("error: ENOENT")
	switch {
	case err == nil:
		if raw, marshalErr := json.Marshal(usage); marshalErr == nil {
			text = raw
		}
	case errors.Is(err, syscall.EACCES):
		text = []byte("error: EACCES")
	case errors.Is(err, syscall.EPERM):
		text = []byte("error: EPERM")
	case errors.Is(err, syscall.ESTALE):
		text = []byte("error: ESTALE")
	case errors.Is(err, syscall.ENOTCONN):
		text = []byte("error: ENOTCONN")
	case errors.Is(err, syscall.EIO):
		text = []byte("error: EIO")
	}
	f.r.keep("statfs "+name, text)
	return usage, err
}

// opened keeps what is read of a file, once it is closed.
type opened struct {
	fs.File
	seen bytes.Buffer
	done func([]byte)
}

// Read implements io.Reader.
func (o *opened) Read(p []byte) (int, error) {
	n, err := o.File.Read(p)
	if room := maxSectionBytes + 1 - o.seen.Len(); room > 0 {
		o.seen.Write(p[:min(n, room)])
	}
	return n, err
}

// Close implements io.Closer.
func (o *opened) Close() error {
	if o.done != nil {
		o.done(o.seen.Bytes())
		o.done = nil
	}
	return o.File.Close()
}
