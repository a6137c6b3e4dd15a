// Package oidc lets people sign in with a provider of OpenID Connect: the
// authorization code flow with PKCE, state and nonce.
//
//	browser            Unity                        provider
//	   │── sign in ──────▶│ Begin                       │
//	   │◀─ cookie, and where to go ─────────────────────│
//	   │── who are you? ───────────────────────────────▶│
//	   │◀─ code and state, for Unity ───────────────────│
//	   │── cookie, code, state ▶│ Finish                │
//	   │                  │── code, secret, verifier ──▶│
//	   │                  │◀─ ID token, signed ─────────│
//
// What has to be remembered between Begin and Finish is in a cookie, sealed, so
// that nothing is written for strangers, and so that only the browser that began
// can come back. It is good once and for ten minutes.
//
// What comes of it is an auth.Vouched: who it is to the provider, and the groups.
// What that means is decided by package auth.
package oidc
