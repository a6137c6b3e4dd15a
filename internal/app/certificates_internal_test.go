package app

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unity-homelab/unity/internal/config"
)

func TestACertificateIsReadAgainWhenItsFileChanges(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	settings := config.Default()
	settings.TLS.Certificate, settings.TLS.Key = filepath.Join(folder, "a.pem"), filepath.Join(folder, "a.key")
	synctest.Test(t, func(t *testing.T) {
		replace := func(name string) {
			t.Helper()
			for _, file := range []string{settings.TLS.Certificate, settings.TLS.Key} {
				if err := os.RemoveAll(file); err != nil {
					t.Fatal(err)
				}
			}
			if err := makeCertificate(settings.TLS.Certificate, settings.TLS.Key, []string{name}); err != nil {
				t.Fatal(err)
			}
			// Two files may be written within what a file system can tell apart.
			if err := os.Chtimes(settings.TLS.Certificate, time.Time{}, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		replace("first")
		known, err := newCertificates(settings, nil)
		if err != nil {
			t.Fatal(err)
		}
		shown := func() []byte {
			t.Helper()
			certificate, err := known.get(nil)
			if err != nil {
				t.Fatal(err)
			}
			return certificate.Certificate[0]
		}
		first := shown()
		time.Sleep(lookEvery / 2)
		replace("second")
		if !bytes.Equal(shown(), first) {
			t.Error("the file is read at every request")
		}
		time.Sleep(lookEvery)
		second := shown()
		if bytes.Equal(second, first) {
			t.Error("the new certificate is not read")
		}
		if err := os.WriteFile(settings.TLS.Certificate, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(lookEvery)
		if !bytes.Equal(shown(), second) {
			t.Error("a file that is half written takes the certificate away")
		}
	})
}
