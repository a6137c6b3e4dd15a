// Command websocat does what docs/api.md asks of the program of that name: it
// sends each line that it reads as a message, and prints each message as a line.
// After as many as the variable WEBSOCAT_LINES says it ends, where a person would
// press Ctrl-C.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/coder/websocket"
)

func main() {
	header := flag.String("H", "", "a header to send, as NAME: VALUE")
	flag.Bool("n", false, "go on when there is nothing more to read; always")
	flag.Parse()
	if err := run(context.Background(), flag.Arg(0), *header); err != nil {
		fmt.Fprintln(os.Stderr, "websocat:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, address, header string) error {
	options := &websocket.DialOptions{HTTPHeader: http.Header{}}
	if name, value, ok := strings.Cut(header, ": "); ok {
		options.HTTPHeader.Set(name, value)
	}
	connection, _, err := websocket.Dial(ctx, address, options) //nolint:bodyclose // the library closes it
	if err != nil {
		return err
	}
	defer connection.CloseNow() //nolint:errcheck // it ends with the program
	connection.SetReadLimit(16 << 20)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := connection.Write(ctx, websocket.MessageText, lines.Bytes()); err != nil {
			return err
		}
	}
	most, err := strconv.Atoi(os.Getenv("WEBSOCAT_LINES"))
	if err != nil {
		return err
	}
	for range most {
		_, message, err := connection.Read(ctx)
		if err != nil {
			return err
		}
		if _, err := fmt.Println(string(message)); err != nil {
			return err
		}
	}
	return nil
}
