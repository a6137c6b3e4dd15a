package webservice

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// judgeAnswer compares the answer with what is expected of it.
func (c *collector) judgeAnswer(r *result) {
	p := c.plan
	r.judge(verdict{
		Name: "status", OK: p.statusExpected(r.status), reason: reasonStatus,
		Detail: fmt.Sprintf("status %d, expected %s", r.status, strings.Join(p.ExpectedStatus, ", ")),
	})
	if p.Keyword != "" {
		found := bytes.Contains(r.body, []byte(p.Keyword))
		detail := "the keyword is there"
		if !found {
			detail = "the keyword is not there" + r.within()
		}
		r.judge(verdict{Name: "keyword", OK: found != p.KeywordInvert, Detail: detail, reason: reasonKeyword})
	}
	if p.body != nil {
		ok := p.body.Match(r.body)
		detail := "the answer matches"
		if !ok {
			detail = "the answer does not match " + p.BodyRegex + r.within()
		}
		r.judge(verdict{Name: "regex", OK: ok, Detail: detail, reason: reasonRegex})
	}
	if len(p.headers) > 0 {
		r.judge(p.judgeHeaders(r))
	}
	if p.json != nil {
		ok, detail := p.judgeJSON(r.body)
		r.judge(verdict{Name: "json", OK: ok, Detail: detail, reason: reasonJSON})
	}
}

// within says that only the beginning of the answer was judged.
func (r *result) within() string {
	if !r.truncated {
		return ""
	}
	return fmt.Sprintf(" in the first %d bytes", r.bytes)
}

func (p *plan) judgeHeaders(r *result) verdict {
	v := verdict{Name: "header", OK: true, Detail: "all headers match", reason: reasonHeader}
	for _, name := range slices.Sorted(maps.Keys(p.headers)) {
		values := r.header.Values(name)
		if !slices.ContainsFunc(values, p.headers[name].MatchString) {
			v.OK, v.Detail = false, fmt.Sprintf("the header %s does not match", name)
			if len(values) == 0 {
				v.Detail = fmt.Sprintf("there is no header %s", name)
			}
			break
		}
	}
	return v
}

// judgeJSON finds the values at the path and compares them.
func (p *plan) judgeJSON(body []byte) (ok bool, detail string) {
	var document any
	if err := json.Unmarshal(body, &document); err != nil {
		return false, "the answer is not JSON"
	}
	found, ok := p.find(document)
	switch {
	case !ok:
		return false, p.JSONPath + " cannot be applied to the answer"
	case len(found) == 0:
		return false, "there is nothing at " + p.JSONPath
	case p.JSONOperator == "exists":
		return true, "there is a value at " + p.JSONPath
	case p.JSONOperator == "any":
		ok = slices.ContainsFunc(found, func(v any) bool { return compare(v, "==", p.JSONExpected) })
		return ok, fmt.Sprintf("%d values at %s, one of which should be %s", len(found), p.JSONPath, p.JSONExpected)
	default:
		return compare(found[0], p.JSONOperator, p.JSONExpected),
			fmt.Sprintf("%s is %s, expected %s %s", p.JSONPath, short(textOf(found[0])), p.JSONOperator, p.JSONExpected)
	}
}

// find returns the values at the path. Some paths make package jp panic on
// answers that they do not fit, such as a filter on null.
func (p *plan) find(document any) (found []any, ok bool) {
	defer func() {
		if recover() != nil {
			found, ok = nil, false
		}
	}()
	return p.json.Get(document), true
}

// compare compares as numbers where both are numbers, else as texts.
func compare(value any, operator, expected string) bool {
	text := textOf(value)
	if operator == "contains" {
		if list, ok := value.([]any); ok {
			return slices.ContainsFunc(list, func(v any) bool { return textOf(v) == expected })
		}
		return strings.Contains(text, expected)
	}
	order := strings.Compare(text, expected)
	a, errA := strconv.ParseFloat(text, 64)
	b, errB := strconv.ParseFloat(expected, 64)
	if errA == nil && errB == nil {
		order = 0
		if a < b {
			order = -1
		} else if a > b {
			order = 1
		}
	}
	switch operator {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order >= 0
	}
}

func textOf(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case nil:
		return "null"
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(raw)
}

// short makes one short line of what a server said.
func short(text string) string { return plugin.Shorten(text, 80) }
