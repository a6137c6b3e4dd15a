// Package pipeline makes of what a run gave what is kept and shown of it.
//
// A result passes through four steps, in a line with no way back:
//
//	validate    what a plugin did not declare, what is no number and what comes
//	            twice is refused, and series beyond the limit are cut
//	normalise   timestamps in UTC, in milliseconds, each later than the one
//	            before; text valid, without control characters, bounded
//	enrich      the labels host and source, the sample up, the status and the
//	            event of its change
//	commit      one record to the store, and then a report to every sink
//
// Whatever was refused or cut is counted and said as a problem of the run,
// which makes a success a partial one.
package pipeline
