package gameserver

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// detectTimeout bounds one question: what runs here answers at once.
const detectTimeout = time.Second

// detect asks the usual ports of this machine. Ports where nobody listens refuse
// at once.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	candidates := []struct {
		protocol string
		port     int
	}{
		{minecraftJava, 25565}, {minecraftBedrock, 19132}, {source, 27015}, {source, 27016}, {valheim, 2456}, {quake3, 27960}, {xonotic, 26000},
	}
	found := make([]*plugin.Finding, len(candidates))
	var group sync.WaitGroup
	for i, candidate := range candidates {
		group.Go(func() {
			config := defaults()
			config.Protocol, config.Port, config.Players = candidate.protocol, candidate.port, false
			config.Timeout, config.Retries = plugin.Duration(detectTimeout), 1
			r, err := newCollector(config, host).query(ctx)
			if err != nil {
				return
			}
			evidence := "a server answers at " + config.address()
			if r.Game != "" {
				evidence = r.Game + " answers at " + config.address()
			}
			found[i] = &plugin.Finding{
				Name: strconv.Itoa(candidate.port), Evidence: evidence, Ready: true,
				Config: map[string]any{"protocol": candidate.protocol, "port": candidate.port},
			}
		})
	}
	group.Wait()
	var findings []plugin.Finding
	for _, finding := range found {
		if finding != nil {
			findings = append(findings, *finding)
		}
	}
	return findings, ctx.Err()
}
