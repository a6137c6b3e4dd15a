package lenient_test

import (
	"encoding/json"
	"testing"

	"github.com/unity-homelab/unity/plugin/lenient"
)

func TestNumbersComeInManyForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{`5`: 5, `"76"`: 76, `"1,050"`: 1050, `0`: 0, `-1`: -1, `" 0.15 "`: 0.15, `1e3`: 1000} {
		var n lenient.Number
		err := json.Unmarshal([]byte(text), &n)
		if got, known := n.Get(); err != nil || !known || got != want || *n.Pointer() != want || n.Or(7) != want {
			t.Errorf("%s is %v, %v (%v)", text, got, known, err)
		}
		if positive := n.Positive(); (positive != nil) != (want > 0) {
			t.Errorf("%s is positive: %v", text, positive)
		}
	}
	for _, text := range []string{`null`, `""`, `"N/A"`, `"-"`, `{}`, `[1]`, `true`, `"NaN"`, `"inf"`, `1e999`} {
		var n lenient.Number
		err := json.Unmarshal([]byte(text), &n)
		if got, known := n.Get(); err != nil || known || got != 0 || n.Pointer() != nil || n.Positive() != nil || n.Or(7) != 7 {
			t.Errorf("%s is %v, %v (%v)", text, got, known, err)
		}
	}
}

func TestAmountsAreNotBelowZero(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{`0`: 0, `"1,050"`: 1050, `12.5`: 12.5} {
		var a lenient.Amount
		if err := json.Unmarshal([]byte(text), &a); err != nil || a.Pointer() == nil || a.Or(7) != want {
			t.Errorf("%s is %v (%v)", text, a.Or(-1), err)
		}
	}
	for _, text := range []string{`-1`, `"-0.5"`, `1e18`, `null`, `"N/A"`, `{}`} {
		var a lenient.Amount
		if err := json.Unmarshal([]byte(text), &a); err != nil || a.Pointer() != nil {
			t.Errorf("%s is %v (%v)", text, a.Or(0), err)
		}
	}
}

func TestTruthsComeInManyForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`true`: true, `1`: true, `"1"`: true, `"Yes"`: true, `"on"`: true,
		`false`: false, `0`: false, `"0"`: false, `"no"`: false, `null`: false, `{}`: false, `2`: false,
	} {
		f := lenient.Flag(!want)
		if err := json.Unmarshal([]byte(text), &f); err != nil || text != "null" && bool(f) != want {
			t.Errorf("%s is %v (%v)", text, f, err)
		}
	}
}

func TestTextsComeInManyForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{`"a b"`: "a b", `100`: "100", `true`: "true", `null`: "", `{"a": 1}`: "", `["x"]`: ""} {
		var got lenient.Text
		if err := json.Unmarshal([]byte(text), &got); err != nil || string(got) != want {
			t.Errorf("%s is %q (%v)", text, got, err)
		}
	}
}

// FuzzValues reads whatever may stand in an answer.
func FuzzValues(f *testing.F) {
	f.Add(`{"n": "1,0", "f": "yes", "t": 3}`)
	f.Add(`{"n": [1, {}], "f": null, "t": {"a": 1}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var values struct {
			N lenient.Number
			F lenient.Flag
			T lenient.Text
		}
		if !json.Valid([]byte(text)) || text == "" || text[0] != '{' {
			return
		}
		if err := json.Unmarshal([]byte(text), &values); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	})
}

func TestAPartOfAnotherFormIsNothing(t *testing.T) {
	t.Parallel()
	type inner struct{ Hits lenient.Number }
	for text, there := range map[string]bool{
		`{"cache": {"hits": 1}}`: true, `{"cache": {}}`: true,
		`{"cache": []}`: false, `{"cache": false}`: false, `{"cache": "N/A"}`: false, `{"cache": null}`: false, `{}`: false,
	} {
		var said struct{ Cache lenient.Part[inner] }
		if err := json.Unmarshal([]byte(text), &said); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if got := said.Cache.Pointer() != nil; got != there {
			t.Errorf("%s: the part is there: %t", text, got)
		}
	}
}
