package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/api"
	"github.com/unity-homelab/unity/internal/app"
)

// maxAnswer bounds what is read of an answer of our own server.
const maxAnswer = 64 << 20

// client asks the server that runs on the data folder, over its socket. Who may
// read the folder is administrator, so there is no login.
type client struct {
	http   http.Client
	socket string
}

func (o *options) client() (*client, error) {
	settings, err := o.config()
	if err != nil {
		return nil, err
	}
	socket := app.SocketPath(settings)
	return &client{
		socket: socket,
		http: http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "unix", socket)
			},
		}},
	}, nil
}

// asking makes what a command does of run, which is given the running server.
func (o *options) asking(run func(cmd *cobra.Command, c *client, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, err := o.client()
		if err != nil {
			return err
		}
		return run(cmd, c, args)
	}
}

// stream asks and copies the answer to w. When the server stops in the middle,
// that is a fault.
func (c *client) stream(ctx context.Context, method, path string, w io.Writer) error {
	response, err := c.ask(ctx, method, path, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(w, response.Body)
	return fault.Wrap(err, "reading the answer to %s", path)
}

// call asks and decodes the answer into out, when out is not nil.
func (c *client) call(ctx context.Context, method, path string, out any) error {
	return c.send(ctx, method, path, nil, out)
}

// send is call with a body, when in is not nil.
func (c *client) send(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return fault.As(fault.Internal, err, "asking for %s", path)
		}
		body = bytes.NewReader(text)
	}
	response, err := c.ask(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fault.Wrap(err, "reading the answer to %s", path)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fault.As(fault.BadAnswer, err, "reading the answer to %s", path)
	}
	return nil
}

// sendText is send with a body that is no JSON.
func (c *client) sendText(ctx context.Context, path, contentType string, text []byte, out any) error {
	response, err := c.askWith(ctx, http.MethodPost, path, contentType, bytes.NewReader(text))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(out); err != nil {
		return fault.As(fault.BadAnswer, err, "reading the answer to %s", path)
	}
	return nil
}

// ask returns an answer that is a success.
func (c *client) ask(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	return c.askWith(ctx, method, path, "application/json", body)
}

func (c *client) askWith(ctx context.Context, method, path, contentType string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://localhost/api/v1"+path, body)
	if err != nil {
		return nil, fault.As(fault.Internal, err, "asking for %s", path)
	}
	if body != nil {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fault.As(fault.Unreachable, err, "asking the server at %s", c.socket).
			WithHint("is it running? start it with: unity serve; another data folder is named with --data")
	}
	if response.StatusCode < http.StatusBadRequest {
		return response, nil
	}
	defer response.Body.Close()
	var problem api.Problem
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(&problem); err != nil || problem.Detail == "" {
		return nil, fault.New(fault.BadAnswer, "the server answered %s to %s", response.Status, path)
	}
	for _, each := range problem.Errors {
		problem.Detail += "\n  " + each.Path + ": " + each.Message
	}
	return nil, fault.New(problem.Kind, "%s", problem.Detail).WithHint("%s", problem.Hint)
}
