package plugin

import (
	"context"
	"time"
)

// Place is where a server usually answers.
type Place struct {
	Name    string // what is found there is called so; see [Finding]
	Address string
}

// Survey asks at places in turn, at each for so long, and returns what is found, for
// the function of [WithDetect]. Places without a name are ways to one and the same
// server, such as its socket and its port: after the first that answers the others
// are left out.
func Survey(ctx context.Context, places []Place, within time.Duration, find func(ctx context.Context, address string) (Finding, bool)) ([]Finding, error) {
	var findings []Finding
	known := false
	for _, place := range places {
		if place.Name == "" && known {
			continue
		}
		asked, cancel := context.WithTimeout(ctx, within)
		finding, ok := find(asked, place.Address)
		cancel()
		if ok {
			known = known || place.Name == ""
			finding.Name = place.Name
			findings = append(findings, finding)
		}
	}
	return findings, ctx.Err()
}
