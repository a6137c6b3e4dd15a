package certificate

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// Bounds of what one source looks at.
const (
	maxFiles        = 200
	maxCertificates = 200
)

// readFiles reads every certificate in the files of the target. What is wrong
// with one of several files is a problem; what is wrong with all is the error.
func (c *collector) readFiles(out *plugin.Batch) ([]*found, error) {
	names, err := c.names()
	if err != nil {
		return nil, err
	}
	if len(names) > maxFiles {
		out.Problem(fault.New(fault.Partial, "%s: of %d files the first %d are read", c.target, len(names), maxFiles))
		names = names[:maxFiles]
	}
	password, err := c.config.FilePassword.Reveal()
	if err != nil {
		return nil, fault.Wrap(err, "reading file_password")
	}
	var all []*found
	var problems []error
	for _, name := range names {
		list, err := c.readFile(name, password)
		if err != nil {
			problems = append(problems, err)
		}
		all = append(all, list...)
	}
	if len(all) == 0 {
		return nil, problems[0]
	}
	for _, problem := range problems {
		if !errors.Is(problem, errKeyOnly) {
			out.Problem(problem)
		}
	}
	if len(all) > maxCertificates {
		out.Problem(fault.New(fault.Partial, "%s: of %d certificates the first %d are watched", c.target, len(all), maxCertificates))
		all = all[:maxCertificates]
	}
	return all, nil
}

func (c *collector) readFile(name, password string) ([]*found, error) {
	info, err := c.host.Files.Stat(name)
	if err != nil {
		return nil, explainFile(name, err)
	}
	data, err := c.host.Files.ReadFile(name)
	if err != nil {
		return nil, explainFile(name, err)
	}
	entries, err := parse(data, password)
	if err != nil {
		return nil, fault.Wrap(err, "reading %s", name)
	}
	list := make([]*found, len(entries))
	for i, e := range entries {
		list[i] = &found{file: name, part: e.part, chain: e.chain, modified: info.ModTime().Truncate(time.Second)}
	}
	return list, nil
}

// names returns the files that the pattern stands for, in order.
func (c *collector) names() ([]string, error) {
	pattern := c.target.pattern
	names := []string{pattern}
	if strings.ContainsAny(pattern, `*?[\`) {
		var err error
		if names, err = glob(c.host.Files, pattern); err != nil {
			return nil, err
		}
	}
	if len(names) == 0 {
		return nil, fault.New(fault.NotFound, "%s matches no file", pattern).WithHint("check the pattern; a star does not stand for a slash")
	}
	var all []string
	for _, name := range names {
		info, err := c.host.Files.Stat(name)
		if err != nil {
			if len(names) == 1 {
				return nil, explainFile(name, err)
			}
			all = append(all, name) // reading it says what is wrong
			continue
		}
		if !info.IsDir() {
			all = append(all, name)
			continue
		}
		inside, err := inFolder(c.host.Files, name)
		if err != nil {
			return nil, err
		}
		all = append(all, inside...)
	}
	if len(all) == 0 {
		return nil, fault.New(fault.NotFound, "%s holds no file that ends in .pem, .crt or .cer", pattern).
			WithHint("give the files themselves, or a pattern such as %s", path.Join(pattern, "*", "fullchain.pem"))
	}
	return all, nil
}

// inFolder returns the certificate files of a folder.
func inFolder(files plugin.Files, folder string) ([]string, error) {
	entries, err := files.ReadDir(folder)
	if err != nil {
		return nil, explainFile(folder, err)
	}
	var names []string
	for _, entry := range entries {
		switch path.Ext(entry.Name()) {
		case ".pem", ".crt", ".cer":
			names = append(names, path.Join(folder, entry.Name()))
		}
	}
	return names, nil
}

// glob returns the names that match a pattern, in order.
func glob(files plugin.Files, pattern string) ([]string, error) {
	found := []string{"/"}
	for segment := range strings.SplitSeq(strings.Trim(pattern, "/"), "/") {
		var next []string
		for _, folder := range found {
			if !strings.ContainsAny(segment, `*?[\`) {
				next = append(next, path.Join(folder, segment))
				continue
			}
			entries, err := files.ReadDir(folder)
			if err != nil {
				if len(found) == 1 {
					return nil, explainFile(folder, err)
				}
				continue // a file, or a folder that has no such thing
			}
			for _, entry := range entries {
				if ok, _ := path.Match(segment, entry.Name()); ok { // parseTarget checked the pattern
					next = append(next, path.Join(folder, entry.Name()))
				}
			}
		}
		found = next
	}
	// What follows a star need not be there in every folder.
	return slices.DeleteFunc(found, func(name string) bool {
		_, err := files.Stat(name)
		return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
	}), nil
}

func explainFile(name string, err error) error {
	kind := fault.Of(err)
	switch {
	case kind == fault.Permission:
		return fault.New(fault.Permission, "reading %s: permission denied", name).
			WithHint("let the user that runs Unity read it, for example with: setfacl -m u:unity:rX on the file and the folders above it")
	case kind == fault.NotFound || errors.Is(err, syscall.ENOTDIR):
		return fault.New(fault.NotFound, "reading %s: there is no such file", name).WithHint("check the path, as the watched machine sees it")
	case kind == fault.Internal:
		kind = fault.BadAnswer // what a file system has to say beside that: it is broken, or a folder where a file should be
	}
	return fault.As(kind, err, "reading %s", name)
}
