package server

import (
	"fmt"
	"sync"
)

// declined are the commands that a server does not run: each was asked for over
// a connection of its own, which it may have closed.
type declined struct {
	mu sync.Mutex
	of map[string]error
}

// A declinedError stands in for a reply of the server's.
type declinedError struct {
	command string
	cause   error
}

func (e *declinedError) Error() string {
	return fmt.Sprintf("ERR %s was not sent, as the server declined it before (%v)", e.command, e.cause)
}

func (e *declinedError) Unwrap() error { return e.cause }

// RedisError makes it an error reply to those who look for one.
func (*declinedError) RedisError() {}

// note keeps what came of a question about a command.
func (d *declined) note(command string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of == nil {
		d.of = map[string]error{}
	}
	delete(d.of, command)
	if err != nil {
		d.of[command] = &declinedError{command, err}
	}
}

func (d *declined) why(command string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.of[command]
}

// Declines returns an error reply to a command, by its first word in capitals,
// that the server did not run when it was asked over a connection of its own:
// over another it would fail as well, and the server might hang up. nil: it
// may be sent, as far as is known.
func (s *Server) Declines(command string) error {
	if s == nil {
		return nil
	}
	return s.declined.why(command)
}

// keepsBack reports whether a word that the client library says by itself must
// not be sent.
func (s *Server) keepsBack(word string) bool {
	return word == "HELLO" && s.noHello || madeUp[word] != "" && s.Declines(word) != nil
}
