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
	policy := policyOfStart(s.Web)
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
		case !isFile && path.Ext(name) != "" && !strings.Contains(r.Header.Get("Accept"), "text/html"):
			// A name with a dot that a browser wants to open is that of a page, such as a
			// dashboard of the host nas.home.
			http.NotFound(w, r)
			return
		default:
			w.Header().Set("Cache-Control", "no-cache")
			w.Header().Set("Content-Security-Policy", policy)
		}
		if !isFile {
			r = r.Clone(r.Context())
			r.URL.Path = "/"
		}
		files.ServeHTTP(w, r)
	})
}
