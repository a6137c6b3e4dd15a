package storetest

import (
	"fmt"
	"testing"
	"time"

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
	for n := range 1010 {
		must(t, answers.KeepAnswer(t.Context(), "ann", fmt.Sprint(n), sqlstore.Answer{Time: epoch().Add(time.Duration(n+1) * time.Second)}))
	}
	if _, found := find("ann", "key", epoch()); found {
		t.Error("more than a thousand answers are kept")
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
