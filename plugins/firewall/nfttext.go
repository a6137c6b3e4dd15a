package firewall

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// nftText writes a statement of a rule much as nft itself does. What it does not
// know is written as it came.
func nftText(name string, what any) string {
	fields, _ := what.(map[string]any)
	switch name {
	case "match":
		return matchText(fields)
	case "vmap":
		return value(fields["key"]) + " vmap " + value(fields["data"])
	case "counter":
		return "counter name " + strconv.Quote(value(what))
	case accept, drop, "return", "continue", "masquerade", "notrack", "fully-random":
		if fields == nil {
			return name
		}
	case "jump", "goto":
		return name + " " + value(fields["target"])
	case "reject":
		return rejectText(fields)
	case "log":
		return logText(fields)
	case "limit":
		return limitText(fields)
	case "mangle":
		return value(fields["key"]) + " set " + value(fields["value"])
	case "snat", "dnat", "redirect":
		return natText(name, fields)
	case "ct count":
		if fields["inv"] == true {
			return "ct count over " + value(fields["val"])
		}
		return "ct count " + value(fields["val"])
	case "set":
		return value(fields["op"]) + " " + value(fields["set"]) + " { " + value(fields["elem"]) + " }"
	case "xt":
		return "xt " + value(fields["type"]) + " " + value(fields["name"])
	}
	return name + " " + asCame(what)
}

func matchText(m map[string]any) string {
	op := value(m["op"])
	left := value(m["left"])
	right := value(m["right"])
	if list, ok := m["right"].([]any); ok {
		right = joined(list, ",")
	}
	if op == "==" || op == "in" {
		return left + " " + right
	}
	return left + " " + op + " " + right
}

func rejectText(r map[string]any) string {
	kind, with := value(r["type"]), value(r["expr"])
	switch {
	case r == nil:
		return reject
	case with == "":
		return reject + " with " + kind
	}
	return reject + " with " + kind + " " + with
}

func logText(l map[string]any) string {
	text := "log"
	for _, key := range slices.Sorted(maps.Keys(l)) {
		if key == "prefix" {
			text += " prefix " + strconv.Quote(value(l[key]))
			continue
		}
		text += " " + key + " " + value(l[key])
	}
	return text
}

func limitText(l map[string]any) string {
	unit, per := "", value(l["per"])
	if u := value(l["rate_unit"]); u != "" && u != "packets" {
		unit = " " + u
	}
	text := "limit rate "
	if l["inv"] == true {
		text += "over "
	}
	text += value(l["rate"]) + unit + "/" + per
	if burst := value(l["burst"]); burst != "" && burst != "0" {
		burstUnit := value(l["burst_unit"])
		if burstUnit == "" {
			burstUnit = "packets"
		}
		text += " burst " + burst + " " + burstUnit
	}
	return text
}

func natText(name string, n map[string]any) string {
	to := value(n["addr"])
	if strings.Contains(to, ":") {
		to = "[" + to + "]"
	}
	if port := value(n["port"]); port != "" {
		to += ":" + port
	}
	if family := value(n["family"]); family != "" {
		name += " " + family
	}
	if to == "" {
		return name
	}
	return name + " to " + to
}

// value writes an expression.
func value(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case []any:
		return joined(v, ", ")
	case map[string]any:
		if len(v) == 1 {
			for name, what := range v {
				return expression(name, what)
			}
		}
		return asCame(v)
	default:
		return fmt.Sprint(v)
	}
}

func expression(name string, what any) string {
	fields, _ := what.(map[string]any)
	list, _ := what.([]any)
	switch name {
	case "payload":
		if fields["protocol"] != nil {
			return value(fields["protocol"]) + " " + value(fields["field"])
		}
		return "@" + value(fields["base"]) + "," + value(fields["offset"]) + "," + value(fields["len"])
	case "meta":
		return metaText(value(fields["key"]))
	case "ct", "rt", "socket":
		if direction := value(fields["dir"]); direction != "" {
			return name + " " + direction + " " + value(fields["key"])
		}
		return name + " " + value(fields["key"])
	case "fib":
		return "fib " + flags(fields["flags"]) + " " + value(fields["result"])
	case "tcp option", "ip option", "exthdr":
		return strings.TrimSpace(name + " " + value(fields["name"]) + " " + value(fields["field"]))
	case "prefix":
		return value(fields["addr"]) + "/" + value(fields["len"])
	case "range":
		return joined(list, "-")
	case "set":
		return "{ " + elements(what) + " }"
	case "concat":
		return joined(list, " . ")
	case "&", "|", "^", "<<", ">>":
		return operation(name, list)
	case "elem":
		text := value(fields["val"])
		if timeout := value(fields["timeout"]); timeout != "" {
			text += " timeout " + timeout + "s"
		}
		return text
	case "map":
		return value(fields["key"]) + " map " + value(fields["data"])
	case accept, drop, "return", "continue", "jump", "goto":
		return nftText(name, what)
	}
	return name + " " + asCame(what)
}

// metaText leaves out the word meta where nft does.
func metaText(key string) string {
	switch key {
	case "iif", "oif", "iifname", "oifname", "iiftype", "oiftype", "skuid", "skgid", "iifgroup", "oifgroup":
		return key
	}
	return "meta " + key
}

func operation(sign string, list []any) string {
	parts := make([]string, 0, len(list))
	for _, part := range list {
		if several, ok := part.([]any); ok {
			parts = append(parts, "("+joined(several, "|")+")")
			continue
		}
		parts = append(parts, value(part))
	}
	return strings.Join(parts, " "+sign+" ")
}

// elements writes those of a set in place, or of a map: pairs.
func elements(what any) string {
	list, ok := what.([]any)
	if !ok {
		return value(what)
	}
	texts := make([]string, 0, len(list))
	for _, one := range list {
		if pair, ok := one.([]any); ok && len(pair) == 2 {
			texts = append(texts, value(pair[0])+" : "+value(pair[1]))
			continue
		}
		texts = append(texts, value(one))
	}
	return strings.Join(texts, ", ")
}

func flags(v any) string {
	if list, ok := v.([]any); ok {
		return joined(list, " . ")
	}
	return value(v)
}

func joined(list []any, by string) string {
	texts := make([]string, 0, len(list))
	for _, one := range list {
		texts = append(texts, value(one))
	}
	return strings.Join(texts, by)
}

// asCame writes what nobody knows as JSON, which does not depend on the order of
// its parts.
func asCame(what any) string {
	raw, err := json.Marshal(what)
	if err != nil || what == nil {
		return ""
	}
	return string(raw)
}
