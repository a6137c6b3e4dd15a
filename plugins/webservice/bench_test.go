package webservice_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/webservice"
)

// BenchmarkCollect asks a page of this machine over a new connection, as every
// check does.
func BenchmarkCollect(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	b.Cleanup(server.Close)
	config := plugintest.Settings{"url": server.URL}
	plugintest.Benchmark(b, webservice.Plugin(), plugintest.Live(b, webservice.Plugin(), config.JSON(b)))
}
