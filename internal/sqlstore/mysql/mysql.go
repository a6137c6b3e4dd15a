// Package mysql keeps everything in a database of a MySQL or MariaDB server.
//
// Unlike the file of package sqlite it is open to others: samples and buckets
// are rows, one each, that any client can read, in tables parted by time. What
// was measured lately comes from the journal and memory, as everywhere; the
// writer follows every second.
//
// The two servers are one dialect. What only one of them has, and is worth
// having, stands in comments that only that one reads.
package mysql

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

// sealTimeout is how long one batch may take to be written, unless the options
// say otherwise: a server that answers nothing must not be waited for forever.
const sealTimeout = 2 * time.Minute

// Open opens the database and brings its tables up to date. A server that is too
// old, a user without rights and a database of another program are refused
// before anything is changed.
func Open(ctx context.Context, url string, options sqlstore.Options) (*sqlstore.DB, error) {
	a, err := parse(url)
	if err != nil {
		return nil, err
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	options.SealTimeout = cmp.Or(options.SealTimeout, sealTimeout)
	backend, err := connect(ctx, a, options)
	if err != nil {
		return nil, fault.Wrap(advise(err, a), "opening the database %s", a)
	}
	db, err := sqlstore.Open(ctx, backend, options)
	return db, fault.Wrap(err, "opening the database %s", a)
}

func connect(ctx context.Context, a address, options sqlstore.Options) (sqlstore.Backend, error) {
	p, err := open(a)
	if err != nil {
		return sqlstore.Backend{}, err
	}
	backend, err := p.inspect(ctx, a, options)
	if err != nil {
		return sqlstore.Backend{}, errors.Join(err, p.close())
	}
	return backend, nil
}

// inspect looks before it changes anything.
func (p pools) inspect(ctx context.Context, a address, options sqlstore.Options) (sqlstore.Backend, error) {
	who, err := meet(ctx, p.tend)
	if err == nil {
		err = who.check()
	}
	for _, check := range []func(context.Context, *sql.DB, address) error{checkRights, checkOwner} {
		if err == nil {
			err = check(ctx, p.tend, a)
		}
	}
	if err == nil {
		err = p.write.PingContext(ctx) // takes the right to write
	}
	if err != nil {
		return sqlstore.Backend{}, translate(advise(err, a))
	}
	// Changing tables may take long, and so is done where that is no problem.
	migrating, err := sqlstore.New(p.tend, p.tend, dialect{})
	if err != nil {
		return sqlstore.Backend{}, err
	}
	if err := migrating.Prepare(ctx, options); err != nil {
		return sqlstore.Backend{}, err
	}
	store, err := sqlstore.New(p.write, p.read, dialect{})
	if err != nil {
		return sqlstore.Backend{}, err
	}
	samples := newSamples(p, store, who, options.Now)
	if err := samples.prepare(ctx); err != nil {
		return sqlstore.Backend{}, err
	}
	return sqlstore.Backend{
		Store: store, Samples: samples, Tiers: samples, Engine: who.String(), Location: a.String(),
		Close: func() error { return errors.Join(samples.close(), p.tend.Close()) },
	}, nil
}

// translate gives an error of the driver its kind.
func translate(err error) error {
	if e := (*fault.Error)(nil); errors.As(err, &e) {
		return err
	}
	if translated := (dialect{}).Fault(err); translated != nil {
		return translated
	}
	return err
}

// advise says what to do when no server could be reached.
func advise(err error, a address) error {
	if fault.Hint(err) != "" {
		return err
	}
	switch fault.Of(err) {
	case fault.Timeout:
		return fault.As(fault.Timeout, err, "connecting").
			WithHint("The server does not answer at %s, or something else answers there.", a.where())
	case fault.Refused, fault.Unreachable, fault.NotFound:
		return fault.As(fault.Of(err), err, "connecting").
			WithHint("Look whether the database server runs and can be reached at %s.", a.where())
	case fault.DNS:
		return fault.As(fault.DNS, err, "connecting").WithHint("Correct the name of the server in the URL of the database.")
	case fault.TLS:
		return fault.As(fault.TLS, err, "connecting").WithHint(hintTLS)
	default:
		return err
	}
}
