package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"time"
)

// heapSocketName is the variable that names the socket at which the measured
// program gives profiles of its heap.
const heapSocketName = "LOAD_HEAP_SOCKET"

// heapSocket is that socket, beside the data of the program.
func heapSocket(data string) string { return data + "-heap.sock" }

// inUseHeader says in an answer how many bytes of the heap are in use.
const inUseHeader = "In-Use"

// serveHeap answers whoever asks with a profile of what is in use after a
// collection, until the program ends.
func serveHeap(ctx context.Context, socket string) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", socket)
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		// What lies in pools is let go by the second collection.
		runtime.GC()
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		w.Header().Set(inUseHeader, strconv.FormatUint(stats.HeapAlloc, 10))
		if err := pprof.Lookup("heap").WriteTo(w, 0); err != nil {
			fmt.Fprintln(os.Stderr, "load: writing a profile of the heap:", err)
		}
	})}
	go func() { _ = server.Serve(listener) }() // it ends with the program
	return nil
}

// followHeap takes profiles of the program's heap, the first when caches have
// filled, and keeps them in a folder. It returns how many bytes were in use at
// each; ctx ends it.
func followHeap(ctx context.Context, folder, socket string, every time.Duration) ([]int64, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	defer client.CloseIdleConnections()
	var all []int64
	for n := 1; pause(ctx, every) == nil; n++ {
		inUse, err := keepHeap(ctx, client, filepath.Join(folder, fmt.Sprintf("heap-%02d.pprof", n)))
		switch {
		case err == nil:
			all = append(all, inUse)
		case ctx.Err() == nil:
			return nil, err
		}
	}
	return all, nil
}

// keepHeap writes one profile into a file and returns how much is in use.
func keepHeap(ctx context.Context, client *http.Client, name string) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://program/", http.NoBody)
	if err != nil {
		return 0, err
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	file, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	if _, err := file.ReadFrom(response.Body); err != nil {
		return 0, err
	}
	return strconv.ParseInt(response.Header.Get(inUseHeader), 10, 64)
}
