package ipmi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/ipmi"
)

func TestTheUserOfTheReadmeMayReadAndNoMore(t *testing.T) {
	t.Parallel()
	m := startWith(t, "")
	for line := range strings.Lines(plugintest.ReadmeLines(t, "ipmitool ")) {
		m.admin(strings.Fields(strings.Replace(line, "PASSWORD", password, 1))[1:]...)
	}
	plugintest.CollectAll(t, ipmi.Plugin(), m.collector(nil))
	if said, err := m.try("unity", password, "USER", "chassis", "power", "off"); err == nil {
		t.Errorf("it may switch the machine off: %s", said)
	}
	if said, err := m.try("unity", password, "OPERATOR", "chassis", "power", "off"); err == nil {
		t.Errorf("it may be more than a user: %s", said)
	}
}

func TestALoginThatIsChangedWhileItIsWatched(t *testing.T) {
	t.Parallel()
	m := start(t)
	host := plugintest.LiveHost(t, ipmi.Plugin())
	var later time.Duration
	host.Now = func() time.Time { return time.Now().Add(later) }
	c := plugintest.Open(t, ipmi.Plugin(), m.settings(nil), host)
	plugintest.CollectAll(t, ipmi.Plugin(), c)
	for _, change := range []struct{ do, undo, text, hint string }{
		{"user set password 3 another", "user set password 3 " + password, "the password is not that of the user", "check user and password"},
		{"user disable 3", "user enable 3", "the controller does not know the user", "that the user may use IPMI over LAN"},
	} {
		m.admin(strings.Fields(change.do)...)
		_, err := plugintest.Attempt(t, ipmi.Plugin(), c, 10*time.Second)
		plugintest.WantFault(t, err, fault.Auth, change.text, change.hint)
		plugintest.WantFault(t, err, fault.Auth, "logging in at "+m.host, "it is tried again at")
		m.admin(strings.Fields(change.undo)...)
		// It is left alone for a while, so that the controller locks nobody out.
		_, err = plugintest.Attempt(t, ipmi.Plugin(), c, 10*time.Second)
		plugintest.WantFault(t, err, fault.Auth, change.text, "it is tried again at")
		later += 16 * time.Minute
		plugintest.CollectAll(t, ipmi.Plugin(), c)
	}
}
