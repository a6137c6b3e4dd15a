package ups

import (
	"slices"
	"strings"
	"testing"
)

func TestALineIsTakenApart(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		`VAR rack ups.load "12"`:                 {"VAR", "rack", "ups.load", "12"},
		`UPS rack "The one in the \"rack\" \\ "`: {"UPS", "rack", `The one in the "rack" \ `},
		`VAR rack ups.alarm ""`:                  {"VAR", "rack", "ups.alarm", ""},
		"  OK\tStartTLS  ":                       {"OK", "StartTLS"},
		"":                                       nil,
	} {
		if got, ok := split(line); !ok || !slices.Equal(got, want) {
			t.Errorf("%q is %q (%v), want %q", line, got, ok, want)
		}
	}
	for _, line := range []string{`VAR "open`, `VAR "open \`} {
		if words, ok := split(line); ok {
			t.Errorf("%q is taken for %q", line, words)
		}
	}
}

func TestNumbersAreReadWithTheirUnitAndNothingElseIs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"230.0 Volts": 230, "012": 12, "-4.5": -4.5, " 7": 7} {
		if got, ok := number(text); !ok || got != want {
			t.Errorf("%q is %v (%v), want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "N/A", "nan", "inf", "0x10", "1_000", "ten", "1e999"} {
		if got, ok := number(text); ok {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}

// FuzzSplit wants what was quoted to come back as it was.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{`VAR rack ups.load "12"`, `"a\"b" \`, `""`, "\x00 \" \xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = split(text)
		if !strings.ContainsAny(text, "\r\n") {
			words, ok := split("PASSWORD " + quote(text))
			if !ok || len(words) != 2 || words[1] != text {
				t.Errorf("%q is sent as %s and comes back as %q (%v)", text, quote(text), words, ok)
			}
		}
	})
}

// FuzzApcupsd wants whatever apcupsd says to be taken without harm.
func FuzzApcupsd(f *testing.F) {
	for _, seed := range []string{"STATUS   : ONLINE\nLINEV    : 230.0 Volts\n", "STATUS : COMMLOST", ":::", "BATTDATE : 13/13/13\nITEMP : -273.2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := fromApcupsd(parseRecords(text), nil)
		if d.Name == "" {
			t.Errorf("a UPS without a name from %q", text)
		}
		for metric, value := range d.Values {
			if value < 0 && !canBeNegative(metric) && metric != "ups_battery_date_timestamp_seconds" {
				t.Errorf("%s is %v from %q", metric, value, text)
			}
		}
	})
}

// FuzzNUT wants whatever upsd says of a UPS to be taken without harm.
func FuzzNUT(f *testing.F) {
	for _, seed := range []string{"ups.status OL CHRG\nups.load 12", "outlet.1.status on", "battery.date 2023/06/12", "ups.status COMMBAD"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		variables := make(map[string]string)
		for line := range strings.Lines(text) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			variables[name] = value
		}
		d := fromNUT("rack", "", variables, []string{"*"})
		if d.Lost != "" && len(d.Values)+len(d.Extra) > 0 {
			t.Errorf("a UPS that is lost has values: %v", d.Values)
		}
	})
}
