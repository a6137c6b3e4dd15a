package postgres

import (
	"encoding/binary"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/unity-homelab/unity/fault"
)

// FuzzElements reads arrays that a server might send. One that is whole is read
// as the driver reads it.
func FuzzElements(f *testing.F) {
	types := pgtype.NewMap()
	for _, array := range [][]float64{{}, {1}, {0.5, math.Inf(1), -3}} {
		data, err := types.Encode(pgtype.Float8ArrayOID, pgtype.BinaryFormatCode, array, nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(nil))
	f.Add(make([]byte, arrayHeader+elementWidth-1))
	f.Fuzz(func(t *testing.T, data []byte) {
		read := elements(data)
		n := read.len()
		for i := range n {
			read.float(i)
			read.time(i)
		}
		var want []float64
		if len(data) < arrayHeader || types.Scan(pgtype.Float8ArrayOID, pgtype.BinaryFormatCode, data, &want) != nil {
			return
		}
		// Of other shapes than Unity asks for, or with a hole, the driver knows more.
		if binary.BigEndian.Uint32(data) != 1 || n != len(want) {
			return
		}
		for i, value := range want {
			if math.Float64bits(read.float(i)) != math.Float64bits(value) {
				t.Errorf("element %d is read as %v, want %v", i, read.float(i), value)
			}
		}
	})
}

func TestTimesComeBackToTheMillisecond(t *testing.T) {
	t.Parallel()
	types := pgtype.NewMap()
	for _, ms := range []int64{0, 1, -1, 999, -1001, epoch, epoch - 1, minTime, maxTime, 1_778_068_800_123} {
		data, err := types.Encode(pgtype.TimestamptzOID, pgtype.BinaryFormatCode, moment(ms), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := timeOf(data); got != ms {
			t.Errorf("%d came back as %d", ms, got)
		}
	}
	if got := moment(math.MinInt64); got.UnixMilli() != minTime {
		t.Errorf("the earliest time is %s", got)
	}
	if got := moment(math.MaxInt64); got.UnixMilli() != maxTime {
		t.Errorf("the latest time is %s", got)
	}
}

// FuzzParse reads what somebody might take for an address. No part of a password
// is ever said.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"postgres://unity:secret@nas:5432/unity?sslmode=verify-full", "postgresql:///unity?host=/run/postgresql",
		"postgres://unity:se#cret@nas/unity", "postgres:unity", "postgres://a,b:1,2/x?pool_max_conns=1&timescaledb=off", "://", "",
	} {
		f.Add(text, "secret")
	}
	f.Fuzz(func(t *testing.T, text, password string) {
		for _, address := range []string{text, "postgres://unity:" + password + "@nas/db", "postgres://unity:" + url.QueryEscape(password) + "@nas/db"} {
			found, err := parse(address)
			if err != nil {
				if fault.Of(err) != fault.Config || fault.Hint(err) == "" {
					t.Errorf("%q is refused with %v", address, err)
				}
				found.location = err.Error()
			}
			// A long random text cannot be there by chance.
			if len(password) > 12 && strings.Contains(found.location, password) && !strings.Contains(text, password) {
				t.Errorf("the password %q is said: %s", password, found.location)
			}
		}
	})
}

func TestCodesOfTheServerHaveAKindAndAHint(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]fault.Kind{
		"28P01": fault.Auth, "28000": fault.Auth, "3D000": fault.NotFound, "42501": fault.Permission, "25006": fault.Permission,
		"53100": fault.Unreachable, "53200": fault.Unreachable, "53300": fault.Unreachable, "57P01": fault.Unreachable,
		"57P03": fault.Unreachable, "57014": fault.Timeout, "55P03": fault.Timeout, "08006": fault.Unreachable, "58030": fault.Unreachable,
		"XX001": fault.BadAnswer, "42P07": fault.Conflict, "2BP01": fault.Conflict,
	} {
		found := translate(&pgconn.PgError{Code: code, Message: "what the server says"})
		if found == nil || found.Kind != want || found.Hint == "" {
			t.Errorf("%s is %+v, want kind %s and a hint", code, found, want)
		}
	}
	if found := translate(&pgconn.PgError{Code: "42601", Message: "syntax"}); found.Kind != fault.Internal || !strings.Contains(found.Error(), "42601") {
		t.Errorf("a code that nothing is known about is %+v", found)
	}
	if found := translate(fault.New(fault.Config, "x")); found != nil {
		t.Errorf("an error of Unity itself is translated to %+v", found)
	}
}

func TestServersThatAreTooOldAreRefused(t *testing.T) {
	t.Parallel()
	good := server{number: oldest, version: "13.0", encoding: "UTF8", database: "unity", user: "unity"}
	good.schema.String, good.schema.Valid, good.may.Bool, good.may.Valid = "public", true, true, true
	if err := good.check(); err != nil {
		t.Errorf("the oldest server that will do is refused: %v", err)
	}
	for says, change := range map[string]func(s *server){
		"PostgreSQL 12.9, and Unity needs 13": func(s *server) { s.number, s.version = 120009, "12.9" },
		"it is a standby":                     func(s *server) { s.standby = true },
		"has the encoding LATIN1":             func(s *server) { s.encoding = "LATIN1" },
	} {
		bad := good
		change(&bad)
		if err := bad.check(); err == nil || !strings.Contains(err.Error(), says) || fault.Hint(err) == "" {
			t.Errorf("got %v, want %q", err, says)
		}
	}
	for pair, want := range map[[2]string]bool{
		{"2.9.1", "2.13"}: true, {"2.13", "2.13"}: false, {"2.13.0", "2.13"}: false, {"2.23.0", "2.13"}: false, {"1.7", "2.13"}: true, {"3.0", "2.13"}: false,
	} {
		if earlier(pair[0], pair[1]) != want {
			t.Errorf("is %s earlier than %s? want %v", pair[0], pair[1], want)
		}
	}
}

func TestPiecesBeginAtWholeSpans(t *testing.T) {
	t.Parallel()
	one := samplesTable()
	for at, want := range map[string]string{
		"2026-05-06T00:00:00Z": "samples_p20260506", "2026-05-06T23:59:59.999Z": "samples_p20260506",
		"1969-12-31T23:00:00Z": "samples_p19691231", "0001-01-01T00:00:00Z": "samples_p00010101",
	} {
		when, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			t.Fatal(err)
		}
		start := one.start(when.UnixMilli())
		if got := one.piece(start); got != want {
			t.Errorf("%s is in %s, want %s", at, got, want)
		}
		if begin, ours := one.begin(want); !ours || begin != start {
			t.Errorf("%s begins at %d, want %d", want, begin, start)
		}
	}
	if _, ours := one.begin("samples_5m_p20260506"); ours {
		t.Error("a partition of another table is taken for one of samples")
	}
}
