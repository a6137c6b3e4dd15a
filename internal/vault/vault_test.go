package vault_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/vault"
)

func open(t *testing.T, file string) *vault.Vault {
	t.Helper()
	v, err := vault.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWhatIsSealedIsOpenedOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	v := open(t, filepath.Join(t.TempDir(), "unity.key"))
	sealed := v.Seal("hunter2", "source/nas/password")
	if strings.Contains(sealed, "hunter2") || !v.Sealed(sealed) || !v.Current(sealed) {
		t.Errorf("sealed as %q", sealed)
	}
	if again := v.Seal("hunter2", "source/nas/password"); again == sealed {
		t.Error("the same secret looks the same twice")
	}
	if got, err := v.Open(sealed, "source/nas/password"); err != nil || got != "hunter2" {
		t.Errorf("opened as %q, %v", got, err)
	}
	if _, err := v.Open(sealed, "source/other/password"); fault.Of(err) != fault.BadAnswer {
		t.Errorf("opened elsewhere: %v", err)
	}
}

func TestTheKeyFileIsMadeOnceAndOnlyForUnity(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "unity.key")
	sealed := open(t, file).Seal("hunter2", "x")
	if got, err := open(t, file).Open(sealed, "x"); err != nil || got != "hunter2" {
		t.Errorf("opened after a restart as %q, %v", got, err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file has mode %v (%v), want 0600", info.Mode(), err)
	}
}

func TestAnOldKeyOpensUntilItIsRetired(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "unity.key")
	v := open(t, file)
	old := v.Seal("hunter2", "x")
	if err := v.Rotate(); err != nil {
		t.Fatal(err)
	}
	if v.Current(old) {
		t.Error("what the old key sealed counts as current")
	}
	v = open(t, file)
	plain, err := v.Open(old, "x")
	if err != nil {
		t.Fatal(err)
	}
	sealed := v.Seal(plain, "x")
	if err := v.Retire(); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Open(old, "x"); fault.Of(err) != fault.NotFound || fault.Hint(err) == "" {
		t.Errorf("a retired key: %v", err)
	}
	if got, err := open(t, file).Open(sealed, "x"); err != nil || got != "hunter2" {
		t.Errorf("opened with the new key as %q, %v", got, err)
	}
}

func TestAKeyOfTheEnvironmentIsUsedAsItIs(t *testing.T) {
	t.Parallel()
	first, second := strings.Repeat("0a", 32), strings.Repeat("0b", 32)
	v, err := vault.New(first)
	if err != nil {
		t.Fatal(err)
	}
	sealed := v.Seal("hunter2", "x")
	both, err := vault.New(second + "," + first)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := both.Open(sealed, "x"); err != nil || got != "hunter2" || both.Current(sealed) {
		t.Errorf("opened as %q, %v", got, err)
	}
	if err := both.Rotate(); err != nil {
		t.Errorf("rotating with the new key in front: %v", err)
	}
	if err := v.Rotate(); fault.Of(err) != fault.Config || fault.Hint(err) == "" {
		t.Errorf("rotating what is not ours: %v", err)
	}
	for _, wrong := range []string{"", "abc", strings.Repeat("zz", 32)} {
		if _, err := vault.New(wrong); fault.Of(err) != fault.Config || wrong != "" && strings.Contains(err.Error(), wrong) {
			t.Errorf("the key %q: %v", wrong, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	v, err := vault.New(strings.Repeat("0a", 32))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(v.Seal("hunter2", "y"))
	f.Add("sealed:x:AAAA")
	f.Add("sealed:")
	f.Fuzz(func(t *testing.T, text string) {
		if plain, err := v.Open(text, "x"); err == nil {
			t.Errorf("opened %q as %q, which was never sealed", text, plain)
		}
	})
}
