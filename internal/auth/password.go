package auth

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/unity-homelab/unity/fault"
)

// cost is what one hash takes. 19 MiB and two passes are the least that OWASP
// recommends for argon2id, and what a Raspberry Pi does in a tenth of a second.
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

func standardCost() cost { return cost{memory: 19 * 1024, passes: 2, threads: 1} }

const (
	saltBytes = 16
	hashBytes = 32
	// hashesAtOnce bounds the memory that logins take together.
	hashesAtOnce = 2
	// The longest password is bounded because hashing it costs time.
	minPassword, maxPassword = 10, 256
	// Bounds of what a stored hash may ask for.
	maxMemory, maxPasses = 1 << 20, 64
)

// hasher hashes passwords, a few at a time.
type hasher struct {
	cost  cost
	slots chan struct{}
	// nobody is the hash of no password, for names that do not exist: they take
	// as long as those that do.
	nobody string
}

func newHasher(c cost) *hasher {
	h := &hasher{cost: c, slots: make(chan struct{}, hashesAtOnce)}
	// The hash of nothing is not calculated: any bytes will do, and a start
	// should be quick.
	h.nobody = encode(c, random(saltBytes), random(hashBytes))
	return h
}

// hash returns a password as it is stored.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := random(saltBytes)
	key, err := h.derive(ctx, h.cost, password, salt, hashBytes)
	if err != nil {
		return "", err
	}
	return encode(h.cost, salt, key), nil
}

// check reports whether a password is the stored one, and whether it should be
// hashed again because hashing costs something else now.
func (h *hasher) check(ctx context.Context, password, stored string) (right, stale bool, err error) {
	c, salt, want, ok := decode(stored)
	if !ok {
		c, salt, want, _ = decode(h.nobody)
	}
	got, err := h.derive(ctx, c, password, salt, uint32(len(want))) //nolint:gosec // decode bounds it
	if err != nil {
		return false, false, err
	}
	right = subtle.ConstantTimeCompare(got, want) == 1 && ok
	return right, right && c != h.cost, nil
}

func (h *hasher) derive(ctx context.Context, c cost, password string, salt []byte, length uint32) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
		return argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.threads, length), nil
	case <-ctx.Done():
		return nil, fault.Wrap(ctx.Err(), "waiting for the turn to check a password")
	}
}

// encode writes a hash as the reference implementation does.
func encode(c cost, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.threads,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

func decode(stored string) (c cost, salt, key []byte, ok bool) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return cost{}, nil, nil, false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.threads); err != nil {
		return cost{}, nil, nil, false
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	key, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	ok = saltErr == nil && keyErr == nil && len(salt) >= 8 && len(key) >= 16 && len(key) <= 64 &&
		c.threads > 0 && c.passes > 0 && c.passes <= maxPasses && c.memory > 0 && c.memory <= maxMemory
	return c, salt, key, ok
}

func checkPassword(password, name string) error {
	problem := ""
	switch length := utf8.RuneCountInString(password); {
	case length < minPassword:
		problem = fmt.Sprintf("has less than %d characters", minPassword)
	case len(password) > maxPassword:
		problem = fmt.Sprintf("has more than %d bytes", maxPassword)
	case strings.EqualFold(password, name):
		problem = "is the name"
	case strings.Count(password, password[:1]) == len(password):
		problem = "is one character over and over"
	}
	if problem == "" {
		return nil
	}
	return Invalid{{Path: "password", Message: problem}}
}
