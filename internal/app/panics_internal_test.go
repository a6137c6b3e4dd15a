package app

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAPanicInAnAnswerIsInTheLog(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		value  any
		logged bool
	}{
		"a mistake":             {errors.New("nothing there"), true},
		"an answer that is cut": {http.ErrAbortHandler, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			handler := traced(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(test.value) }), slog.New(slog.NewTextHandler(&log, nil)))
			func() {
				defer func() {
					if got := recover(); got != http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
						t.Errorf("it ends with %v", got)
					}
				}()
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/sources?q=private", nil))
			}()
			text := log.String()
			if logged := strings.Contains(text, "path=/api/v1/sources") && strings.Contains(text, "nothing there"); logged != test.logged {
				t.Errorf("the log says %q", text)
			}
			if strings.Contains(text, "private") {
				t.Error("what was asked for is in the log")
			}
		})
	}
}
