package influxdb

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// health asks the server whether it is well. Versions before 1.8 do not say.
func (c *collector) health(ctx context.Context, major string, out *plugin.Batch, doc *document) {
	r := fetch.Request{Path: "/health"}
	if err := c.authorize(major, &r); err != nil {
		out.Problem(err)
		return
	}
	answer, err := c.client.Do(ctx, r)
	status := (*fetch.StatusError)(nil)
	var body []byte
	switch {
	case errors.As(err, &status) && status.Status == http.StatusServiceUnavailable:
		body = status.Body // it is not well, and says why
	case fault.Of(err) == fault.NotFound:
		return
	case err != nil:
		out.Problem(explain(major, err))
		return
	default:
		body, err = io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil {
			out.Problem(err)
			return
		}
	}
	state, message, ok := healthOf(body)
	if !ok {
		out.Problem(fault.New(fault.BadAnswer, "GET %s: the answer does not say whether it is well", c.client.URL("/health")))
		return
	}
	doc.Server.Health, doc.Server.Message = state, message
	out.AddBool("influxdb_healthy", state == "pass")
}

// healthOf reads {"status":"pass"} of InfluxDB 1.8 and 2, and OK of InfluxDB 3.
func healthOf(body []byte) (state, message string, ok bool) {
	if text := strings.TrimSpace(string(body)); strings.EqualFold(text, "ok") {
		return "pass", "", true
	}
	var said struct{ Status, Message string }
	if json.Unmarshal(body, &said) != nil || said.Status == "" {
		return "", "", false
	}
	return plugin.Shorten(said.Status, 20), plugin.Shorten(said.Message, 200), true
}
