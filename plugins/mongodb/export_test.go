package mongodb

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// Question reads a command as a server does, and returns what the plugin's cases
// call it, and its number.
func Question(header, body []byte) (name string, number uint32, err error) {
	doc, err := decode(body[5:])
	if err != nil {
		return "", 0, err
	}
	// The first field is the command; a map has forgotten which.
	first, _, _ := bytes.Cut(body[10:], []byte{0})
	name = string(first)
	if argument, ok := doc[name].(string); ok {
		name += " " + argument
	}
	if mechanism, ok := doc["mechanism"].(string); ok {
		name += " " + mechanism
	}
	switch doc.at("sort", "$natural") {
	case int64(1):
		name += " first"
	case int64(-1):
		name += " last"
	}
	if database := doc["$db"]; database != "admin" {
		name += fmt.Sprint(" in ", database)
	}
	return name, binary.LittleEndian.Uint32(header[4:]), nil
}

// Encode writes an answer of a case as a server sends it.
func Encode(text []byte, number uint32) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value map[string]any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	doc, _ := typed(value).(document)
	out := make([]byte, headerBytes+5, 4096)
	binary.LittleEndian.PutUint32(out[8:], number)
	binary.LittleEndian.PutUint32(out[12:], opMessage)
	out = append(out, appendElement(nil, "", doc)[2:]...) // without its kind and empty name
	binary.LittleEndian.PutUint32(out, uint32(len(out)))
	return out, nil
}

// typed is the opposite of plain.
func typed(value any) any {
	switch v := value.(type) {
	case map[string]any:
		if text, ok := v["$date"].(string); ok {
			if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
				return at
			}
		}
		if seconds, ok := v["$timestamp"].(json.Number); ok {
			n, _ := seconds.Int64()
			return timestamp{seconds: uint32(n), ordinal: 1}
		}
		if text, ok := v["$binary"].(string); ok {
			b, _ := base64.StdEncoding.DecodeString(text)
			return b
		}
		doc := make(document, len(v))
		for name, value := range v {
			doc[name] = typed(value)
		}
		return doc
	case []any:
		list := make([]any, len(v))
		for i, value := range v {
			list[i] = typed(value)
		}
		return list
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	default:
		return v
	}
}

// Fill writes documents into a collection.
func Fill(ctx context.Context, address, database, collection string, count int) error {
	var dialer net.Dialer
	c := newClient(plugin.Host{Dial: dialer.DialContext}, target{network: "tcp", address: address}, 10*time.Second, nil)
	defer func() { _ = c.peer.Close() }()
	documents := make([]any, count)
	for i := range documents {
		documents[i] = document{"_id": int64(i), "name": fmt.Sprint("room ", i)}
	}
	_, err := c.ask(ctx, question{database: database, fields: []field{{"insert", collection}, {"documents", documents}}})
	return err
}
