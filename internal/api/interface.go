package api

import (
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// interfaceFiles serves the built web interface. Its hashed files never change;
// a path that is no file is a page of the interface, which its start page
// draws.
func (s *server) interfaceFiles() http.Handler {
	files := http.FileServerFS(s.Web)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "the interface is only read", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		info, err := fs.Stat(s.Web, name)
		isFile := err == nil && !info.IsDir()
		switch {
		case isFile && strings.Contains(name, "/immutable/"):
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		case !isFile && path.Ext(name) != "":
			http.NotFound(w, r)
			return
		default:
			w.Header().Set("Cache-Control", "no-cache")
			w.Header().Set("Content-Security-Policy", contentSecurityPolicy)
		}
		if !isFile {
			r = r.Clone(r.Context())
			r.URL.Path = "/"
		}
		files.ServeHTTP(w, r)
	})
}

// contentSecurityPolicy keeps the interface from loading anything from
// elsewhere. Styles are written by the charts, and SvelteKit starts itself by
// an inline script.
const contentSecurityPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
