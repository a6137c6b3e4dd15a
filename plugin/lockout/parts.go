package lockout

import "time"

// Parts are parts of a service that it does not have, or that a login may not see:
// they are left alone for a while, each with what is told of it meanwhile. The zero
// value is none; it is used by one goroutine at a time.
type Parts[T any] struct{ rests map[string]rest[T] }

// rest is until when a part is left alone.
type rest[T any] struct {
	until time.Time
	told  T
}

// Leave leaves a part alone until a time.
func (p *Parts[T]) Leave(name string, until time.Time, told T) {
	if p.rests == nil {
		p.rests = make(map[string]rest[T])
	}
	p.rests[name] = rest[T]{until, told}
}

// Left returns what is told of a part that is left alone, and whether it is.
func (p *Parts[T]) Left(name string, now time.Time) (told T, left bool) {
	rest, known := p.rests[name]
	if known && now.Before(rest.until) {
		return rest.told, true
	}
	delete(p.rests, name)
	return told, false
}
