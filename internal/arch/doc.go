// Package arch holds no code, only tests: the rules that the whole tree keeps.
//
// They read and parse the files themselves, so that the test cache notices
// every change. Each rule is a function from the tree to its findings, and each
// is shown to find something by a small made-up tree in testdata.
//
// A new package needs a row in the import table (layers_test.go); then
//
//	UPDATE=1 go test ./internal/arch
//
// writes the table into docs/architecture.md.
package arch
