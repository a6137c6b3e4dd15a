package auth

import (
	"context"

	"github.com/unity-homelab/unity/fault"
)

// RecogniseName returns who has a name that a trusted proxy vouches for. A fault
// of kind Auth says that nobody has it.
func (s *Service) RecogniseName(ctx context.Context, name string) (Identity, error) {
	login, err := loginOf(name)
	if err != nil {
		return Identity{}, fault.As(fault.Auth, err, "the reverse proxy names somebody")
	}
	key, now := "proxy:"+login, s.Now()
	before := s.known.get(key, now)
	if before.fresh {
		return before.identity, nil
	}
	user, err := s.Store.UserByLogin(ctx, login)
	if isMissing(err) {
		return Identity{}, fault.New(fault.Auth, "the reverse proxy names %s, who has no account here", name).
			WithHint("an administrator can make one")
	}
	if err != nil {
		return before.unless(err, "looking for the account")
	}
	identity := Identity{User: user.ID, Name: user.Name, Role: user.Role, Via: ViaProxy}
	s.known.put(key, before.generation, remembered{identity: identity, at: now})
	return identity, nil
}
