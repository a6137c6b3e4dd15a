package influxdb

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// identity is what answers.
type identity struct{ major, version, build string }

// identify asks the server who it is.
func (c *collector) identify(ctx context.Context) (identity, error) {
	at, err := ping(ctx, c.client)
	if c.config.Version != "auto" && (err == nil || fault.Of(err) == fault.WrongService) {
		// A proxy may swallow the header; the user knows better.
		at.major, err = c.config.Version, nil
	}
	return at, err
}

// ping asks /ping, which all of them have.
func ping(ctx context.Context, client *fetch.Client) (identity, error) {
	answer, err := client.Do(ctx, fetch.Request{Path: "/ping"})
	status := (*fetch.StatusError)(nil)
	switch {
	case errors.As(err, &status) && (status.Status == http.StatusUnauthorized || status.Status == http.StatusForbidden):
		if version := versionOf(status.Header); version != "" {
			return identity{}, explain(version[:1], err)
		}
		return identity{}, fault.As(fault.Of(err), err, "asking who it is").
			WithHint("set a token: InfluxDB 3 wants one even for /ping; with 1.x it is ping-auth-enabled")
	case errors.As(err, &status) && status.Status != http.StatusServiceUnavailable && status.Status < 500:
		return identity{}, fault.As(fault.WrongService, err, "what answers is not InfluxDB").
			WithHint("check address and port; InfluxDB 1 and 2 answer at 8086, 3 at 8181")
	case err != nil:
		return identity{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	at := identity{version: versionOf(answer.Header), build: plugin.Shorten(answer.Header.Get("X-Influxdb-Build"), 40)}
	if body, err := io.ReadAll(io.LimitReader(answer.Body, 4<<10)); err != nil {
		return identity{}, err
	} else if len(body) > 0 {
		var said struct{ Version string }
		if json.Unmarshal(body, &said) == nil && said.Version != "" {
			at.version = tidyVersion(said.Version)
		}
	}
	at.major, _, _ = strings.Cut(at.version, ".")
	switch {
	case at.major != "1" && at.major != "2" && at.major != "3":
		return identity{}, fault.New(fault.WrongService, "%s answers and is not InfluxDB", client.URL("/ping")).
			WithHint("check address and port, or set the version when a proxy takes the header X-Influxdb-Version away")
	case at.build == "" && at.major == "1" && minor(at.version) >= 4:
		// VictoriaMetrics and others answer so, to be written to.
		return identity{}, fault.New(fault.WrongService, "%s only pretends to be InfluxDB %s", client.URL("/ping"), at.version).
			WithHint("set the version to 1 when a proxy takes the header X-Influxdb-Build away")
	}
	return at, nil
}

func versionOf(header http.Header) string { return tidyVersion(header.Get("X-Influxdb-Version")) }

// tidyVersion takes the v of v2.7.1 away. What does not begin with a number is
// none.
func tidyVersion(text string) string {
	text = strings.TrimPrefix(strings.TrimSpace(text), "v")
	if text == "" || text[0] < '0' || text[0] > '9' {
		return ""
	}
	return plugin.Shorten(text, 40)
}

func minor(version string) int {
	_, rest, _ := strings.Cut(version, ".")
	text, _, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}
