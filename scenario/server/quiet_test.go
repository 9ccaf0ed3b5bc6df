package server

import (
	"context"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
)

// quietly returns a connection that keeps words back, and what comes through.
func quietly(t *testing.T, keeps ...string) (net.Conn, func() string) {
	t.Helper()
	near, far := net.Pipe()
	var came strings.Builder
	over := make(chan struct{})
	go func() {
		io.Copy(&came, far)
		close(over)
	}()
	dial := keepBack(func(context.Context, string, string) (net.Conn, error) { return near, nil },
		func(word string) bool { return slices.Contains(keeps, word) })
	c, err := dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	return c, func() string {
		near.Close()
		<-over
		return came.String()
	}
}

func TestQuiet(t *testing.T) {
	const (
		ping   = "*1\r\n$4\r\nping\r\n"
		hello  = "*2\r\n$5\r\nhello\r\n$1\r\n2\r\n"
		get    = "*2\r\n$3\r\nget\r\n$4\r\nping\r\n"
		noWord = "-ERR unknown command 'HELLO' (it was not sent)\r\n"
	)
	login := "*5\r\n$5\r\nhello\r\n$1\r\n2\r\n$4\r\nauth\r\n$1\r\nu\r\n$3000\r\n" + strings.Repeat("p", 3000) + "\r\n"
	for _, test := range []struct {
		reason          string
		keeps           []string
		writes          []string
		answers, passes string
	}{
		{"PING is answered", []string{"PING"}, []string{ping, get, ping}, "+PONG\r\n+PONG\r\n", get},
		{"PING is not", []string{"HELLO"}, []string{ping}, "", ping},
		{"HELLO is not sent", []string{"HELLO", "PING"}, []string{hello, get}, noWord, get},
		{"HELLO with a long password, in pieces", []string{"HELLO"}, []string{login[:1024], login[1024:2048], login[2048:], get}, noWord, get},
		{"HELLO passes", []string{"PING"}, []string{hello}, "", hello},
		{"HELLO later on", []string{"HELLO"}, []string{get, hello}, noWord, get},
		{"several in one write", []string{"PING"}, []string{ping + get}, "", ping + get},
		{"a part of something longer", []string{"PING"}, []string{"*1\r\n$4\r\npi", "ng\r\n"}, "", ping},
		{"no request at all", []string{"PING"}, []string{"PING\r\n", "*x\r\n", "*1\r\n$-1\r\n", "\r\n"}, "", "PING\r\n*x\r\n*1\r\n$-1\r\n\r\n"},
	} {
		c, passed := quietly(t, test.keeps...)
		answers := make([]byte, len(test.answers))
		for _, text := range test.writes {
			if n, err := c.Write([]byte(text)); n != len(text) || err != nil {
				t.Errorf("%s: wrote %d of %d, %v", test.reason, n, len(text), err)
			}
		}
		if _, err := io.ReadFull(c, answers); err != nil || string(answers) != test.answers {
			t.Errorf("%s: answered %q, %v", test.reason, answers, err)
		}
		if got := passed(); got != test.passes {
			t.Errorf("%s: %q came through, want %q", test.reason, got, test.passes)
		}
	}
}
