package api

import (
	"context"
	"net/http"
)

// Secrets are the stored secrets.
type Secrets interface {
	// Rotate seals all of them with a new key.
	Rotate(ctx context.Context) (Rotation, error)
}

// Rotation says what was sealed with the new key.
type Rotation struct {
	Sources int `json:"sources" doc:"Sources whose secrets were sealed again"`
	Factors int `json:"factors" doc:"Second factors that were sealed again"`
	Left    int `json:"left" doc:"What could not be opened and was left alone; the old key stays for it"`
}

func (s *server) registerSecrets() {
	handle(s, operation("rotate-secrets", http.MethodPost, "/secrets/rotate", "System", "Seal every stored secret with a new key"), s.rotateSecrets)
}

func (s *server) rotateSecrets(ctx context.Context, _ *struct{}) (*body[Rotation], error) {
	done, err := s.Secrets.Rotate(ctx)
	return &body[Rotation]{Body: done}, err
}
