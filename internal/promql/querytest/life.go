package querytest

import (
	"context"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/unity-homelab/unity/internal/series"
)

// lifeLabel tells series of one life from those of another.
const lifeLabel = "__life__"

// life is a store that looks empty when it is begun. The tests clear their
// storage some two hundred and fifty times, and a database takes its time to be
// made; so one is lived in again and again, and a label, which nobody sees,
// keeps the lives apart.
type life struct {
	Store
	number string
}

func newLife(store Store, number int) life { return life{store, strconv.Itoa(number)} }

// ID implements series.Index.
func (l life) ID(ls labels.Labels) series.ID {
	return l.Store.ID(labels.NewBuilder(ls).Set(lifeLabel, l.number).Labels())
}

// Querier implements storage.Queryable.
func (l life) Querier(from, to int64) (storage.Querier, error) {
	querier, err := l.Store.Querier(from, to)
	return lifeQuerier{querier, labels.MustNewMatcher(labels.MatchEqual, lifeLabel, l.number)}, err
}

// Close does nothing: other lives may follow.
func (l life) Close() error { return nil }

// lifeQuerier selects series of one life.
type lifeQuerier struct {
	storage.Querier
	own *labels.Matcher
}

// Select implements storage.Querier.
func (q lifeQuerier) Select(
	ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher,
) storage.SeriesSet {
	return lifeSet{q.Querier.Select(ctx, sorted, hints, append(matchers[:len(matchers):len(matchers)], q.own)...)}
}

type lifeSet struct{ storage.SeriesSet }

// At implements storage.SeriesSet.
func (s lifeSet) At() storage.Series { return lifeSeries{s.SeriesSet.At()} }

type lifeSeries struct{ storage.Series }

// Labels implements storage.Series.
func (s lifeSeries) Labels() labels.Labels {
	return labels.NewBuilder(s.Series.Labels()).Del(lifeLabel).Labels()
}
