package ipmi

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // cipher suite 3 of IPMI is made of it
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
)

// The lengths that IPMI 2.0 fixes.
const (
	maxUserName    = 16
	hashedPassword = 20
	nonceBytes     = 16
)

// suite is a set of algorithms by which a session is proved and hidden.
type suite struct {
	auth, integrity byte
	hash            func() hash.Hash
	codeBytes       int // of the code that ends a packet, and of the one in RAKP 4
}

// The numbers of the algorithms in the messages that open a session.
const (
	authSHA1, authSHA256           = 1, 3
	integritySHA1, integritySHA256 = 1, 4
	encryptionAES                  = 1
)

// suites are the cipher suites that prove the password and encrypt.
func suites() map[int]suite {
	return map[int]suite{
		3:  {auth: authSHA1, integrity: integritySHA1, hash: sha1.New, codeBytes: 12},
		17: {auth: authSHA256, integrity: integritySHA256, hash: sha256.New, codeBytes: 16},
	}
}

// sum is the keyed hash of the parts.
func (s suite) sum(key []byte, parts ...[]byte) []byte {
	mac := hmac.New(s.hash, key)
	for _, part := range parts {
		mac.Write(part)
	}
	return mac.Sum(nil)
}

// handshake is what both sides know while a session is opened.
type handshake struct {
	suite        suite
	password     []byte
	key          []byte // K_g, or the password where the controller has none
	ours, theirs uint32 // the numbers of the session on either side
	ourNonce     []byte
	theirNonce   []byte
	guid         []byte
	role         byte
	user         string
}

func number(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

func (h *handshake) who() []byte { return append([]byte{h.role, byte(len(h.user))}, h.user...) }

// theirProof is what the controller has to send when it knows the password.
func (h *handshake) theirProof() []byte {
	return h.suite.sum(h.password, number(h.ours), number(h.theirs), h.ourNonce, h.theirNonce, h.guid, h.who())
}

// ourProof shows the controller that we know it.
func (h *handshake) ourProof() []byte {
	return h.suite.sum(h.password, h.theirNonce, number(h.ours), h.who())
}

// sessionKey is what the keys of the session are made of.
func (h *handshake) sessionKey() []byte {
	return h.suite.sum(h.key, h.ourNonce, h.theirNonce, h.who())
}

// lastProof is what the controller sends when all is agreed on.
func (h *handshake) lastProof(sessionKey []byte) []byte {
	return h.suite.sum(sessionKey, h.ourNonce, number(h.theirs), h.guid)[:h.suite.codeBytes]
}

// keys of a session: one that proves packets, one that hides them.
type keys struct {
	suite  suite
	prove  []byte
	hidden cipher.Block
}

func (h *handshake) keys(sessionKey []byte) (*keys, error) {
	constant := func(b byte) []byte { return bytes.Repeat([]byte{b}, hashedPassword) }
	block, err := aes.NewCipher(h.suite.sum(sessionKey, constant(2))[:aes.BlockSize])
	if err != nil {
		return nil, err
	}
	return &keys{suite: h.suite, prove: h.suite.sum(sessionKey, constant(1)), hidden: block}, nil
}

// encrypt hides a message: a random start, and the message filled up to blocks.
func (k *keys) encrypt(message []byte) []byte {
	fill := (aes.BlockSize - (len(message)+1)%aes.BlockSize) % aes.BlockSize
	plain := bytes.Clone(message)
	for i := range fill {
		plain = append(plain, byte(i+1))
	}
	plain = append(plain, byte(fill))
	out := make([]byte, aes.BlockSize+len(plain))
	_, _ = rand.Read(out[:aes.BlockSize]) // it never fails
	cipher.NewCBCEncrypter(k.hidden, out[:aes.BlockSize]).CryptBlocks(out[aes.BlockSize:], plain)
	return out
}

var errGarbled = errors.New("a packet that makes no sense")

// decrypt undoes encrypt.
func (k *keys) decrypt(packet []byte) ([]byte, error) {
	if len(packet) < 2*aes.BlockSize || len(packet)%aes.BlockSize != 0 {
		return nil, errGarbled
	}
	plain := make([]byte, len(packet)-aes.BlockSize)
	cipher.NewCBCDecrypter(k.hidden, packet[:aes.BlockSize]).CryptBlocks(plain, packet[aes.BlockSize:])
	fill := int(plain[len(plain)-1])
	if fill >= aes.BlockSize || fill >= len(plain) {
		return nil, errGarbled
	}
	return plain[:len(plain)-1-fill], nil
}

// code ends a packet, and proves where it comes from.
func (k *keys) code(packet []byte) []byte { return k.suite.sum(k.prove, packet)[:k.suite.codeBytes] }
