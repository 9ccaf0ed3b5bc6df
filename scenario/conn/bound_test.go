package conn

import (
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/server"
)

// A connection that lay idle is given up for another, but not while what comes
// next is about what was said over it.
func TestABoundConnectionIsKept(t *testing.T) {
	srv, err := server.Open(t.Context(), server.Options{Server: server.Embedded})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	d := newDialer(srv.ClientOptions(), Options{Mode: Pool(1), Timeout: time.Minute, Now: func() int64 { return 0 }})
	defer d.Close()
	for said, keeps := range map[string]bool{
		"GET k":                          false,
		"WATCH k":                        true,
		"WATCH k; GET k":                 true,
		"WATCH k; UNWATCH":               false,
		"WATCH k; MULTI; GET k":          true,
		"WATCH k; MULTI; GET k; EXEC":    false,
		"WATCH k; MULTI; GET k; DISCARD": false,
		"multi":                          true,
		"WATCH":                          false, // an error
	} {
		l := &link{dialer: d}
		if err := l.stand(t.Context()); err != nil {
			t.Fatal(err)
		}
		for command := range strings.SplitSeq(said, "; ") {
			var args []any
			for word := range strings.FieldsSeq(command) {
				args = append(args, word)
			}
			l.RoundTrip(t.Context(), args)
		}
		before := l.conn
		l.used = time.Now().Add(-2 * rest)
		if l.RoundTrip(t.Context(), []any{"PING"}); (l.conn == before) != keeps {
			t.Errorf("after %s the connection is kept: %v", said, l.conn == before)
		}
		if l.RoundTrip(t.Context(), []any{"DISCARD"}); l.bound {
			t.Errorf("after %s and DISCARD it is still bound", said)
		}
		if l.RoundTrip(t.Context(), []any{"WATCH", "k"}); !l.bound {
			t.Errorf("it watches, and is not bound")
		}
		if l.drop(); l.bound {
			t.Errorf("a connection is bound that is gone")
		}
	}
}
