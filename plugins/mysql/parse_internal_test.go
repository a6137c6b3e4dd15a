package mysql

import (
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestOptionFilesAreReadAsTheClientsDo(t *testing.T) {
	t.Parallel()
	got := clientOptions([]byte("user=outside\n# comment\n!includedir /etc\n[mysqld]\nport = 1\n[client]\nuser = 'me'\npassword=\"a # b\"\n" +
		"ssl_ca = /x\nskip-ssl\n[mysqldump]\nuser=other\n[client-mariadb]\nport=3307"))
	want := map[string]string{"user": "me", "password": "a # b", "ssl-ca": "/x", "skip-ssl": "", "port": "3307"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNamesOfFoldersBecomeThoseOfSchemas(t *testing.T) {
	t.Parallel()
	for folder, want := range map[string]string{
		"shop": "shop", "my@002dshop": "my-shop", "@00e9t@00e9": "été", "a@": "a@", "@002": "@002", "@zzzzx": "@zzzzx", "": "",
	} {
		if got := schemaName(folder); got != want {
			t.Errorf("%s became %q, want %q", folder, got, want)
		}
	}
}

func TestPasswordsInStatementsAreNotShown(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"SELECT  1\n FROM x":                      "SELECT 1 FROM x",
		"ALTER USER a IDENTIFIED BY 'secret'":     "ALTER USER a IDENTIFIED …",
		"SET PASSWORD FOR a = PASSWORD('hidden')": "SET PASSWORD …",
	} {
		if got := shorten(query); got != want {
			t.Errorf("%s is shown as %s, want %s", query, got, want)
		}
	}
}

func FuzzParsers(f *testing.F) {
	f.Add([]byte("[client]\nuser=a\npassword='\n"))
	f.Add(append([]byte{0x0a}, "5.5.5-10.11.14-MariaDB\x00rest"...))
	f.Add([]byte("my@002dshop"))
	f.Fuzz(func(t *testing.T, text []byte) {
		clientOptions(text)
		if version, ok := versionIn(text); ok && version == "" {
			t.Error("a version without a text")
		}
		if name := schemaName(string(text)); !utf8.ValidString(name) {
			t.Errorf("%q is no text", name)
		}
		if shown := shorten(string(text)); utf8.RuneCountInString(shown) > 200 {
			t.Errorf("%d letters are shown", utf8.RuneCountInString(shown))
		}
	})
}
