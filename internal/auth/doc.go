// Package auth decides who may use Unity, and how much.
//
// A user has a role, and each role may do everything that the one below it may:
//
//	viewer < editor < admin
//
// Somebody is recognised by one of these, and becomes an Identity:
//
//	session   a cookie that a login gave; ends by time, by logging out, by a
//	          change of password, role or second factor, and when the way it
//	          began is switched off
//	token     for programs; has a scope, may be for some sources only, and may
//	          never do more than its user
//	proxy     the name that a trusted reverse proxy vouches for
//	socket    the socket in the data folder: who may open it is administrator
//
// A login is by password, or by a provider of OpenID Connect that vouches for
// somebody. What the provider and Unity say to each other is not known here, only
// what comes of it: who it is (issuer and subject), and which groups.
//
// The first account is made with a one-time code, printed where only the person
// who started Unity sees it. What is random (sessions, tokens, codes) is stored
// as its SHA-256; what people choose is stored with argon2id.
//
// Service decides; Store keeps. Every method of Service may be called at the
// same time.
package auth
