package api

import (
	_ "embed"
	"net/http"
)

// docsPage draws the OpenAPI document; it loads nothing else.
//
//go:embed docs.html
var docsPage []byte

func (s *server) serveDocs(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policyOf(docsPage))
	// The client may be gone; there is nobody left to tell.
	_, _ = w.Write(docsPage)
}
