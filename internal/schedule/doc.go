// Package schedule decides when each source is collected, runs its collector
// once, and hands what came of it to a [Sink].
//
// # Time
//
// The plan has a time of its own: the wall clock as it was read once, and from
// then on the monotonic clock. A source is due at phase + n × interval of that
// time, and the phase comes from its ID, so that sources are spread and keep
// their places over a restart. When the wall clock is set, or the machine
// slept, the plan is moved along and says so with an event; ticks that passed
// meanwhile are not made up for, and a run that was cut short by sleep does not
// count as a failure.
//
// # A run
//
//	idle ──due──▶ waiting ──a place in its group and its lane──▶ running ──▶ idle
//	                                                               │
//	                             it ignored its deadline ──▶ stuck ┴─the call ended─▶ idle
//
// A tick that comes while its source is waiting or running is skipped. One that
// comes while it is stuck is a failed run without an attempt, so that the
// status tells what is going on.
//
// # Lanes
//
// Runs are bounded in two lanes. All start in the fast one; whoever is still
// running after a second moves to the slow one, which has many more places, and
// starts there the next time. So sources that hang keep nobody waiting but each
// other. The bound per group, which is a target host, holds for a whole run.
package schedule
