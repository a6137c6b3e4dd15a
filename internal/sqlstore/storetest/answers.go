package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/sqlstore"
)

func testAnswers(t *testing.T, store direct) {
	t.Helper()
	answers := store.Answers()
	find := func(owner, name string, since time.Time) (sqlstore.Answer, bool) {
		t.Helper()
		answer, found, err := answers.Answer(t.Context(), owner, name, since)
		must(t, err)
		return answer, found
	}
	first := sqlstore.Answer{Request: "r", Status: 201, Type: "application/json", Body: []byte("{}\x00\xff"), Time: epoch()}
	must(t, answers.KeepAnswer(t.Context(), "ann", "key", first))
	must(t, answers.KeepAnswer(t.Context(), "bob", "key", sqlstore.Answer{Request: "other", Time: epoch()}))
	if got, found := find("ann", "key", epoch()); !found {
		t.Error("an answer is not found")
	} else {
		same(t, "answers", first, got)
	}
	if _, found := find("ann", "key", epoch().Add(time.Millisecond)); found {
		t.Error("an old answer is found")
	}
	if _, found := find("ann", "none", epoch()); found {
		t.Error("an answer to nothing is found")
	}
	const most = 1000 // of one owner
	fillAnswers(t, answers, "ann", most-10)
	for n := most - 10; n < most+10; n++ {
		must(t, answers.KeepAnswer(t.Context(), "ann", fmt.Sprint(n), sqlstore.Answer{Time: epoch().Add(time.Duration(n+1) * time.Second)}))
	}
	if _, found := find("ann", "key", epoch()); found {
		t.Error("more than a thousand answers are kept")
	}
	for n, want := range map[int]bool{9: false, 10: true} {
		if _, found := find("ann", fmt.Sprint(n), epoch()); found != want {
			t.Errorf("that answer %d of %d is kept is %v", n, most+10, found)
		}
	}
	if _, found := find("ann", "1009", epoch()); !found {
		t.Error("the newest answer is gone")
	}
	if _, found := find("bob", "key", epoch()); !found {
		t.Error("the answers of one push out those of another")
	}
	must(t, answers.KeepAnswer(t.Context(), "ann", "later", sqlstore.Answer{Time: epoch().Add(48 * time.Hour)}))
	if _, found := find("bob", "key", epoch()); found {
		t.Error("answers are kept for longer than a day")
	}
}

// fillAnswers has a database hold the first answers of an owner, a second apart.
// It writes them in one statement, where KeepAnswer would take one after the other.
func fillAnswers(t *testing.T, answers sqlstore.Answers, owner string, n int) {
	t.Helper()
	type row struct {
		bun.BaseModel `bun:"table:answers"`

		Owner, Name, Request string
		Status               int
		Kind                 string
		Body                 []byte
		Created              int64
	}
	rows := make([]row, n)
	for i := range rows {
		created := epoch().Add(time.Duration(i+1) * time.Second).UnixMilli()
		rows[i] = row{Owner: owner, Name: fmt.Sprint(i), Body: []byte{}, Created: created}
	}
	must(t, answers.Transaction(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&rows).Exec(ctx)
		return err
	}))
}
