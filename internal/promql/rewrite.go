package promql

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/unity-homelab/unity/internal/series/tier"
)

// rewriting replaces, in a parsed expression, what is answered from buckets.
type rewriting struct {
	tiers   tiers
	subStep time.Duration // of subqueries that name none
	origins map[*labels.Matcher]origin
	coarse  time.Duration // the coarsest step used
	notes   annotations.Annotations
}

// expr returns an expression that is evaluated at the times of a grid as it is
// to be.
func (r *rewriting) expr(e parser.Expr, g grid) parser.Expr {
	switch e := e.(type) {
	case *parser.AggregateExpr:
		e.Expr = r.expr(e.Expr, g)
		if e.Param != nil {
			e.Param = r.expr(e.Param, g)
		}
	case *parser.BinaryExpr:
		e.LHS, e.RHS = r.expr(e.LHS, g), r.expr(e.RHS, g)
	case *parser.ParenExpr:
		e.Expr = r.expr(e.Expr, g)
	case *parser.UnaryExpr:
		e.Expr = r.expr(e.Expr, g)
	case *parser.StepInvariantExpr:
		e.Expr = r.expr(e.Expr, at(g.first))
	case *parser.SubqueryExpr:
		e.Expr = r.expr(e.Expr, r.within(e, g))
	case *parser.Call:
		return r.call(e, g)
	case *parser.MatrixSelector:
		return r.window(e, g)
	case *parser.VectorSelector:
		return r.selector(e, g)
	}
	return e
}

// within returns the times at which a subquery evaluates its expression: whole
// multiples of its step.
func (r *rewriting) within(e *parser.SubqueryExpr, g grid) grid {
	step := e.Step
	if step == 0 {
		step = r.subStep
	}
	g = timesOf(g, e.Timestamp, e.OriginalOffset)
	inner := grid{first: g.first - e.Range.Milliseconds(), last: g.last, step: step.Milliseconds()}
	inner.first = floor(inner.first, inner.step) + inner.step
	return inner
}

// timesOf returns the times of which a selector or subquery speaks when it is
// evaluated at those of a grid.
func timesOf(g grid, fixed *int64, offset time.Duration) grid {
	if fixed != nil {
		g = at(*fixed)
	}
	return g.before(offset)
}

// call rewrites a function with its arguments.
func (r *rewriting) call(e *parser.Call, g grid) parser.Expr {
	for i, arg := range e.Args {
		switch arg := arg.(type) {
		case *parser.MatrixSelector:
			if made, ok := r.overTime(e, arg, g); ok {
				return made
			}
			e.Args[i] = r.window(arg, g)
		case *parser.VectorSelector:
			if e.Func.Name == "timestamp" { // buckets have another
				e.Args[i] = r.lastOf(arg, r.choose(arg, g, 0, false), "the time of a sample")
				continue
			}
			e.Args[i] = r.expr(arg, g)
		default:
			e.Args[i] = r.expr(arg, g)
		}
	}
	return e
}

// selector rewrites an instant selector: at whole multiples of a step, the last
// sample of the bucket is what the samples say.
func (r *rewriting) selector(e *parser.VectorSelector, g grid) parser.Expr {
	chosen := r.choose(e, g, 0, true)
	if chosen.step == 0 {
		return e
	}
	return r.of(e, chosen.step, tier.Last)
}

// window rewrites a range selector of which every sample counts.
func (r *rewriting) window(e *parser.MatrixSelector, g grid) parser.Expr {
	selector, _ := e.VectorSelector.(*parser.VectorSelector)
	chosen := r.choose(selector, g, e.Range, false)
	if chosen.step > 0 {
		e.Range = widened(e.Range, chosen.step)
	}
	e.VectorSelector = r.lastOf(selector, chosen, "every sample")
	return e
}

// lastOf rewrites a selector that needs what buckets do not hold.
func (r *rewriting) lastOf(e *parser.VectorSelector, chosen choice, needs string) *parser.VectorSelector {
	if chosen.step == 0 {
		return e
	}
	r.notes.Add(fmt.Errorf("%w: samples of that time are gone, and this needs %s: the last of each %s stands for all of them",
		annotations.PromQLWarning, needs, short(chosen.step)))
	return r.of(e, chosen.step, tier.Last)
}

// overTime rewrites a function of a range, when buckets hold enough for it. It
// is not ok when the function stays as it is.
func (r *rewriting) overTime(e *parser.Call, window *parser.MatrixSelector, g grid) (made parser.Expr, ok bool) {
	if !countable(e.Func.Name) {
		return nil, false
	}
	selector, _ := window.VectorSelector.(*parser.VectorSelector)
	chosen := r.choose(selector, g, window.Range, true)
	if chosen.step == 0 {
		return e, true
	}
	whole := widened(window.Range, chosen.step)
	share := 1.0 // of the widened window
	if whole != window.Range {
		share = window.Range.Seconds() / whole.Seconds()
		r.notes.Add(fmt.Errorf("%w: samples of that time are gone, and the window of %s is shorter than what is left: %s are taken instead",
			annotations.PromQLWarning, short(window.Range), short(whole)))
	}
	over := func(function string, column tier.Column) parser.Expr {
		return &parser.Call{
			Func:     parser.Functions[function],
			Args:     parser.Expressions{&parser.MatrixSelector{VectorSelector: r.of(selector, chosen.step, column), Range: whole, EndPos: window.EndPos}},
			PosRange: e.PosRange,
		}
	}
	switch e.Func.Name {
	case "avg_over_time":
		if whole == chosen.step { // each window is one bucket, which need not be read twice
			return over("sum_over_time", tier.Mean), true
		}
		return &parser.BinaryExpr{
			Op: parser.DIV, LHS: over("sum_over_time", tier.Sum), RHS: over("sum_over_time", tier.Count),
			VectorMatching: &parser.VectorMatching{Card: parser.CardOneToOne},
		}, true
	case "sum_over_time":
		return times(over("sum_over_time", tier.Sum), share), true
	case "count_over_time":
		return times(over("sum_over_time", tier.Count), share), true
	case "min_over_time":
		return over("min_over_time", tier.Min), true
	case "max_over_time":
		return over("max_over_time", tier.Max), true
	case "increase":
		return times(over("sum_over_time", tier.Increase), share), true
	case "rate":
		return times(over("sum_over_time", tier.Increase), 1/whole.Seconds()), true
	default: // last_over_time, present_over_time, absent_over_time
		return over(e.Func.Name, tier.Last), true
	}
}

// countable reports whether buckets hold all that a function of a range needs.
func countable(function string) bool {
	return slices.Contains([]string{
		"avg_over_time", "sum_over_time", "count_over_time", "min_over_time", "max_over_time",
		"last_over_time", "present_over_time", "absent_over_time", "increase", "rate",
	}, function)
}

// times returns an expression times a factor.
func times(e parser.Expr, factor float64) parser.Expr {
	if factor == 1 {
		return e
	}
	return &parser.BinaryExpr{Op: parser.MUL, LHS: e, RHS: &parser.NumberLiteral{Val: factor, PosRange: e.PositionRange()}}
}

func (r *rewriting) choose(e *parser.VectorSelector, g grid, window time.Duration, countable bool) choice {
	if e.Anchored || e.Smoothed { // they look beyond the window
		countable = false
	}
	chosen := r.tiers.choose(timesOf(g, e.Timestamp, e.OriginalOffset), window, countable)
	if chosen.step > 0 && countable && !chosen.exact {
		r.notes.Add(fmt.Errorf("%w: samples of that time are gone: times are rounded to whole %s", annotations.PromQLInfo, short(chosen.step)))
	}
	r.coarse = max(r.coarse, chosen.step)
	return chosen
}

// markLabel names no label that a series could have.
const markLabel = "\xfftier"

// of returns a copy of a selector that is answered from a figure of buckets. A
// matcher marks it; the querier knows it by its address. It asks for inequality
// because what asks for equality would be a label of what is absent.
func (r *rewriting) of(e *parser.VectorSelector, step time.Duration, column tier.Column) *parser.VectorSelector {
	mark := labels.MustNewMatcher(labels.MatchNotEqual, markLabel, string(column))
	r.origins[mark] = origin{step: step, column: column}
	made := *e
	made.LabelMatchers = append(slices.Clip(e.LabelMatchers), mark)
	return &made
}

// widened rounds a window up to whole steps.
func widened(window, step time.Duration) time.Duration {
	if over := window % step; over > 0 {
		window += step - over
	}
	return max(window, step)
}

// floor rounds down to a multiple of a step, also before 1970.
func floor(t, step int64) int64 {
	down := t - t%step
	if down > t {
		down -= step
	}
	return down
}
