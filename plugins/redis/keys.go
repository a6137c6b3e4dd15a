package redis

import (
	"context"
	"strconv"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// keyRow is a key whose length is measured.
type keyRow struct {
	DB     int    `json:"db"`
	Key    string `json:"key"`
	Type   string `json:"type"`
	Length int64  `json:"length"`
}

// lengthCommand is what asks for the length of a key of the type.
func lengthCommand(kind string) (string, bool) {
	command, ok := map[string]string{
		"list": "LLEN", "stream": "XLEN", "set": "SCARD", "zset": "ZCARD", "hash": "HLEN", "string": "STRLEN",
	}[kind]
	return command, ok
}

// readKeys measures the lengths of the keys that were asked for.
func (c *collector) readKeys(ctx context.Context, s *survey, out *plugin.Batch) error {
	for _, check := range c.config.Keys {
		row, err := c.readKey(ctx, check)
		if err != nil {
			if err := c.tolerate(err, out); err != nil {
				return err
			}
			continue
		}
		s.keys = append(s.keys, row)
	}
	return nil
}

func (c *collector) readKey(ctx context.Context, check keyCheck) (keyRow, error) {
	row := keyRow{DB: check.DB, Key: check.Key, Type: check.Type}
	if err := c.client.use(ctx, check.DB); err != nil {
		return row, err
	}
	if row.Type == "" || row.Type == "auto" {
		answer, err := c.client.ask(ctx, "TYPE", check.Key)
		if err != nil {
			return row, err
		}
		row.Type = answer.text
		if row.Type == "none" {
			return row, nil // a queue that is empty is no key at all
		}
	}
	command, ok := lengthCommand(row.Type)
	if !ok {
		return row, fault.New(fault.Unsupported, "measuring the key %s: it is of type %s, which has no length", check.Key, plugin.Shorten(row.Type, 40)).
			WithHint("take it out of key_checks")
	}
	answer, err := c.client.ask(ctx, command, check.Key)
	if err != nil {
		return row, err
	}
	if answer.kind != ':' || answer.number < 0 {
		return row, fault.New(fault.BadAnswer, "measuring the key %s: %s gave no number", check.Key, command)
	}
	row.Length = answer.number
	return row, nil
}

// database is the number of a database as a label.
func database(number int) string { return strconv.Itoa(number) }
