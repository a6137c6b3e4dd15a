package api

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"github.com/coder/websocket"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
	"github.com/unity-homelab/unity/internal/inventory"
)

const (
	// maxRequestBytes bounds one message of a client.
	maxRequestBytes = 64 << 10
	// maxSubscriptions bounds the subscriptions of one connection.
	maxSubscriptions = 100
	// leastCompressed is the length from which on a message is compressed, where
	// that pays; see docs/decisions.
	leastCompressed = 256
)

// serveLive carries the live stream over a WebSocket. The origin of the page is
// checked by the library: only pages that this server served are let in, and
// those of names that it was told, for a proxy may not pass on the name.
//
// It returns as soon as the stream has begun, so that a connection holds no
// memory of the request that made it.
func (s *server) serveLive(w http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		w.Header().Set("Upgrade", "websocket")
		s.writeProblem(w, http.StatusUpgradeRequired, fault.Config, "this is the live stream, which is a WebSocket",
			"open it with a client for WebSockets; docs/api.md shows how")
		return
	}
	visit := visitOf(r.Context())
	stream := &liveStream{desk: s.desk, who: visit.who, names: make(map[string]struct{})}
	if err := s.desk.admit(stream); err != nil {
		w.Header().Set("Retry-After", "30")
		s.writeProblem(w, http.StatusTooManyRequests, fault.RateLimited, err.Error(), fault.Hint(err))
		return
	}
	upgrade := &upgrade{ResponseWriter: w}
	connection, err := websocket.Accept(upgrade, r, &websocket.AcceptOptions{
		OriginPatterns: s.origins(), CompressionMode: compressionFor(visit.from.Address), CompressionThreshold: leastCompressed,
	})
	if err != nil {
		s.desk.leave(stream)
		if upgrade.refused != 0 {
			s.writeProblem(w, upgrade.refused, kindOf(upgrade.refused), "the live stream cannot be opened: "+strings.TrimSpace(upgrade.said.String()),
				"open it from a page of Unity, or with a client for WebSockets")
		}
		return
	}
	connection.SetReadLimit(maxRequestBytes)
	request := s.reminder(r)
	stream.connection, stream.wire = connection, upgrade.wire
	stream.subscription = s.Live.Subscribe()
	stream.restrict()
	stream.recognise = func() (auth.Identity, error) { return s.recognise(request) }
	s.desk.follow(stream)
	go stream.read(request.Context())
	go stream.write(request.Context())
}

// reminder returns of a request what is needed to see later whether who sent it
// still may, and nothing else.
func (s *server) reminder(r *http.Request) *http.Request {
	visit := *visitOf(r.Context())
	visit.request = nil
	visit.from.Agent = ""
	header := make(http.Header)
	for _, name := range []string{"Authorization", "Cookie", s.Proxy.UserHeader} {
		for _, value := range r.Header.Values(name) {
			header.Add(name, strings.Clone(value))
		}
	}
	visitOf(r.Context()).request = nil // the context lives as long as the stream
	ctx := context.WithValue(context.WithoutCancel(r.Context()), visitKey{}, &visit)
	return (&http.Request{Header: header}).WithContext(ctx)
}

// origins are the hosts of pages that may listen, beside the one that is asked.
func (s *server) origins() []string {
	var patterns []string
	for _, name := range s.Hosts {
		if strings.HasPrefix(name, ".") {
			name = "*" + name
		}
		patterns = append(patterns, name, name+":*")
	}
	return patterns
}

// compressionFor returns whether messages to a client are compressed, if it can
// read that. In the same house it would cost more than it saves.
func compressionFor(client string) websocket.CompressionMode {
	address, err := netip.ParseAddr(client)
	if err != nil || address.IsLoopback() || address.IsPrivate() || address.IsLinkLocalUnicast() {
		return websocket.CompressionDisabled
	}
	return websocket.CompressionNoContextTakeover
}

// seenBy returns what somebody may hear of; nil for everything.
func seenBy(who auth.Identity) func(inventory.SourceID) bool {
	if !who.Restricted() {
		return nil
	}
	return func(id inventory.SourceID) bool { return who.Sees(string(id)) }
}
