package hostfs

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
)

// maxLinks is where Linux stops following links, too.
const maxLinks = 40

// resolve follows the symbolic links in the name as the watched machine would:
// an absolute target starts at its root. With last unset the last element is
// left as it is. Elements that do not exist are taken literally, so that the
// error comes from whoever uses the result.
//
// On the live machine the kernel does it; it alone knows the links of /proc
// that are none, such as /proc/1/root.
func (f *FS) resolve(name string, last bool) (string, error) {
	if f.live {
		return absolute(name), nil
	}
	rest, done, links := strings.TrimPrefix(absolute(name), "/"), "/", 0
	for rest != "" {
		var element string
		element, rest, _ = strings.Cut(rest, "/")
		if element == "" || element == "." {
			continue
		}
		next := path.Join(done, element) // ".." of a link's target ends at "/"
		if element == ".." || (rest == "" && !last) {
			done = next
			continue
		}
		info, err := os.Lstat(f.locate(next))
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			done = next
			continue
		}
		if links++; links > maxLinks {
			return "", &fs.PathError{Op: "resolve", Path: name, Err: syscall.ELOOP}
		}
		target, err := os.Readlink(f.locate(next))
		if err != nil {
			return "", err
		}
		if path.IsAbs(target) {
			done = "/"
		}
		rest = strings.TrimPrefix(target, "/") + "/" + rest
		rest = strings.TrimSuffix(rest, "/")
	}
	return done, nil
}
