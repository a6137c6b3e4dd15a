package webservice

import (
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"sync"
	"time"
)

// The phases of a check.
const (
	phaseDNS        = "dns"
	phaseConnect    = "connect"
	phaseTLS        = "tls"
	phaseProcessing = "processing"
	phaseTransfer   = "transfer"
)

// stopwatch adds up the phases of the requests of one attempt. Its hooks are
// called from several goroutines.
type stopwatch struct {
	now func() time.Time

	mu      sync.Mutex
	current string
	since   time.Time
	took    map[string]time.Duration
	state   *tls.ConnectionState
	remote  net.Addr
}

// enter ends the phase that runs and begins another; "" begins none.
func (s *stopwatch) enter(phase string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.current != "" {
		if s.took == nil {
			s.took = make(map[string]time.Duration)
		}
		s.took[s.current] += now.Sub(s.since)
	}
	s.current, s.since = phase, now
}

// phase returns the one that runs.
func (s *stopwatch) phase() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// phases ends the one that runs and returns all.
func (s *stopwatch) phases() map[string]time.Duration {
	s.enter("")
	s.mu.Lock()
	defer s.mu.Unlock()
	took := s.took
	s.took = nil // a hook that comes late finds a map of its own
	return took
}

// connection returns what the last connection was.
func (s *stopwatch) connection() (*tls.ConnectionState, net.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state, s.remote
}

func (s *stopwatch) connected(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remote = conn.RemoteAddr()
}

// hooks follow the requests of package net/http.
func (s *stopwatch) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { s.enter(phaseDNS) },
		ConnectStart:      func(string, string) { s.enter(phaseConnect) },
		TLSHandshakeStart: func() { s.enter(phaseTLS) },
		TLSHandshakeDone: func(state tls.ConnectionState, _ error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(state.PeerCertificates) > 0 {
				s.state = &state
			}
		},
		GotConn: func(info httptrace.GotConnInfo) {
			s.connected(info.Conn)
			s.enter(phaseProcessing)
		},
		GotFirstResponseByte: func() { s.enter(phaseTransfer) },
	}
}
