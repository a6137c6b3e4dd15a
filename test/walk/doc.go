// Package walk holds only tests: the walk through the API in docs/api.md is done
// as it stands there, in a shell, against the program.
package walk
