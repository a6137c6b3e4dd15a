package certificate

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/unity-homelab/unity/fault"
)

func FuzzParse(f *testing.F) {
	for _, name := range []string{"letsencrypt", "folder", "traefik", "key-only", "truncated", "sha-1"} {
		archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
		if err != nil {
			f.Fatal(err)
		}
		for _, section := range archive.Files {
			f.Add(section.Data, "")
		}
	}
	f.Add([]byte("\xfe\xed\xfe\xed\x00\x00\x00\x02\x00\x00\x00\x00"), "changeit")
	f.Add([]byte("\x30\x82\x01\x00\x02\x01\x03"), "changeit")
	f.Fuzz(func(t *testing.T, data []byte, password string) {
		entries, err := parse(data, password)
		if err != nil && fault.Of(err) == fault.Internal {
			t.Errorf("a fault without a kind: %v", err)
		}
		for _, e := range entries {
			if len(e.chain) == 0 {
				t.Error("an entry without a certificate")
			}
			for i, c := range e.chain {
				_, _, _ = nameOf(c), keyWords(c), roleOf(i, c)
			}
		}
	})
}

func FuzzPreludes(f *testing.F) {
	for _, said := range []string{
		"220 mail.lan\r\n250-mail.lan\r\n250 STARTTLS\r\n220 go\r\n", "* OK ready\r\na1 OK begin\r\n", "+OK ready\r\n+OK begin\r\n", "220 ready\r\n234 go\r\n", "S", "N",
	} {
		f.Add([]byte(said))
	}
	for _, digits := range []string{"300c02010178070a010004000400", "3084000000100201017884000000070a010004000400", "1f000000ff6a04486f7374"} {
		if raw, err := hex.DecodeString(digits); err == nil {
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		for name, s := range schemes() {
			if s.prelude == nil {
				continue
			}
			err := s.prelude(&clearLine{Writer: io.Discard, Reader: bufio.NewReader(bytes.NewReader(said))})
			if refused := (*refusal)(nil); err != nil && !errors.As(err, &refused) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
