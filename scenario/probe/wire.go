package probe

import (
	"context"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/server"
)

// timeout is how long one command may take.
const timeout = 5 * time.Second

// A wire sends commands one after the other, and remembers them.
type wire struct {
	// route names the links a command goes over: one, or all where it prepares
	// every server.
	route func(args []any) ([]conn.Link, error)
	sent  [][]any
	// call and done are the instants of the first and the last of them, err the
	// last error that was answered.
	call, done int64
	err        error
}

// Do sends one command and returns its reply.
func (w *wire) Do(ctx context.Context, args ...any) (any, error) {
	links, err := w.route(args)
	if err != nil {
		return nil, err
	}
	var x conn.Exchange
	for _, link := range links {
		x = link.RoundTrip(ctx, args)
		if w.call == history.Never {
			w.call = x.Sent
		}
		w.done = x.Read
		if x.Err != nil {
			w.err = x.Err
			break
		}
	}
	w.sent = append(w.sent, args)
	return x.Reply, x.Err
}

// lost reports whether a command has had no reply.
func (w *wire) lost() bool { return w.err != nil && !conn.IsReply(w.err) }

// forget makes the wire ready for another step.
func (w *wire) forget() { w.sent, w.call, w.done, w.err = nil, history.Never, history.Never, nil }

// A door is the one link of a server, held from open to close.
type door struct {
	links conn.Links
	link  conn.Link
}

func openDoor(ctx context.Context, srv *server.Server, now func() int64) (*door, error) {
	links, err := conn.Open(ctx, srv, conn.Options{Mode: conn.Pool(1), Timeout: timeout, Now: now})
	if err != nil {
		return nil, err
	}
	link, err := links.Take(ctx)
	if err != nil {
		links.Close()
		return nil, err
	}
	return &door{links, link}, nil
}

func (d *door) close() {
	d.links.Give(d.link)
	d.links.Close()
}

// to routes everything over one door.
func (d *door) to([]any) ([]conn.Link, error) { return []conn.Link{d.link}, nil }

// dry takes commands and sends none.
type dry struct{ sent [][]any }

// Do keeps the command and replies nothing.
func (d *dry) Do(_ context.Context, args ...any) (any, error) {
	d.sent = append(d.sent, args)
	return nil, nil
}
