package mysql

import (
	"strings"
	"testing"

	"github.com/unity-homelab/unity/fault"
)

func TestAServerThatIsTooOldIsRefused(t *testing.T) {
	t.Parallel()
	for text, test := range map[string]struct {
		name   string
		refuse string
	}{
		"10.11.6-MariaDB-0+deb12u1": {"MariaDB 10.11.6", ""},
		"10.6.0-MariaDB":            {"MariaDB 10.6.0", ""},
		"12.0.2-MariaDB-ubu2404":    {"MariaDB 12.0.2", ""},
		"5.5.5-10.5.23-MariaDB-log": {"MariaDB 10.5.23", "needs MariaDB 10.6"},
		"10.3.39-MariaDB":           {"MariaDB 10.3.39", "needs MariaDB 10.6"},
		"8.0.36-0ubuntu0.22.04.1":   {"MySQL 8.0.36", ""},
		"8.0.17":                    {"MySQL 8.0.17", ""},
		"9.1.0":                     {"MySQL 9.1.0", ""},
		"8.0.16":                    {"MySQL 8.0.16", "needs MySQL 8.0.17"},
		"5.7.44-log":                {"MySQL 5.7.44", "needs MySQL 8.0.17"},
		"8":                         {"MySQL 8", "needs MySQL 8.0.17"},
		"":                          {"MySQL ", "needs MySQL 8.0.17"},
		"99999999999999999999999999.1.1-MariaDB-": {"MariaDB 99999999999999999999999999.1.1", ""},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			s := versionOf(text)
			if s.String() != test.name {
				t.Errorf("got %q, want %q", s, test.name)
			}
			err := s.check()
			switch {
			case test.refuse == "" && err != nil:
				t.Errorf("it is refused: %v", err)
			case test.refuse != "" && (fault.Of(err) != fault.Unsupported || !strings.Contains(err.Error(), test.refuse) || fault.Hint(err) == ""):
				t.Errorf("got %v (hint: %q), want a fault that says %q", err, fault.Hint(err), test.refuse)
			}
		})
	}
}
