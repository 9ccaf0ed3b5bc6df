package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// grace is the most that a second signal leaves for ending the private server.
const grace = 2 * time.Second

// interrupted returns a context that the first SIGINT or SIGTERM ends, and one
// that the second ends, shortly before it ends the process: whoever asks twice
// will not wait.
func interrupted() (soft, hard context.Context) {
	soft, stop := context.WithCancel(context.Background())
	hard, kill := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		<-signals
		kill()
		time.Sleep(grace)
		os.Exit(exitKilled)
	}()
	return soft, hard
}
