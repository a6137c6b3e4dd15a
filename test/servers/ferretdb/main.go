// Command ferretdb speaks the protocol of MongoDB over files of SQLite, for
// tests. It is a module of its own, so that nothing of it enters the program.
//
//	ferretdb 127.0.0.1:27017 /folder/for/its/files
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: ferretdb ADDRESS FOLDER")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	server, err := ferretdb.New(&ferretdb.Config{
		Listener: ferretdb.ListenerConfig{TCP: args[0]}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Handler: "sqlite", SQLiteURL: "file:" + args[1] + "/",
	})
	if err != nil {
		return err
	}
	fmt.Println("ready for clients")
	return server.Run(ctx)
}
