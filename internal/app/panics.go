package app

import (
	"log/slog"
	"net/http"
	"runtime/debug"
)

// traced answers with handler, and has a panic in it in the log. The request ends
// there, as net/http ends it: the connection is closed, and everything else goes
// on.
func traced(handler http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			if value != http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
				log.Error("answering a request panicked; please report it", "method", r.Method, "path", r.URL.Path,
					"panic", value, "stack", string(debug.Stack()))
			}
			panic(http.ErrAbortHandler)
		}()
		handler.ServeHTTP(w, r)
	})
}
