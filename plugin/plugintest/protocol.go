package plugintest

import (
	"errors"
	"net"
)

// Protocol lets a case answer something other than HTTP. It serves one connection
// and returns when that is over; ask says what the section "answer QUESTION" of
// the case holds, for questions in whatever form suits the protocol.
//
//	plugintest.Run(t, redis.Plugin(), plugintest.Protocol(serve))
type Protocol func(conn net.Conn, ask func(question string) ([]byte, error))

// What ask says when there is no answer.
var (
	// ErrNotInCase means that no section answers the question.
	ErrNotInCase = errors.New("not in this case")
	// ErrHangUp means that the connection ends here, as the case says, or because
	// the test is over.
	ErrHangUp = errors.New("the connection ends")
)

func (p Protocol) apply(s *suite) { s.protocol = p }

// SocketProtocol is a [Protocol] that only the case's Unix sockets speak, while
// its address answers over HTTP, or in another Protocol.
type SocketProtocol Protocol

func (p SocketProtocol) apply(s *suite) { s.socketProtocol = Protocol(p) }

// Datagrams is a [Protocol] that is spoken by what is dialled over UDP, while the
// case's address answers over HTTP. Each read takes one packet.
type Datagrams Protocol

func (p Datagrams) apply(s *suite) { s.datagrams = Protocol(p) }

// packets connects to a peer that speaks the protocol of datagrams.
func (w *world) packets() net.Conn {
	ours, theirs := net.Pipe()
	w.talk(theirs, w.datagrams)
	return ours
}

// speak serves connections of the protocol.
func (w *world) speak(listener net.Listener, protocol Protocol) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return // closed with the test
		}
		w.talk(conn, protocol)
	}
}

// talk serves one connection, until that or the test is over.
func (w *world) talk(conn net.Conn, protocol Protocol) {
	go func() {
		over := make(chan struct{})
		defer close(over)
		defer func() { _ = conn.Close() }()
		go func() { // the test ends what waits for a question
			select {
			case <-w.ended:
				_ = conn.Close()
			case <-over:
			}
		}()
		protocol(conn, w.ask)
	}()
}

// ask answers one question as the case says.
func (w *world) ask(question string) ([]byte, error) {
	s := w.next("answer "+question, "answer "+question)
	if s == nil {
		w.complain("unexpected question: %s", question)
		return nil, ErrNotInCase
	}
	if _, hang := s.flags["hang"]; hang {
		<-w.ended
		return nil, ErrHangUp
	}
	if _, cut := s.flags["close"]; cut {
		return nil, ErrHangUp
	}
	return w.fill(s.data), nil
}
