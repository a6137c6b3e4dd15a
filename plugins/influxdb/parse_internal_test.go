package influxdb

import (
	"encoding/json"
	"testing"
)

func TestWhatGoesAwayWithAShardIsStillCounted(t *testing.T) {
	t.Parallel()
	var c total
	for i, step := range []struct {
		parts map[string]float64
		want  float64
	}{
		{map[string]float64{"1": 5, "2": 7}, 0},         // what was before is not known to be new
		{map[string]float64{"1": 6, "2": 7}, 1},         //
		{map[string]float64{"2": 9}, 3},                 // shard 1 was dropped
		{map[string]float64{"2": 9, "3": 4}, 7},         // shard 3 is new
		{map[string]float64{"2": 1, "3": 0}, 8},         // the server was restarted
		{map[string]float64{}, 8},                       //
		{map[string]float64{"2": 1, "3": 0, "4": 0}, 9}, //
	} {
		if got := c.count(step.parts); got != step.want {
			t.Errorf("step %d: %v were counted, want %v", i, got, step.want)
		}
	}
}

func TestQueriesThatChangeSomethingAreKnown(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]bool{
		"1 SELECT last(value) FROM t": false, "1 show databases;": false, "1 DROP DATABASE x": true, "1 SELECT v INTO y FROM t": true,
		"1 SELECT 1; DELETE FROM t": true, "1 ": true, "3 WITH x AS (SELECT 1) SELECT * FROM x": false, "3 CREATE TABLE x": true,
		`2 from(bucket: "home") |> range(start: -1m)`: false, `2 from(bucket: "a") |> to(bucket: "b")`: true,
	} {
		if got := changes(query[:1], query[2:]); got != want {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}

func FuzzStats(f *testing.F) {
	f.Add(`{"system":{"uptime":5},"cmdline":["influxd"],"shard:/x:1":{"name":"shard","tags":{"database":"home"},"values":{"diskBytes":5,"path":"x"}}}`)
	f.Add(`{"a":{"values":{"b":-1,"c":1e300}},"b":null,"c":7}`)
	f.Fuzz(func(t *testing.T, text string) {
		var vars stats
		if json.Unmarshal([]byte(text), &vars) != nil {
			return
		}
		for _, one := range vars {
			for figure, value := range one.Values {
				if value < 0 {
					t.Errorf("%s is %v", figure, value)
				}
				vars.sum(one.Name, figure)
			}
		}
	})
}

func FuzzAnswers(f *testing.F) {
	f.Add(`{"results":[{"series":[{"columns":["name","duration","default"],"values":[["autogen","168h0m0s",true]]}]}]}`)
	f.Add(`{"results":[{"error":"no"}]}`)
	f.Add(`{"status":"pass"}`)
	f.Add("OK")
	f.Fuzz(func(_ *testing.T, text string) {
		_ = statementError([]byte(text))
		_, _, _ = healthOf([]byte(text))
		_ = words([]byte(text))
		_ = tidyVersion(text)
		var answer answer1
		if json.Unmarshal([]byte(text), &answer) != nil {
			return
		}
		for _, result := range answer.Results {
			for _, series := range result.Series {
				for _, values := range series.Values {
					_, _ = policy1(series.Columns, values)
				}
			}
		}
	})
}
