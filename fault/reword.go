package fault

// Reword keeps err in the chain without its words, which may hold a secret or
// speak of things that the operator does not know, and says words in their place.
func Reword(err error, words string) error { return &reworded{words, err} }

type reworded struct {
	words string
	err   error
}

// Error implements error.
func (r *reworded) Error() string { return r.words }

// Unwrap returns the error whose place the words take.
func (r *reworded) Unwrap() error { return r.err }
