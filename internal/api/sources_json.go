package api

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"math"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// formats are how bodies are written and read: as huma does, but for lists of
// sources. They are long, every page asks for them, and finding out by
// reflection how to write them would take most of the time of an answer.
func formats() map[string]huma.Format {
	formats := maps.Clone(huma.DefaultFormats)
	for name, format := range formats {
		usual := format.Marshal
		format.Marshal = func(w io.Writer, v any) error {
			if sources, ok := v.(list[Source]); ok {
				return writeSources(w, sources)
			}
			return usual(w, v)
		}
		formats[name] = format
	}
	return formats
}

// writeSources writes a list as the package encoding/json would.
func writeSources(w io.Writer, sources list[Source]) error {
	text := make([]byte, 0, 1024)
	text = append(text, `{"items":[`...)
	for i := range sources.Items {
		if i > 0 {
			text = append(text, ',')
		}
		var err error
		if text, err = sources.Items[i].appendJSON(text); err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
		text = text[:0]
	}
	text = append(text, ']')
	if sources.NextCursor != "" {
		text = appendText(append(text, `,"next_cursor":`...), sources.NextCursor)
	}
	_, err := w.Write(append(text, "}\n"...))
	return err
}

// appendJSON writes the source as its tags say.
func (s *Source) appendJSON(text []byte) ([]byte, error) {
	text = appendText(append(text, `{"id":`...), s.ID)
	text = appendText(append(text, `,"plugin":`...), s.Plugin)
	text = appendText(append(text, `,"name":`...), s.Name)
	text = appendText(append(text, `,"host":`...), s.Host)
	text = appendText(append(text, `,"category":`...), string(s.Category))
	text = appendText(append(text, `,"icon":`...), s.Icon)
	text = strconv.AppendBool(append(text, `,"enabled":`...), s.Enabled)
	var err error
	if text, err = appendNumber(append(text, `,"interval_seconds":`...), s.IntervalSeconds); err != nil {
		return nil, err
	}
	if text, err = appendNumber(append(text, `,"timeout_seconds":`...), s.TimeoutSeconds); err != nil {
		return nil, err
	}
	text = append(text, `,"tags":[`...)
	for i, tag := range s.Tags {
		if i > 0 {
			text = append(text, ',')
		}
		text = appendText(text, tag)
	}
	text = appendText(append(text, `],"origin":`...), s.Origin)
	if text, err = appendTime(append(text, `,"created":`...), s.Created); err != nil {
		return nil, err
	}
	if text, err = appendTime(append(text, `,"updated":`...), s.Updated); err != nil {
		return nil, err
	}
	text = strconv.AppendInt(append(text, `,"revision":`...), s.Revision, 10)
	if text, err = s.Status.appendJSON(append(text, `,"status":`...)); err != nil {
		return nil, err
	}
	if len(s.Spark) > 0 {
		if text, err = appendPoints(append(text, `,"spark":`...), s.Spark); err != nil {
			return nil, err
		}
	}
	if s.SparkTitle != "" {
		text = appendText(append(text, `,"spark_title":`...), s.SparkTitle)
	}
	if s.SparkUnit != "" {
		text = appendText(append(text, `,"spark_unit":`...), s.SparkUnit)
	}
	return append(text, '}'), nil
}

// appendJSON writes the status as its tags say.
func (s *Status) appendJSON(text []byte) ([]byte, error) {
	text = appendText(append(text, `{"status":`...), string(s.Status))
	var err error
	if text, err = appendMoment(text, `,"since":`, s.Since); err != nil {
		return nil, err
	}
	text = strconv.AppendInt(append(text, `,"failures":`...), int64(s.Failures), 10)
	for _, each := range []struct {
		name string
		time *time.Time
	}{
		{`,"last_run":`, s.LastRun}, {`,"last_success":`, s.LastSuccess}, {`,"next_run":`, s.NextRun}, {`,"paused_until":`, s.PausedUntil},
	} {
		if text, err = appendMoment(text, each.name, each.time); err != nil {
			return nil, err
		}
	}
	if s.Problem != nil {
		text = appendText(append(text, `,"problem":{"kind":`...), s.Problem.Kind)
		text = appendText(append(text, `,"message":`...), s.Problem.Message)
		if s.Problem.Hint != "" {
			text = appendText(append(text, `,"hint":`...), s.Problem.Hint)
		}
		text = append(text, '}')
	}
	return append(text, '}'), nil
}

func appendPoints(text []byte, points []Point) ([]byte, error) {
	text = append(text, '[')
	for i, point := range points {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(strconv.AppendInt(append(text, '['), point.Time, 10), ',')
		if point.Value == nil {
			text = append(text, "null]"...)
			continue
		}
		var err error
		if text, err = appendNumber(text, *point.Value); err != nil {
			return nil, err
		}
		text = append(text, ']')
	}
	return append(text, ']'), nil
}

// appendMoment writes a field with a time; nothing for nil.
func appendMoment(text []byte, name string, at *time.Time) ([]byte, error) {
	if at == nil {
		return text, nil
	}
	return appendTime(append(text, name...), *at)
}

func appendTime(text []byte, at time.Time) ([]byte, error) {
	text, err := at.AppendText(append(text, '"'))
	return append(text, '"'), err
}

// appendNumber writes a number; those that are very large or small, and those
// that are none, are left to the package encoding/json.
func appendNumber(text []byte, number float64) ([]byte, error) {
	if size := math.Abs(number); size == 0 || size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(text, number, 'f', -1, 64), nil
	}
	written, err := json.Marshal(number)
	return append(text, written...), err
}

// appendText writes a text; one with anything but plain letters is left to the
// package encoding/json.
func appendText(text []byte, value string) []byte {
	for i := range len(value) {
		if c := value[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			var written bytes.Buffer
			encoder := json.NewEncoder(&written)
			encoder.SetEscapeHTML(false)
			_ = encoder.Encode(value) // a text in a buffer
			return append(text, bytes.TrimSuffix(written.Bytes(), []byte("\n"))...)
		}
	}
	return append(append(append(text, '"'), value...), '"')
}
