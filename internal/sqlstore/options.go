package sqlstore

// WithDefaults returns the options with everything set that was zero, for a
// dialect that hands some of them on to its database.
func (o Options) WithDefaults() Options {
	o.setDefaults()
	return o
}
