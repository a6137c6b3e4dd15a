package sqlstore

import (
	"context"
	"math"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/transfer"
)

func (g *giver) users(ctx context.Context) error {
	var codes []recoveryRow
	if err := g.db.store.read.NewSelect().Model(&codes).Order("owner", "hash").Scan(ctx); err != nil {
		return g.db.store.fault(err, "reading the recovery codes")
	}
	recovery := make(map[string][]string)
	for _, code := range codes {
		recovery[code.Owner] = append(recovery[code.Owner], code.Hash)
	}
	var rows []userRow
	if err := g.db.store.read.NewSelect().Model(&rows).OrderExpr("id").Scan(ctx); err != nil {
		return g.db.store.fault(err, "reading the users")
	}
	for _, row := range rows {
		if err := g.put(&transfer.User{
			ID: row.ID, Login: row.Login, Name: row.Name, Role: row.Role, Password: row.Password, Factor: row.Factor,
			FactorStep: row.FactorStep, Subject: row.Subject, Created: row.Created, Updated: row.Updated,
			LastLogin: row.LastLogin, Recovery: recovery[row.ID],
		}); err != nil {
			return err
		}
	}
	return nil
}

func (g *giver) tokens(ctx context.Context) error {
	var rows []tokenRow
	if err := g.db.store.read.NewSelect().Model(&rows).OrderExpr("id").Scan(ctx); err != nil {
		return g.db.store.fault(err, "reading the tokens")
	}
	for _, row := range rows {
		if err := g.put(&transfer.Token{
			ID: row.ID, Hash: row.Hash, Owner: row.Owner, Name: row.Name, Scope: row.Scope,
			Created: row.Created, Expires: row.Expires, LastUsed: row.LastUsed, Sources: row.Sources,
		}); err != nil {
			return err
		}
	}
	return nil
}

func (g *giver) audit(ctx context.Context) error {
	for last := int64(math.MinInt64); ; {
		var rows []auditRow
		err := g.db.store.read.NewSelect().Model(&rows).Where("id > ?", last).OrderExpr("id").Limit(rowsPerPage).Scan(ctx)
		if err != nil {
			return g.db.store.fault(err, "reading who did what")
		}
		for _, row := range rows {
			if err := g.put(&transfer.Act{
				ID: row.ID, Time: row.Time, Actor: row.Actor, Name: row.Name, Via: row.Via, Action: row.Action,
				Target: row.Target, Address: row.Address, Refused: row.Refused,
			}); err != nil {
				return err
			}
			last = row.ID
		}
		if len(rows) < rowsPerPage {
			return nil
		}
	}
}

// accountRows are rows about who may use Unity, to be written.
type accountRows struct {
	users  []userRow
	codes  []recoveryRow
	tokens []tokenRow
	audit  []auditRow
}

func (a *accountRows) take(item transfer.Item) {
	switch item := item.(type) {
	case *transfer.User:
		a.users = append(a.users, userRow{
			ID: item.ID, Login: item.Login, Name: item.Name, Role: item.Role, Password: item.Password, Factor: item.Factor,
			FactorStep: item.FactorStep, Subject: item.Subject, Created: item.Created, Updated: item.Updated,
			LastLogin: item.LastLogin,
		})
		for _, hash := range item.Recovery {
			a.codes = append(a.codes, recoveryRow{Owner: item.ID, Hash: hash})
		}
	case *transfer.Token:
		a.tokens = append(a.tokens, tokenRow{
			ID: item.ID, Hash: item.Hash, Owner: item.Owner, Name: item.Name, Scope: item.Scope,
			Created: item.Created, Expires: item.Expires, LastUsed: item.LastUsed, Sources: item.Sources,
		})
	case *transfer.Act:
		a.audit = append(a.audit, auditRow{
			ID: item.ID, Time: item.Time, Actor: item.Actor, Name: item.Name, Via: item.Via, Action: item.Action,
			Target: item.Target, Address: item.Address, Refused: item.Refused,
		})
	}
}

func (a *accountRows) write(ctx context.Context, s *Store, tx bun.Tx) error {
	err := upsert(ctx, s, tx, a.users, []string{"id"}, []string{
		"login", "name", "role", "password", "factor", "factor_step", "subject", "created", "updated", "last_login",
	})
	if err != nil {
		return err
	}
	if err := upsert(ctx, s, tx, a.codes, []string{"owner", "hash"}, []string{"hash"}); err != nil {
		return err
	}
	err = upsert(ctx, s, tx, a.tokens, []string{"id"},
		[]string{"hash", "owner", "name", "scope", "created", "expires", "last_used", "sources"})
	if err != nil {
		return err
	}
	return upsert(ctx, s, tx, a.audit, []string{"id"},
		[]string{"time", "actor", "name", "via", "action", "target", "address", "refused"})
}
