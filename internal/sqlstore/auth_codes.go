package sqlstore

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
)

// setupRow is a row of the table setup_codes, which has one at most.
type setupRow struct {
	bun.BaseModel `bun:"table:setup_codes"`

	Hash    string `bun:"hash,pk"`
	Created int64
	Expires int64 // 0 for never
}

// recoveryRow is a row of the table recovery_codes.
type recoveryRow struct {
	bun.BaseModel `bun:"table:recovery_codes"`

	Owner string `bun:"owner,pk"`
	Hash  string `bun:"hash,pk"`
}

// SetSetupCode makes the code the only one.
func (a Accounts) SetSetupCode(ctx context.Context, code auth.SetupCode) error {
	row := setupRow{Hash: code.Hash, Created: milliseconds(code.Created), Expires: milliseconds(code.Expires)}
	err := a.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewDelete().Table("setup_codes").Where("1 = 1").Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewInsert().Model(&row).Exec(ctx)
		return err
	})
	return a.fault(err, "keeping a setup code")
}

// Claim uses up a setup code and makes the user. Of several at once, only one
// finds the row to delete.
func (a Accounts) Claim(ctx context.Context, hash string, now time.Time, user auth.User) error {
	err := a.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewDelete().Table("setup_codes").Where("hash = ?", hash).
			WhereGroup(" AND ", func(query *bun.DeleteQuery) *bun.DeleteQuery {
				return query.Where("expires = 0").WhereOr("expires > ?", milliseconds(now))
			}).Exec(ctx)
		if err != nil {
			return err
		}
		used, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if used == 0 {
			return fault.New(fault.NotFound, "there is no such setup code")
		}
		return a.createUser(ctx, tx, user)
	})
	return a.fault(err, "using a setup code")
}

// SetRecoveryCodes replaces the recovery codes of a user.
func (a Accounts) SetRecoveryCodes(ctx context.Context, user string, hashes []string) error {
	rows := make([]recoveryRow, len(hashes))
	for i, hash := range hashes {
		rows[i] = recoveryRow{Owner: user, Hash: hash}
	}
	err := a.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewDelete().Table("recovery_codes").Where("owner = ?", user).Exec(ctx); err != nil || len(rows) == 0 {
			return err
		}
		_, err := tx.NewInsert().Model(&rows).Exec(ctx)
		return err
	})
	return a.fault(err, "keeping recovery codes")
}

// UseRecoveryCode uses up a code.
func (a Accounts) UseRecoveryCode(ctx context.Context, user, hash string) (bool, error) {
	result, err := a.write.NewDelete().Table("recovery_codes").Where("owner = ?", user).Where("hash = ?", hash).Exec(ctx)
	if err != nil {
		return false, a.fault(err, "using a recovery code")
	}
	used, err := result.RowsAffected()
	return used > 0, a.fault(err, "using a recovery code")
}

// CountRecoveryCodes says how many are left.
func (a Accounts) CountRecoveryCodes(ctx context.Context, user string) (int, error) {
	count, err := a.read.NewSelect().Table("recovery_codes").Where("owner = ?", user).Count(ctx)
	return int(count), a.fault(err, "counting recovery codes")
}

// UseFactorStep moves the second factor of a user on to a step.
func (a Accounts) UseFactorStep(ctx context.Context, user string, step int64) (bool, error) {
	result, err := a.write.NewUpdate().Table("users").Set("factor_step = ?", step).
		Where("id = ?", user).Where("factor_step < ?", step).Exec(ctx)
	if err != nil {
		return false, a.fault(err, "using a second factor")
	}
	moved, err := result.RowsAffected()
	return moved > 0, a.fault(err, "using a second factor")
}
