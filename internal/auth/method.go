package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Method is how a session began.
type Method string

// The methods, beside those of providers.
const (
	ByPassword  Method = "password"
	BySetupCode Method = "setup"
)

// fromProvider begins the methods of providers.
const fromProvider = "oidc:"

// ByProvider is the method of sessions that a provider of OpenID Connect began
// for a client of it. Another provider or client is another method.
func ByProvider(issuer, client string) Method {
	hash := sha256.Sum256([]byte(issuer + " " + client))
	return Method(fromProvider + hex.EncodeToString(hash[:8]))
}

// OfProvider reports whether a provider of OpenID Connect began the session.
func (m Method) OfProvider() bool { return strings.HasPrefix(string(m), fromProvider) }

// begins reports whether sessions may begin with a method now. Those that began
// otherwise have ended. A setup code is always good: it is the way in when no
// other is left.
func (s *Service) begins(method Method) bool {
	switch method {
	case BySetupCode:
		return true
	case ByPassword:
		return !s.NoPasswords
	default:
		return s.Provider.On() && method == s.Provider.method()
	}
}
