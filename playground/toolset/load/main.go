// Load for measurements: `load send` asks at a constant rate and tells how it was answered; `load answer` is a backend that
// costs as little as one can.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	switch {
	case len(arguments) == 1 && arguments[0] == "send":
		var plan Plan
		if err := json.NewDecoder(os.Stdin).Decode(&plan); err != nil {
			return fmt.Errorf("the plan on standard input: %w", err)
		}
		told, err := send(ctx, plan)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(told)
	case len(arguments) > 1 && arguments[0] == "answer":
		return answer(ctx, arguments[1:])
	}
	return fmt.Errorf("usage: load send < plan.json, or load answer NAME=ADDRESS …")
}
