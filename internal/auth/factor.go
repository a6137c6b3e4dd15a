package auth

import (
	"bytes"
	"context"
	"encoding/base64"
	"image/png"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/unity-homelab/unity/fault"
)

const (
	factorPeriod  = 30 // seconds
	recoveryCodes = 10
	recoveryParts = 2
	pictureSize   = 240
)

// Factor is a second factor that is offered to somebody.
type Factor struct {
	Secret string // for typing
	URI    string // for an app
	// Picture is a QR code of it, as a data URI of a PNG.
	Picture string
}

// OfferFactor returns a new second factor. It counts once UseFactor has seen a
// code of it.
func (s *Service) OfferFactor(ctx context.Context, who Identity) (Factor, error) {
	user, err := s.self(ctx, who)
	if err != nil {
		return Factor{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Unity", AccountName: user.Name})
	if err != nil {
		return Factor{}, fault.As(fault.Internal, err, "making a second factor")
	}
	image, err := key.Image(pictureSize, pictureSize)
	if err != nil {
		return Factor{}, fault.As(fault.Internal, err, "drawing a second factor")
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image); err != nil {
		return Factor{}, fault.As(fault.Internal, err, "drawing a second factor")
	}
	return Factor{
		Secret: key.Secret(), URI: key.URL(),
		Picture: "data:image/png;base64," + base64.StdEncoding.EncodeToString(picture.Bytes()),
	}, nil
}

// SetFactor turns a second factor on, given the password and a code of it, and
// returns the recovery codes. Every other session of the user ends.
func (s *Service) SetFactor(ctx context.Context, who Identity, password, secret, code string, from From) ([]string, error) {
	user, err := s.confirm(ctx, who, password, from)
	if err != nil {
		return nil, err
	}
	step, ok := stepOf(secret, code, s.Now())
	if !ok {
		return nil, Invalid{{Path: "code", Message: "is not what the app shows now; the clocks of both have to be right"}}
	}
	codes, hashes := make([]string, recoveryCodes), make([]string, recoveryCodes)
	for i := range codes {
		codes[i] = newCode(recoveryParts)
		hashes[i] = hashSecret("recovery", plainCode(codes[i]))
	}
	if err := s.Store.SetRecoveryCodes(ctx, user.ID, hashes); err != nil {
		return nil, fault.Wrap(err, "keeping the recovery codes")
	}
	_, err = s.Store.ChangeUser(ctx, user.ID, func(user *User) error {
		user.Factor, user.FactorStep, user.Updated = s.Sealer.Seal(secret, placeOf(user.ID)), step, s.now()
		return nil
	})
	if err != nil {
		return nil, fault.Wrap(err, "keeping the second factor")
	}
	return codes, s.endOthers(ctx, user.ID, who.Session)
}

// RemoveFactor turns the second factor off, given the password. Every other
// session of the user ends.
func (s *Service) RemoveFactor(ctx context.Context, who Identity, password string, from From) error {
	user, err := s.confirm(ctx, who, password, from)
	if err != nil {
		return err
	}
	_, err = s.Store.ChangeUser(ctx, user.ID, func(user *User) error {
		user.Factor, user.Updated = "", s.now()
		return nil
	})
	if err != nil {
		return fault.Wrap(err, "removing the second factor")
	}
	if err := s.Store.SetRecoveryCodes(ctx, user.ID, nil); err != nil {
		return fault.Wrap(err, "removing the recovery codes")
	}
	return s.endOthers(ctx, user.ID, who.Session)
}

// Reseal seals every second factor again, with the newest key. It returns how
// many were sealed, and how many cannot be opened, and so were left alone.
func (s *Service) Reseal(ctx context.Context) (stored, left int, err error) {
	users, err := s.Store.Users(ctx)
	if err != nil {
		return 0, 0, err
	}
	for _, user := range users {
		if user.Factor == "" {
			continue
		}
		opened := true
		_, err := s.Store.ChangeUser(ctx, user.ID, func(user *User) error {
			secret, err := s.Sealer.Open(user.Factor, placeOf(user.ID))
			if opened = err == nil; opened {
				user.Factor = s.Sealer.Seal(secret, placeOf(user.ID))
			}
			return nil
		})
		if err != nil {
			return stored, left, fault.Wrap(err, "sealing the second factor of %s", user.Name)
		}
		if opened {
			stored++
		} else {
			left++
		}
	}
	return stored, left, nil
}

func placeOf(user string) string { return "user/" + user + "/factor" }

// useFactor takes a code of the second factor, or a recovery code, each once.
func (s *Service) useFactor(ctx context.Context, user User, typed string) error {
	secret, err := s.Sealer.Open(user.Factor, placeOf(user.ID))
	if err != nil {
		return fault.Wrap(err, "reading the second factor of %s", user.Name)
	}
	if step, ok := stepOf(secret, typed, s.Now()); ok {
		used, err := s.Store.UseFactorStep(ctx, user.ID, step)
		if err != nil {
			return fault.Wrap(err, "using a code")
		}
		if used {
			return nil
		}
		return fault.New(fault.Auth, "the code was used already").WithHint("wait for the next one, at most %d seconds", factorPeriod)
	}
	used, err := s.Store.UseRecoveryCode(ctx, user.ID, hashSecret("recovery", plainCode(typed)))
	if err != nil {
		return fault.Wrap(err, "using a recovery code")
	}
	if !used {
		return fault.New(fault.Auth, "the code is not right").
			WithHint("the clocks of Unity and of the app have to be right; a recovery code is taken, too")
	}
	return nil
}

// stepOf returns the step whose code was typed: the one of now or one of its
// neighbours, for clocks that differ.
func stepOf(secret, typed string, now time.Time) (int64, bool) {
	typed = strings.ReplaceAll(strings.TrimSpace(typed), " ", "")
	current := now.Unix() / factorPeriod
	options := hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}
	for _, step := range []int64{current, current - 1, current + 1} {
		if step < 0 {
			continue
		}
		if ok, err := hotp.ValidateCustom(typed, uint64(step), secret, options); err == nil && ok {
			return step, true
		}
	}
	return 0, false
}
