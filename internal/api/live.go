package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/live"
)

const (
	// maxRequestBytes bounds one message of a client.
	maxRequestBytes = 64 << 10
	// maxSubscriptions bounds the subscriptions of one connection.
	maxSubscriptions = 100
	// writeTimeout is how long one message may take to a client that does not
	// read.
	writeTimeout = 20 * time.Second
)

// liveRequest is what a client says on the live stream.
type liveRequest struct {
	Type    string               `json:"type"` // subscribe, unsubscribe
	ID      string               `json:"id"`
	Sources []inventory.SourceID `json:"sources"`
	Topics  []live.Topic         `json:"topics"`
	Metrics []string             `json:"metrics"`
}

// lookAgain is how often it is checked that whoever listens still may. A change
// in this Unity is noticed at once, one in another at this pace.
const lookAgain = 30 * time.Second

// serveLive carries the live stream over a WebSocket. The origin of the page is
// checked by the library: only pages that this server served are let in, and
// those of names that it was told, for a proxy may not pass on the name.
func (s *server) serveLive(w http.ResponseWriter, r *http.Request) {
	connection, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: s.origins()})
	if err != nil {
		return // Accept has answered
	}
	defer func() { _ = connection.CloseNow() }() // it is closed by then, or the client is gone
	connection.SetReadLimit(maxRequestBytes)

	subscription := s.Live.Subscribe(live.Filter{Sources: []inventory.SourceID{noSource}})
	defer subscription.Close()
	stream := &liveStream{connection: connection, subscription: subscription, names: make(map[string]struct{})}
	group, ctx := errgroup.WithContext(r.Context())
	group.Go(func() error { return stream.read(ctx) })
	group.Go(func() error { return stream.write(ctx) })
	group.Go(func() error { return s.whileRecognised(ctx, r) })
	switch err := group.Wait(); {
	case fault.Of(err) == fault.Auth:
		_ = connection.Close(websocket.StatusPolicyViolation, "signed out")
	case fault.Of(err) == fault.Canceled:
		// The error of a client that is gone already tells nobody anything.
		_ = connection.Close(websocket.StatusGoingAway, "the server stops")
	case errors.As(err, new(*fault.Error)):
		_ = connection.Close(websocket.StatusPolicyViolation, "see the last message")
	}
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

// whileRecognised returns when whoever sent a request may not listen any more.
func (s *server) whileRecognised(ctx context.Context, r *http.Request) error {
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	for {
		changed := s.Auth.Changed()
		_, err := s.recognise(r)
		if fault.Of(err) == fault.Auth {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-ticker.C:
		}
	}
}

// noSource is an ID that no source can have: a connection gets nothing before it
// subscribes.
const noSource = "\x00"

// liveStream is one connection.
type liveStream struct {
	connection   *websocket.Conn
	subscription *live.Subscription
	names        map[string]struct{}
}

// read takes the client's requests. One that cannot be understood is answered
// and changes nothing.
func (l *liveStream) read(ctx context.Context) error {
	for {
		_, text, err := l.connection.Read(ctx)
		if err != nil {
			return err
		}
		if complaint := l.obey(text); complaint != nil {
			if err := l.send(ctx, errorMessage(complaint)); err != nil {
				return err
			}
		}
	}
}

func (l *liveStream) obey(text []byte) error {
	var request liveRequest
	if err := json.Unmarshal(text, &request); err != nil {
		return fault.As(fault.Config, err, "reading the request")
	}
	switch request.Type {
	case "subscribe":
		for _, topic := range request.Topics {
			if !slices.Contains(live.Topics(), topic) {
				return fault.New(fault.Config, "there is no topic %q", topic).WithHint("the topics are metrics, run, status and event")
			}
		}
		if _, known := l.names[request.ID]; !known && len(l.names) >= maxSubscriptions {
			return fault.New(fault.RateLimited, "more than %d subscriptions on one connection", maxSubscriptions)
		}
		l.names[request.ID] = struct{}{}
		l.subscription.Add(request.ID, live.Filter{Sources: request.Sources, Topics: request.Topics, Metrics: request.Metrics})
		return nil
	case "unsubscribe":
		delete(l.names, request.ID)
		l.subscription.Drop(request.ID)
		return nil
	default:
		return fault.New(fault.Config, "there is no request of type %q", request.Type).WithHint("the types are subscribe and unsubscribe")
	}
}

// write passes on what the subscription has for the client.
func (l *liveStream) write(ctx context.Context) error {
	for {
		message, err := l.subscription.Next(ctx)
		if err != nil {
			return err
		}
		if err := l.send(ctx, message); err != nil {
			return err
		}
	}
}

func (l *liveStream) send(ctx context.Context, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return l.connection.Write(ctx, websocket.MessageText, message)
}

func errorMessage(err error) []byte {
	text, marshalErr := json.Marshal(struct {
		Type   string     `json:"type"`
		Kind   fault.Kind `json:"kind"`
		Detail string     `json:"detail"`
		Hint   string     `json:"hint,omitempty"`
	}{"error", fault.Of(err), err.Error(), fault.Hint(err)})
	if marshalErr != nil {
		return []byte(`{"type":"error"}`)
	}
	return text
}
