package mongodb

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/plugin/peer"
)

func TestADocumentIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.March, 1, 12, 0, 0, 5e6, time.UTC)
	raw := appendDocument(nil, []field{
		{"double", 1.5},
		{"text", "grüß"},
		{"inner", []field{{"int32", -7}}},
		{"list", []any{int64(1), "two", nil}},
		{"bytes", []byte{1, 2, 0}},
		{"true", true},
		{"false", false},
		{"date", at},
		{"time", timestamp{seconds: 5, ordinal: 6}},
		{"int64", int64(math.MaxInt64)},
		{"null", nil},
	})
	want := document{
		"double": 1.5, "text": "grüß", "inner": document{"int32": int64(-7)}, "list": []any{int64(1), "two", nil},
		"bytes": []byte{1, 2, 0}, "true": true, "false": false, "date": at, "time": timestamp{seconds: 5, ordinal: 6},
		"int64": int64(math.MaxInt64), "null": nil,
	}
	got, err := decode(raw)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(timestamp{})); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestWhatHasNoUseIsPassedOver(t *testing.T) {
	t.Parallel()
	element := func(kind byte, value ...byte) []byte { return append([]byte{kind, 'x', 0}, value...) }
	for name, body := range map[string][]byte{
		"undefined": element(0x06), "null": element(0x0A), "the least": element(0xFF), "the greatest": element(0x7F),
		"a regular expression": element(0x0B, 'a', 0, 'i', 0), "a decimal": element(0x13, make([]byte, 16)...),
		"a pointer":      element(0x0C, append([]byte{2, 0, 0, 0, 'a', 0}, make([]byte, 12)...)...),
		"code and scope": element(0x0F, 14, 0, 0, 0, 1, 0, 0, 0, 0, 5, 0, 0, 0, 0),
		"an identifier":  element(0x07, make([]byte, 12)...), "a symbol": element(0x0E, 2, 0, 0, 0, 'a', 0),
	} {
		body = append(body, appendElement(nil, "after", int64(5))...)
		raw := binary.LittleEndian.AppendUint32(nil, uint32(len(body)+5))
		got, err := decode(append(append(raw, body...), 0))
		if n, ok := got.number("after"); err != nil || !ok || n != 5 {
			t.Errorf("%s: what follows is %v: %v", name, got, err)
		}
	}
}

func TestWhatClaimsTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	deep := appendDocument(nil, nil)
	for range maxDepth + 2 {
		inner := append([]byte{0x03, 'x', 0}, deep...)
		deep = append(append(binary.LittleEndian.AppendUint32(nil, uint32(len(inner)+5)), inner...), 0)
	}
	for name, raw := range map[string][]byte{
		"nothing": nil, "a length of 4 GiB": {0xFF, 0xFF, 0xFF, 0xFF, 0}, "a length below itself": {3, 0, 0, 0, 0},
		"too deep": deep, "a text without an end": {12, 0, 0, 0, 2, 'x', 0, 9, 0, 0, 0, 0}, "an unknown sort": {8, 0, 0, 0, 0x55, 'x', 0, 0},
	} {
		if got, err := decode(raw); err == nil {
			t.Errorf("%s is taken: %v", name, got)
		}
	}
	var header [headerBytes]byte
	binary.LittleEndian.PutUint32(header[:], maxAnswerBytes)
	binary.LittleEndian.PutUint32(header[12:], opMessage)
	if _, err := readMessage(bytes.NewReader(header[:]), 0); err == nil {
		t.Error("an answer that claims 48 MiB and sends nothing is taken")
	}
}

// The examples of RFC 5802 and RFC 7677.
func TestTheLoginIsThatOfTheStandard(t *testing.T) {
	t.Parallel()
	s := newScram(mechanismSHA256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO")
	if got := string(s.begin()); got != "n,,n=user,r=rOprNGfwEbeRWgbNEkqO" {
		t.Errorf("it begins with %s", got)
	}
	const challenge = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
	got, err := s.answer([]byte(challenge))
	const want = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
	if err != nil || string(got) != want {
		t.Errorf("it answers %s: %v", got, err)
	}
	if err := s.end([]byte("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")); err != nil {
		t.Errorf("it does not know the server: %v", err)
	}
	if err := s.end([]byte("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")); err == nil {
		t.Error("it takes another server for the one that knows the password")
	}

	s = newScram(mechanismSHA1, "user", "", "fyko+d2lbbFgONRv9qkxdawL")
	s.password = "pencil" // the standard's; MongoDB hashes it before
	s.begin()
	got, err = s.answer([]byte("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"))
	if err != nil || !strings.HasSuffix(string(got), ",p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=") {
		t.Errorf("it answers %s: %v", got, err)
	}
	if err := s.end([]byte("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=")); err != nil {
		t.Errorf("it does not know the server: %v", err)
	}
}

func TestALoginThatAsksTooMuchOrTooLittleIsRefused(t *testing.T) {
	t.Parallel()
	salt := base64.StdEncoding.EncodeToString([]byte("salt"))
	for _, challenge := range []string{
		"", "r=mine,s=" + salt + ",i=4096", "r=other,s=" + salt + ",i=4096", "r=mineandmore,s=" + salt + ",i=1",
		"r=mineandmore,s=" + salt + ",i=2000000000", "r=mineandmore,s=!,i=4096", "r=mineandmore,s=,i=4096", "r=mineandmore,s=" + salt + ",i=x",
	} {
		s := newScram(mechanismSHA256, "user", "pencil", "mine")
		s.begin()
		if got, err := s.answer([]byte(challenge)); err == nil {
			t.Errorf("%q is answered with %s", challenge, got)
		}
	}
}

func TestAddressesAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"nas": "nas:27017", "nas:27117": "nas:27117", "mongodb://nas": "nas:27017", "mongodb://[::1]:5/": "[::1]:5", "mongodb://[::1]": "[::1]:27017",
		"/tmp/mongodb-27017.sock": "/tmp/mongodb-27017.sock", "mongodb://%2Ftmp%2Fmongodb-27017.sock/": "/tmp/mongodb-27017.sock",
		"mongodb://nas/home?replicaSet=rs0&w=majority": "nas:27017",
		"mongodb://": "", "mongodb://a,b": "", "mongodb+srv://x.y": "", "http://nas": "", "nas:0": "", "nas:x": "", "mongodb://user:pw@nas": "",
	} {
		at, err := parseTarget(text)
		if (err == nil) != (want != "") || err == nil && at.address != want {
			t.Errorf("%s is %s: %v", text, at.address, err)
		}
	}
	at, with, err := parseURI("mongodb://us%40er:p%2Fw@nas:1/home?authMechanism=SCRAM-SHA-1&tls=true&authSource=users")
	if err != nil || at.address != "nas:1" || with.username != "us@er" || with.password != "p/w" || with.source != "users" ||
		with.mechanism != mechanismSHA1 || with.secure == nil || !*with.secure {
		t.Errorf("%+v %+v: %v", at, with, err)
	}
	if _, with, _ = parseURI("mongodb://user:pw@nas/home"); with.source != "home" {
		t.Errorf("the database of the user is %s", with.source)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(appendDocument(nil, []field{{"a", 1.5}, {"b", []any{"x", document{"c": int64(5)}}}, {"d", []byte{1}}, {"e", timestamp{1, 2}}}))
	f.Add([]byte{5, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := decode(raw)
		if err != nil {
			if e := (*peer.Malformed)(nil); !errors.As(err, &e) {
				t.Errorf("%T: %v", err, err)
			}
			return
		}
		if written(doc) == nil {
			t.Errorf("%v cannot be written", doc)
		}
		_ = members(doc)
		_, _ = readMessage(bytes.NewReader(raw), 0)
	})
}

func FuzzParseURI(f *testing.F) {
	f.Add("mongodb://user:pw@nas:27017/home?authSource=admin")
	f.Add("mongodb://[::1]:5/")
	f.Add("%2F")
	f.Fuzz(func(t *testing.T, text string) {
		at, _, err := parseURI(text)
		if err == nil && at.address == "" {
			t.Errorf("%q has no address", text)
		}
	})
}

func FuzzScram(f *testing.F) {
	f.Add([]byte("r=mineandmore,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))
	f.Add([]byte("e=other-error"))
	f.Fuzz(func(_ *testing.T, message []byte) {
		if len(parts(message)["i"]) > len("9999") {
			return // hashing so often takes long, and finds nothing
		}
		s := newScram(mechanismSHA1, "user", "pencil", "mine")
		s.begin()
		_, _ = s.answer(message)
		_ = s.end(message)
	})
}
