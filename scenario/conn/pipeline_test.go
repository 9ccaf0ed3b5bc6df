package conn

import (
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// seedFor finds a seed by which one mischief of a share hits just these of n
// requests, counted from 1.
func seedFor(share float64, n int, want ...int) uint64 {
	for seed := uint64(0); ; seed++ {
		w := NewWire(seed)
		w.Spoil(Mischief{Kind: Hold, Share: share})
		var hit []int
		for i := range n {
			if meets, _ := w.decide(); meets != nil {
				hit = append(hit, i+1)
			}
		}
		if slices.Equal(hit, want) {
			return seed
		}
	}
}

// pipelined sends six APPENDs in one go over a wire that hits the third, and
// returns what is answered within a time, and what the server ran when all is
// over.
func pipelined(t *testing.T, kind Kind, delay, patience time.Duration, want string) (answers, ran string, err error) {
	t.Helper()
	m := miniredis.RunT(t)
	real, err := net.Dial("tcp", m.Addr())
	if err != nil {
		t.Fatal(err)
	}
	wire := NewWire(seedFor(0.2, 6, 3))
	heal := wire.Spoil(Mischief{Kind: kind, Share: 0.2, Delay: delay})
	c := wire.wrap(real)
	c.SetDeadline(time.Now().Add(patience))
	var requests strings.Builder
	for _, letter := range strings.Split("abcdef", "") {
		requests.WriteString("*3\r\n$6\r\nAPPEND\r\n$1\r\nk\r\n$1\r\n" + letter + "\r\n")
	}
	if _, err := io.WriteString(c, requests.String()); err != nil {
		t.Fatal(err)
	}
	read := make([]byte, 6*len(":1\r\n"))
	n, err := io.ReadFull(c, read)
	c.Close()
	heal()
	for end := time.Now().Add(10 * time.Second); ran != want && time.Now().Before(end); {
		ran, _ = m.Get("k")
	}
	if wire.Requests() != 6 || wire.Done()[kind] != 1 {
		t.Errorf("%v: %d requests, %v", kind, wire.Requests(), wire.Done())
	}
	return string(read[:n]), ran, err
}

func TestPipelinedRequestsKeepTheirReplies(t *testing.T) {
	const all, two = ":1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n", ":1\r\n:2\r\n"
	for _, row := range []struct {
		kind            Kind
		delay, patience time.Duration
		answers, ran    string
		err             error
	}{
		{DropReply, 0, time.Minute, two, "abcdef", io.EOF},
		{DropRequest, 0, time.Minute, "", "ab", io.EOF}, // it breaks before the first two are answered
		{Reset, 0, time.Minute, "", "", syscall.ECONNRESET},
		{Hold, time.Millisecond, time.Minute, all, "abcdef", nil},
		{DelayRequest, time.Millisecond, time.Minute, all, "abcdef", nil},
		{Hold, time.Hour, 500 * time.Millisecond, two, "abcdef", os.ErrDeadlineExceeded},
		{DelayRequest, time.Hour, 500 * time.Millisecond, two, "abcdef", os.ErrDeadlineExceeded},
	} {
		answers, ran, err := pipelined(t, row.kind, row.delay, row.patience, row.ran)
		if answers != row.answers || !errors.Is(err, row.err) {
			t.Errorf("%v for %v: answers %q, %v; want %q, %v", row.kind, row.delay, answers, err, row.answers, row.err)
		}
		if ran != row.ran && row.kind != Reset { // of which nobody knows how far it came
			t.Errorf("%v for %v: %q ran, want %q", row.kind, row.delay, ran, row.ran)
		}
	}
}

// Bytes of a request leave together, however they come.
func TestRequestInPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := miniredis.NewMiniRedis()
		defer m.Close()
		real, err := m.Dial()
		if err != nil {
			t.Fatal(err)
		}
		c := NewWire(1).wrap(real)
		defer c.Close()
		for _, b := range []byte("*2\r\n$4\r\nINCR\r\n$1\r\nk\r\n*1\r\n$4\r\nPING\r\n") {
			if n, err := c.Write([]byte{b}); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}
		answer := make([]byte, len(":1\r\n+PONG\r\n"))
		if _, err := io.ReadFull(c, answer); err != nil || string(answer) != ":1\r\n+PONG\r\n" {
			t.Errorf("%q, %v", answer, err)
		}
		c.Close()
		if _, err := c.Write([]byte("*1\r\n")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("writing to a closed connection: %v", err)
		}
		if _, err := c.Read(answer); !errors.Is(err, net.ErrClosed) {
			t.Errorf("reading from a closed connection: %v", err)
		}
	})
}

// What is written while an earlier request waits does not overtake it.
func TestLateRequestsKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := miniredis.NewMiniRedis()
		defer m.Close()
		real, err := m.Dial()
		if err != nil {
			t.Fatal(err)
		}
		wire := NewWire(seedFor(0.2, 2, 1))
		wire.Spoil(Mischief{Kind: DelayRequest, Share: 0.2, Delay: time.Second})
		c := wire.wrap(real)
		defer c.Close()
		for _, letter := range []string{"a", "b"} {
			io.WriteString(c, "*3\r\n$6\r\nAPPEND\r\n$1\r\nk\r\n$1\r\n"+letter+"\r\n")
			synctest.Wait()
		}
		io.ReadFull(c, make([]byte, len(":1\r\n:2\r\n")))
		if ran, _ := m.Get("k"); ran != "ab" {
			t.Errorf("%q ran", ran)
		}
	})
}

// When the late request is answered, the connection nobody has any more ends.
func TestLateConnectionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		real, peer := net.Pipe()
		wire := NewWire(1)
		heal := wire.Spoil(Mischief{Kind: DelayRequest, Share: 1, Delay: time.Hour})
		c := wire.wrap(real)
		io.WriteString(c, "GET a\r\n")
		c.Close()
		ended := make(chan error)
		go func() {
			peer.Read(make([]byte, 100))
			io.WriteString(peer, ":1\r\n")
			_, err := peer.Read(make([]byte, 1))
			ended <- err
		}()
		heal()
		if err := <-ended; err != io.EOF {
			t.Errorf("the server hears %v", err)
		}
	})
}

// A request that is lost with its connection is not waited for.
func TestLateBehindTheLost(t *testing.T) {
	real, peer := net.Pipe()
	defer peer.Close()
	wire := NewWire(seedFor(0.2, 2, 1))
	wire.Spoil(Mischief{Kind: DropRequest, Share: 0.2})
	heal := wire.Spoil(Mischief{Kind: DelayRequest, Share: 1, Delay: time.Hour})
	c := wire.wrap(real)
	defer c.Close()
	if _, err := io.WriteString(c, "GET a\r\nGET b\r\n"); err != nil {
		t.Fatal(err)
	}
	heal() // would not return
	if done := wire.Done(); done[DropRequest] != 1 || done[DelayRequest] != 0 {
		t.Errorf("%v", done)
	}
}

// The server hears of a reset, and not of an end.
func TestResetReachesTheServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	real, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	peer, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	wire := NewWire(1)
	wire.Spoil(Mischief{Kind: Reset, Share: 1})
	c := wire.wrap(real)
	defer c.Close()
	if _, err := io.WriteString(c, "GET a\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(peer); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the server hears %v", err)
	}
}

// What a server says unasked is no reply: the request keeps its own.
func TestPushIsNoReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		real, peer := net.Pipe()
		defer peer.Close()
		wire := NewWire(seedFor(0.2, 2, 2))
		wire.Spoil(Mischief{Kind: DropReply, Share: 0.2})
		c := wire.wrap(real)
		defer c.Close()
		go func() {
			peer.Read(make([]byte, 100))
			io.WriteString(peer, ">1\r\n+news\r\n:1\r\n:2\r\n")
		}()
		io.WriteString(c, "GET a\r\nGET b\r\n")
		heard, err := io.ReadAll(c)
		if string(heard) != ">1\r\n+news\r\n:1\r\n" || err != nil && !errors.Is(err, io.EOF) {
			t.Errorf("%q, %v", heard, err)
		}
	})
}

// Where no wire is asked for, nothing lies between the library and the system.
func TestNoWireNoWrapper(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for _, wire := range []*Wire{nil, NewWire(1)} {
		d := newDialer(&redis.Options{Addr: listener.Addr().String()}, Options{Timeout: time.Second, Wire: wire})
		c, err := d.client.Options().Dialer(t.Context(), "tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, plain := c.(*net.TCPConn); plain != (wire == nil) {
			t.Errorf("with the wire %v the connection is a %T", wire, c)
		}
		c.Close()
		d.Close()
	}
}
