// Package live carries what happens to whoever is watching now.
//
// A [Hub] is told of every run and makes messages of it, each encoded at most
// once for all who want it whole. A [Subscription] has a queue of its own. In
// it a newer message about the metrics, the run or the status of a source takes
// the place of one that is still waiting, and the count of those that were
// replaced goes with it. So a slow subscriber gets the latest of everything,
// its memory is bounded by the number of sources, and it holds nobody up.
//
// The messages are JSON objects with a field type:
//
//	{"type":"metrics","source":"nas","time":"…","samples":[{"name":"…","labels":{},"value":1}],"merged":0,"position":"…"}
//	{"type":"run","source":"nas","run":{"start":"…","duration_seconds":0.2,"attempts":1,"outcome":"success","samples":12},"position":"…"}
//	{"type":"status","source":"nas","status":{"status":"healthy","since":"…","failures":0,…},"position":"…"}
//	{"type":"event","event":{"id":"7","time":"…","kind":"status_changed","severity":"info","title":"…"},"position":"…"}
//	{"type":"heartbeat","time":"…","position":"…"}
//
// All but heartbeats have a field merged when it is not 0, and those about
// metrics always.
//
// A position says up to where a subscriber has everything: whoever loses the
// connection hands the last one to Resume and goes on from there, as long as the
// hub still has what was missed. It never lies behind something that waits, so
// that after a break a message may come twice, and none is skipped.
package live
