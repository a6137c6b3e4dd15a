// Package vault seals what must not be read where it is stored: passwords and
// tokens of what is watched, second factors of those who sign in.
//
// A sealed text names the key that opens it and is bound to where it belongs, so
// that it can be neither read nor moved to another place:
//
//	sealed:<key>:<nonce and ciphertext, base64>
//
// The keys are in a file that only Unity may read, one a line, the newest first.
// Sealing uses the newest; the others open what they sealed until it is sealed
// again.
package vault

import (
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/unity-homelab/unity/fault"
)

const (
	prefix  = "sealed:"
	keySize = chacha20poly1305.KeySize
	// nameSize is how much of a key's hash names it.
	nameSize = 4
)

// key opens what it sealed.
type key struct {
	name   string
	secret []byte
	cipher cipher.AEAD
}

// Vault seals and opens. Its methods may be called at the same time.
type Vault struct {
	file string // empty when the key comes from elsewhere

	mu   sync.RWMutex
	keys []key // the newest first; never empty
}

// Open returns the vault whose keys are in a file, which is made when it is not
// there.
func Open(file string) (*Vault, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		v := &Vault{file: file}
		return v, v.Rotate()
	}
	if err != nil {
		return nil, fault.As(fault.Of(err), err, "reading the key file").
			WithHint("Unity needs to read it: without its keys no stored password can be used.")
	}
	keys, err := parse(string(text))
	if err != nil {
		return nil, fault.Wrap(err, "reading the key file %s", file)
	}
	return &Vault{file: file, keys: keys}, nil
}

// New returns a vault with keys that are kept elsewhere: one or more, separated
// by commas or spaces, the newest first.
func New(text string) (*Vault, error) {
	keys, err := parse(strings.ReplaceAll(text, ",", "\n"))
	if err != nil {
		return nil, err
	}
	return &Vault{keys: keys}, nil
}

func parse(text string) ([]key, error) {
	var keys []key
	for word := range strings.FieldsSeq(text) {
		secret, err := hex.DecodeString(word)
		if err != nil || len(secret) != keySize {
			// The word itself is not repeated: it is nearly a key.
			return nil, fault.New(fault.Config, "a key is not %d hexadecimal digits", 2*keySize).
				WithHint("make one with: openssl rand -hex %d", keySize)
		}
		made, err := newKey(secret)
		if err != nil {
			return nil, err
		}
		keys = append(keys, made)
	}
	if len(keys) == 0 {
		return nil, fault.New(fault.Config, "there is no key").WithHint("make one with: openssl rand -hex %d", keySize)
	}
	return keys, nil
}

func newKey(secret []byte) (key, error) {
	aead, err := chacha20poly1305.NewX(secret)
	if err != nil {
		return key{}, fault.As(fault.Internal, err, "preparing a key")
	}
	hash := sha256.Sum256(append([]byte("unity key name\x00"), secret...))
	return key{name: hex.EncodeToString(hash[:nameSize]), secret: secret, cipher: aead}, nil
}

// Rotate adds a new key, with which everything is sealed from now on. Keys that
// are kept elsewhere are changed there: then there have to be two by now.
func (v *Vault) Rotate() error {
	if v.file == "" && len(v.keys) > 1 {
		return nil
	}
	if v.file == "" {
		return fault.New(fault.Config, "the key comes from the environment, so it is changed there").
			WithHint("put the new key before the old one in UNITY_KEY, separated by a comma, start again, and rotate then")
	}
	secret := make([]byte, keySize)
	_, _ = rand.Read(secret) // it never returns an error
	made, err := newKey(secret)
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.replace(append([]key{made}, v.keys...))
}

// Retire removes every key but the newest, once nothing needs them.
func (v *Vault) Retire() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.file == "" || len(v.keys) == 1 {
		return nil
	}
	return v.replace(v.keys[:1:1])
}

// replace writes the file, so that it is either the old one or the new one
// whatever happens meanwhile.
func (v *Vault) replace(keys []key) error {
	var text strings.Builder
	for _, each := range keys {
		text.WriteString(hex.EncodeToString(each.secret) + "\n")
	}
	if err := writeFile(v.file, text.String()); err != nil {
		return fault.As(fault.Of(err), err, "writing the key file").WithHint("Unity needs to write the folder of its data.")
	}
	v.keys = keys
	return nil
}

func writeFile(name, text string) error {
	temporary := name + ".new"
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	if err := os.Rename(temporary, name); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	// Not every file system can sync a folder; the file is complete either way.
	_ = folder.Sync()
	return folder.Close()
}

// Seal returns a text that only Open can read, and only for the same place.
func (v *Vault) Seal(plain, place string) string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	newest := v.keys[0]
	nonce := make([]byte, chacha20poly1305.NonceSizeX, chacha20poly1305.NonceSizeX+len(plain)+chacha20poly1305.Overhead)
	_, _ = rand.Read(nonce) // it never returns an error
	sealed := newest.cipher.Seal(nonce, nonce, []byte(plain), []byte(place))
	return prefix + newest.name + ":" + base64.RawStdEncoding.EncodeToString(sealed)
}

// Sealed reports whether a text is a sealed one.
func (v *Vault) Sealed(text string) bool { return strings.HasPrefix(text, prefix) }

// Open returns what was sealed for a place.
func (v *Vault) Open(text, place string) (string, error) {
	name, encoded, ok := strings.Cut(strings.TrimPrefix(text, prefix), ":")
	if !ok || !v.Sealed(text) {
		return "", fault.New(fault.BadAnswer, "opening a stored secret: it is not sealed")
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	for _, each := range v.keys {
		if each.name != name {
			continue
		}
		raw, err := base64.RawStdEncoding.DecodeString(encoded)
		if err != nil || len(raw) < chacha20poly1305.NonceSizeX {
			return "", fault.New(fault.BadAnswer, "opening a stored secret: it is damaged")
		}
		plain, err := each.cipher.Open(nil, raw[:chacha20poly1305.NonceSizeX], raw[chacha20poly1305.NonceSizeX:], []byte(place))
		if err != nil {
			return "", fault.New(fault.BadAnswer, "opening a stored secret: it is damaged or belongs elsewhere").
				WithHint("enter the secret again")
		}
		return string(plain), nil
	}
	return "", fault.New(fault.NotFound, "opening a stored secret: there is no key %s", name).
		WithHint("put back the key file that belongs to this database, or enter the secret again")
}

// Current reports whether a sealed text was sealed with the newest key.
func (v *Vault) Current(text string) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return strings.HasPrefix(text, prefix+v.keys[0].name+":")
}
