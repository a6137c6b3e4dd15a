package app

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/internal/api"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

// answers keeps what was answered to requests that may be sent again.
type answers struct{ kept sqlstore.Answers }

// Answer implements api.Answers.
func (a answers) Answer(ctx context.Context, owner, name string, since time.Time) (api.Answer, bool, error) {
	answer, found, err := a.kept.Answer(ctx, owner, name, since)
	return api.Answer(answer), found, err
}

// KeepAnswer implements api.Answers.
func (a answers) KeepAnswer(ctx context.Context, owner, name string, answer api.Answer) error {
	return a.kept.KeepAnswer(ctx, owner, name, sqlstore.Answer(answer))
}
