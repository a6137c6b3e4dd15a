package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/unity-homelab/unity/fault"
)

// maxDepth is how deep an answer that is streamed may be nested.
const maxDepth = 100

// Stream is what is taken of a JSON answer while it arrives, so that a long list
// takes no more memory than one of its elements.
type Stream struct {
	// Lists are told element by element.
	Lists Lists
	// Value, if there is one, is told every text, number, truth and null that is in
	// no list.
	Value func(path string, value any)
}

// Lists are called as often as their list has elements, and decode one each time,
// mostly with [Each]. They go by the names that lead to the list, with dots between
// them; the answer itself is "".
type Lists map[string]func(*json.Decoder) error

// Each decodes the elements of a list and tells them one after another.
func Each[T any](tell func(T)) func(*json.Decoder) error {
	return func(from *json.Decoder) error {
		var one T
		if err := from.Decode(&one); err != nil {
			return err
		}
		tell(one)
		return nil
	}
}

// Stream asks and takes of the answer what is wanted. What else there is, is
// skipped.
func (c *Client) Stream(ctx context.Context, r Request, s Stream) error {
	if r.Header.Get("Accept") == "" {
		r.Header = r.Header.Clone()
		if r.Header == nil {
			r.Header = make(map[string][]string, 1)
		}
		r.Header.Set("Accept", "application/json")
	}
	answer, err := c.Do(ctx, r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	begin := &beginning{from: answer.Body}
	if err = s.Read(begin); err == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection can be used again
	}
	return c.unreadable(r, begin, err)
}

// Read takes what is wanted of an answer that is there already.
func (s Stream) Read(from io.Reader) error { return s.walk(json.NewDecoder(from), "", 0, true) }

// walk reads one value. What is in a list that nobody wants is not told.
func (s Stream) walk(from *json.Decoder, path string, depth int, told bool) error {
	if depth > maxDepth {
		return errors.New("it is nested too deep")
	}
	token, err := from.Token()
	if err != nil {
		return err
	}
	opens, nested := token.(json.Delim)
	switch {
	case !nested:
		if told && s.Value != nil {
			s.Value(path, token)
		}
		return nil
	case opens == '{':
		err = s.object(from, path, depth, told)
	default:
		err = s.list(from, path, depth, told)
	}
	if err != nil {
		return err
	}
	_, err = from.Token() // the end of it
	return err
}

func (s Stream) object(from *json.Decoder, path string, depth int, told bool) error {
	for from.More() {
		name, err := from.Token()
		if err != nil {
			return err
		}
		inner, _ := name.(string) // the decoder takes nothing else
		if path != "" {
			inner = path + "." + inner
		}
		if err := s.walk(from, inner, depth+1, told); err != nil {
			return err
		}
	}
	return nil
}

func (s Stream) list(from *json.Decoder, path string, depth int, told bool) error {
	tell := s.Lists[path]
	for from.More() {
		var err error
		if told && tell != nil {
			err = tell(from)
		} else {
			err = s.walk(from, path, depth+1, false)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unreadable makes a fault of what reading an answer met.
func (c *Client) unreadable(r Request, begin *beginning, err error) error {
	switch {
	case err == nil:
		return nil
	case isFault(err):
		return err
	case begin.looksLikeHTML():
		return fault.New(fault.WrongService, "%s %s: the answer is a web page, not JSON", method(r), c.URL(r.Path)).
			WithHint("check the address; a login page or another service answers there")
	case errors.Is(err, io.EOF) && len(begin.seen) == 0:
		return fault.New(fault.BadAnswer, "%s %s: the answer is empty", method(r), c.URL(r.Path))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fault.New(fault.BadAnswer, "%s %s: the answer ends too early", method(r), c.URL(r.Path))
	default:
		return fault.New(fault.BadAnswer, "%s %s: the answer is not what was expected: %v", method(r), c.URL(r.Path), err)
	}
}
