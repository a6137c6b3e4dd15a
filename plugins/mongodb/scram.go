package mongodb

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // the protocol's
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // the protocol's
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// scram is one login in which neither side shows the password (RFC 5802 and RFC
// 7677).
type scram struct {
	hash     func() hash.Hash
	username string
	password string // as it goes into the computation
	nonce    string
	first    string // our first message, without its header
	proof    []byte // what the server has to show at the end
}

// Bounds of how often the password is hashed: fewer is no protection, more is a
// server that wants to keep us busy.
const (
	leastIterations = 4096
	mostIterations  = 1_000_000
)

// newScram begins a login with SCRAM-SHA-1 or SCRAM-SHA-256.
func newScram(mechanism, username, password, nonce string) *scram {
	s := &scram{hash: sha256.New, username: username, password: prepare(password), nonce: nonce}
	if mechanism == mechanismSHA1 {
		digest := md5.Sum([]byte(username + ":mongo:" + password)) //nolint:gosec // the protocol's
		s.hash, s.password = sha1.New, hex.EncodeToString(digest[:])
	}
	return s
}

// prepare brings a password into the one form that it has on all keyboards (RFC
// 4013).
func prepare(password string) string {
	mapped := strings.Map(func(r rune) rune {
		switch {
		case r == 0xA0, r == 0x1680, r >= 0x2000 && r <= 0x200B, r == 0x202F, r == 0x205F, r == 0x3000:
			return ' '
		case r == 0xAD, r == 0x34F, r == 0x1806, r >= 0x180B && r <= 0x180D, r == 0x200C, r == 0x200D, r == 0x2060,
			r >= 0xFE00 && r <= 0xFE0F, r == 0xFEFF:
			return -1
		default:
			return r
		}
	}, password)
	return norm.NFKC.String(mapped)
}

// begin is the first message.
func (s *scram) begin() []byte {
	s.first = "n=" + strings.NewReplacer("=", "=3D", ",", "=2C").Replace(s.username) + ",r=" + s.nonce
	return []byte("n,," + s.first)
}

// answer answers the server's first message.
func (s *scram) answer(challenge []byte) ([]byte, error) {
	said := parts(challenge)
	salt, err := base64.StdEncoding.DecodeString(said["s"])
	iterations, number := strconv.Atoi(said["i"])
	switch {
	case err != nil || number != nil || len(salt) == 0:
		return nil, odd("the login is not what was expected")
	case !strings.HasPrefix(said["r"], s.nonce) || len(said["r"]) == len(s.nonce):
		return nil, odd("the login is that of somebody else")
	case iterations < leastIterations || iterations > mostIterations:
		return nil, odd("the login hashes the password %d times", iterations)
	}
	size := s.hash().Size()
	salted, err := pbkdf2.Key(s.hash, s.password, salt, iterations, size)
	if err != nil {
		return nil, err
	}
	final := "c=biws,r=" + said["r"]
	all := []byte(s.first + "," + string(challenge) + "," + final)
	clientKey := s.mac(salted, []byte("Client Key"))
	stored := s.hash()
	stored.Write(clientKey)
	proof := s.mac(stored.Sum(nil), all)
	subtle.XORBytes(proof, proof, clientKey)
	s.proof = s.mac(s.mac(salted, []byte("Server Key")), all)
	return []byte(final + ",p=" + base64.StdEncoding.EncodeToString(proof)), nil
}

// end checks that the server knows the password, too.
func (s *scram) end(message []byte) error {
	shown, err := base64.StdEncoding.DecodeString(parts(message)["v"])
	if err != nil || s.proof == nil || !hmac.Equal(shown, s.proof) {
		return odd("the server cannot show that it knows the password")
	}
	return nil
}

func (s *scram) mac(key, text []byte) []byte {
	mac := hmac.New(s.hash, key)
	mac.Write(text)
	return mac.Sum(nil)
}

// parts takes a message such as r=…,s=…,i=… apart.
func parts(message []byte) map[string]string {
	all := make(map[string]string)
	for part := range bytes.SplitSeq(message, []byte(",")) {
		if name, value, found := bytes.Cut(part, []byte("=")); found {
			all[string(name)] = string(value)
		}
	}
	return all
}
