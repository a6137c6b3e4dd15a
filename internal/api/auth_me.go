package api

import (
	"context"
	"net/http"
)

// MyAccount is the account of whoever asks.
type MyAccount struct {
	Me
	HasPassword   bool   `json:"has_password" doc:"False for somebody who signs in elsewhere only"`
	HasFactor     bool   `json:"has_factor" doc:"A second factor is on"`
	LinkedWith    string `json:"linked_with,omitempty" doc:"Address of the provider of OpenID Connect with which the account is linked"`
	RecoveryCodes int    `json:"recovery_codes" doc:"How many are left"`
}

// PasswordChange gives somebody another password.
type PasswordChange struct {
	Current  string `json:"current" maxLength:"1024"`
	Password string `json:"password" maxLength:"1024" doc:"At least 10 characters"`
}

// FactorOffer is a second factor to put into an app.
type FactorOffer struct {
	Secret  string `json:"secret" doc:"For typing"`
	URI     string `json:"uri" doc:"For an app on the same device"`
	Picture string `json:"picture" doc:"A QR code for an app on another device, as a data URI"`
}

// FactorRequest turns a second factor on.
type FactorRequest struct {
	Current string `json:"current" maxLength:"1024" doc:"The password"`
	Secret  string `json:"secret" maxLength:"128" doc:"As it was offered"`
	Code    string `json:"code" maxLength:"16" doc:"What the app shows"`
}

// RecoveryCodes are shown once. Each is good once in place of a code of the
// second factor.
type RecoveryCodes struct {
	Codes []string `json:"codes" nullable:"false"`
}

// Confirmation is the password, again.
type Confirmation struct {
	Current string `json:"current" maxLength:"1024" doc:"The password"`
}

func (s *server) registerMe() {
	const tag = "Login"
	handle(s, operation("get-me", http.MethodGet, "/me", tag, "Who asks, and what the account has"), s.getMe)
	password := operation("change-password", http.MethodPost, "/me/password", tag, "Change the own password; every other session ends")
	password.DefaultStatus = http.StatusNoContent
	handle(s, password, s.changePassword)
	handle(s, operation("offer-factor", http.MethodPost, "/me/factor", tag, "Make a second factor to put into an app; it counts once it is turned on"), s.offerFactor)
	handle(s, operation("set-factor", http.MethodPut, "/me/factor", tag, "Turn a second factor on; every other session ends"), s.setFactor)
	remove := operation("remove-factor", http.MethodPost, "/me/factor/remove", tag, "Turn the second factor off; every other session ends")
	remove.DefaultStatus = http.StatusNoContent
	handle(s, remove, s.removeFactor)
}

func (s *server) getMe(ctx context.Context, _ *struct{}) (*body[MyAccount], error) {
	who := visitOf(ctx).who
	mine := MyAccount{Me: meOf(who)}
	if who.User == "" {
		return &body[MyAccount]{Body: mine}, nil
	}
	account, recovery, err := s.Auth.Self(ctx, who)
	mine.HasPassword, mine.HasFactor, mine.RecoveryCodes = account.HasPassword, account.HasFactor, recovery
	mine.LinkedWith = account.Issuer
	return &body[MyAccount]{Body: mine}, err
}

func (s *server) changePassword(ctx context.Context, in *struct{ Body PasswordChange }) (*struct{}, error) {
	v := visitOf(ctx)
	return nil, denied(s.Auth.ChangePassword(ctx, v.who, in.Body.Current, in.Body.Password, v.from))
}

func (s *server) offerFactor(ctx context.Context, _ *struct{}) (*body[FactorOffer], error) {
	factor, err := s.Auth.OfferFactor(ctx, visitOf(ctx).who)
	return &body[FactorOffer]{Body: FactorOffer(factor)}, err
}

func (s *server) setFactor(ctx context.Context, in *struct{ Body FactorRequest }) (*body[RecoveryCodes], error) {
	v := visitOf(ctx)
	codes, err := s.Auth.SetFactor(ctx, v.who, in.Body.Current, in.Body.Secret, in.Body.Code, v.from)
	return &body[RecoveryCodes]{Body: RecoveryCodes{Codes: codes}}, denied(err)
}

func (s *server) removeFactor(ctx context.Context, in *struct{ Body Confirmation }) (*struct{}, error) {
	v := visitOf(ctx)
	return nil, denied(s.Auth.RemoveFactor(ctx, v.who, in.Body.Current, v.from))
}
