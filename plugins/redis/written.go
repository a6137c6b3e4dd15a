package redis

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// written is an answer as the plugin's cases have it: a text as it is, a number
// after a colon, a refusal after a minus, a list as JSON.
func written(r reply) []byte {
	switch r.kind {
	case '+', '-':
		return []byte(string(r.kind) + r.text + "\n")
	case ':':
		return []byte(":" + strconv.FormatInt(r.number, 10) + "\n")
	case '$':
		return []byte(strings.ReplaceAll(r.text, "\r\n", "\n"))
	case '*':
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		if encoder.Encode(plain(r)) != nil {
			return nil
		}
		return b.Bytes()
	default:
		return []byte("null\n")
	}
}

// plain is an answer as JSON knows it.
func plain(r reply) any {
	switch r.kind {
	case '*':
		list := make([]any, len(r.list))
		for i, element := range r.list {
			list[i] = plain(element)
		}
		return list
	case ':':
		return r.number
	case 0:
		return nil
	default:
		return r.text
	}
}
