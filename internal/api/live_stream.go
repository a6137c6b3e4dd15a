package api

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/live"
)

// pace is the shortest time between two batches of messages on one connection.
// No eye is faster, and each batch is one packet for the network and one call
// for the system, however many messages are in it.
const pace = 100 * time.Millisecond

// liveRequest is what a client says on the live stream.
type liveRequest struct {
	Type    string               `json:"type"` // subscribe, unsubscribe
	ID      string               `json:"id"`
	Sources []inventory.SourceID `json:"sources"`
	Topics  []live.Topic         `json:"topics"`
	Metrics []string             `json:"metrics"`
	After   string               `json:"after"` // a position
}

// liveStream is one connection.
type liveStream struct {
	desk         *desk
	who          auth.Identity // as it began
	connection   *websocket.Conn
	wire         *wire
	subscription *live.Subscription
	recognise    func() (auth.Identity, error)
	names        map[string]struct{} // of read alone
	signedOut    atomic.Bool

	// sending is held from the moment that something is taken out of the
	// subscription until it is sent, so that answers come where they belong.
	sending sync.Mutex
}

// read takes the client's requests until the client is gone. One that cannot be
// understood is answered and changes nothing.
func (l *liveStream) read(ctx context.Context) {
	defer l.subscription.Close()
	for {
		_, text, err := l.connection.Read(ctx)
		if err != nil {
			return
		}
		if err := l.obey(ctx, text); err != nil {
			return
		}
	}
}

// obey does what a client asks for, and answers.
func (l *liveStream) obey(ctx context.Context, text []byte) error {
	l.sending.Lock()
	defer l.sending.Unlock()
	answer, complaint := l.understand(text)
	if complaint != nil {
		answer = complaintOf(complaint)
	}
	message, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	return l.connection.Write(ctx, websocket.MessageText, message)
}

// subscribed answers a request.
type subscribed struct {
	Type string `json:"type"` // subscribed, unsubscribed
	ID   string `json:"id"`
	// Resumed is false for somebody who has to fetch anew what was missed; nil
	// when no position was given.
	Resumed  *bool  `json:"resumed,omitempty"`
	Position string `json:"position"`
}

func (l *liveStream) understand(text []byte) (any, error) {
	var request liveRequest
	if err := json.Unmarshal(text, &request); err != nil {
		return nil, fault.As(fault.Config, err, "reading the request")
	}
	switch request.Type {
	case "subscribe":
		for _, topic := range request.Topics {
			if !slices.Contains(live.Topics(), topic) {
				return nil, fault.New(fault.Config, "there is no topic %q", topic).WithHint("the topics are metrics, run, status and event")
			}
		}
		if _, known := l.names[request.ID]; !known && len(l.names) >= maxSubscriptions {
			return nil, fault.New(fault.RateLimited, "more than %d subscriptions on one connection", maxSubscriptions)
		}
		l.names[request.ID] = struct{}{}
		answer := subscribed{Type: "subscribed", ID: request.ID}
		resumed := l.subscription.Resume(request.ID,
			live.Filter{Sources: request.Sources, Topics: request.Topics, Metrics: request.Metrics}, request.After)
		if request.After != "" {
			answer.Resumed = &resumed
		}
		answer.Position = string(l.subscription.Position(nil))
		return answer, nil
	case "unsubscribe":
		delete(l.names, request.ID)
		l.subscription.Drop(request.ID)
		return subscribed{Type: "unsubscribed", ID: request.ID, Position: string(l.subscription.Position(nil))}, nil
	default:
		return nil, fault.New(fault.Config, "there is no request of type %q", request.Type).WithHint("the types are subscribe and unsubscribe")
	}
}

// complaint answers what cannot be done.
type complaint struct {
	Type   string     `json:"type"`
	Kind   fault.Kind `json:"kind"`
	Detail string     `json:"detail"`
	Hint   string     `json:"hint,omitempty"`
}

func complaintOf(err error) complaint {
	return complaint{Type: "error", Kind: fault.Of(err), Detail: err.Error(), Hint: fault.Hint(err)}
}

// write passes on what the subscription has for the client until one of them
// ends, and then ends the connection.
func (l *liveStream) write(ctx context.Context) {
	defer l.desk.leave(l)
	defer l.subscription.Close()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if err := l.subscription.Wait(ctx); err != nil {
			break
		}
		if err := l.send(ctx); err != nil {
			_ = l.connection.CloseNow() // it is of no use any more
			return
		}
		timer.Reset(pace)
		select {
		case <-timer.C:
		case <-l.subscription.Ended():
		}
	}
	if l.signedOut.Load() {
		_ = l.connection.Close(websocket.StatusPolicyViolation, "signed out") // the client may be gone
		return
	}
	_ = l.connection.Close(websocket.StatusGoingAway, "the server stops") // the same
}

// batch is memory for messages on their way.
type batch struct{ message, frames []byte }

// send sends all that waits in one go.
func (l *liveStream) send(ctx context.Context) error {
	l.sending.Lock()
	defer l.sending.Unlock()
	b, _ := l.desk.batches.Get().(*batch)
	l.wire.hold(b.frames[:0])
	var err error
	for err == nil {
		message, some := l.subscription.Pop(b.message[:0])
		b.message = message
		if !some {
			break
		}
		err = l.connection.Write(ctx, websocket.MessageText, message)
	}
	held, releaseErr := l.wire.release()
	b.frames = held
	if cap(b.frames)+cap(b.message) < 2*heldBytes { // a rare large one is not kept
		l.desk.batches.Put(b)
	}
	if err == nil {
		err = releaseErr
	}
	return err
}

// restrict leaves out what the listener may not hear of.
func (l *liveStream) restrict() { l.subscription.Restrict(seenBy(l.who)) }

// lookAgain ends the stream if whoever listens may not any more.
func (l *liveStream) lookAgain() {
	who, err := l.recognise()
	switch {
	case fault.Of(err) == fault.Auth:
		l.signedOut.Store(true)
		l.subscription.Close()
	case err == nil:
		l.subscription.Restrict(seenBy(who))
	}
}
