package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
)

// answer listens at each address and says the name that goes with it, until the context ends.
func answer(ctx context.Context, places []string) error {
	for _, place := range places {
		name, address, found := strings.Cut(place, "=")
		if !found {
			return fmt.Errorf("%q is not NAME=ADDRESS", place)
		}
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		said := []byte(name)
		server := &http.Server{Handler: http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
			_, _ = out.Write(said)
		})}
		defer server.Close()
		go server.Serve(listener)
	}
	<-ctx.Done()
	return nil
}
