// Package demo is a homelab that is not there: plugins whose collectors make
// their measurements up, the sources of a house full of machines, and what those
// would have measured within a week.
//
// Every value is a function of the time and of the thing it belongs to, so the
// past is made by the same code as the present, and one goes on where the other
// ends:
//
//	signal ──▶ line of a thing ──▶ collector, every few seconds
//	                          ╰──▶ history, as items for a database
//
// Some plugins are the demo's own and are in no other list. Of every built-in
// plugin there is a likeness besides: what a case of its test came to, brought to
// life, with the plugin's own form, panels, tables and rules.
package demo
