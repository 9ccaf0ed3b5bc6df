package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// interrupted returns a context that the first SIGINT or SIGTERM ends. The
// second one ends the process: whoever asks twice will not wait. (A private
// server ends with the process that started it.)
func interrupted() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(130)
	}()
	return ctx
}
