// Package web holds the interface as the browser gets it: the files that
// "make web" builds from src into dist.
//
// The build is committed, so that Go alone makes the whole program.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// FS returns the built interface. Its index.html answers for every page; the
// files below _app/immutable never change under their names.
func FS() fs.FS {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		// Only a malformed name makes Sub fail, and this one is a constant.
		panic(err)
	}
	return built
}
