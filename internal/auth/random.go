package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

const (
	secretBytes = 32 // of sessions and tokens
	idBytes     = 8
	codeGroups  = 4 // of a setup code, five characters each: 100 bits
	groupLength = 5
	// codeLetters leaves out what is easily mistaken for another.
	codeLetters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	tokenPrefix = "unity_"
)

// random returns bytes that nobody can guess.
func random(count int) []byte {
	raw := make([]byte, count)
	_, _ = rand.Read(raw) // it never returns an error
	return raw
}

func newID() string { return hex.EncodeToString(random(idBytes)) }

func newSecret() string { return base64.RawURLEncoding.EncodeToString(random(secretBytes)) }

// newCode returns groups of letters and digits for people to type.
func newCode(groups int) string {
	parts := make([]string, groups)
	for i := range parts {
		letters := random(groupLength)
		for j, b := range letters {
			letters[j] = codeLetters[int(b)%len(codeLetters)] // 256 is a multiple of 32
		}
		parts[i] = string(letters)
	}
	return strings.Join(parts, "-")
}

// plainCode returns a typed code without what does not matter.
func plainCode(typed string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToUpper(strings.TrimSpace(typed)))
}

// hashSecret returns how something random is stored. It has too much chance in
// it to be guessed, so one round is enough; kind keeps one thing from being used
// as another.
func hashSecret(kind, secret string) string {
	hash := sha256.Sum256([]byte(kind + "\x00" + secret))
	return hex.EncodeToString(hash[:])
}
