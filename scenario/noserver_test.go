package scenario

import (
	"context"
	"testing"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/fault"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// answering is a link that answers at once with the same reply, over no
// network: what a drive costs by itself.
type answering struct {
	now   func() int64
	reply any
}

// RoundTrip answers.
func (l *answering) RoundTrip(context.Context, []any) conn.Exchange {
	return conn.Exchange{Sent: l.now(), Read: l.now(), Reply: l.reply}
}

// Take hands out the one link, while the doors are open.
func (l *answering) Take(ctx context.Context) (conn.Link, error) { return l, ctx.Err() }

// Give does nothing.
func (*answering) Give(conn.Link) {}

// Sweep does nothing.
func (*answering) Sweep() {}

// Declines declines nothing.
func (*answering) Declines(string) error { return nil }

// Load is nothing.
func (*answering) Load() conn.Load { return conn.Load{} }

// Close does nothing.
func (*answering) Close() error { return nil }

// soldOut is what the script once answers when nothing is left.
const soldOut = int64(-2)

// driveOf is a drive of the script once without a server: whoever asks is told
// that it is sold out. It ends with stop, after which the sinks have seen
// everything.
func driveOf(t testing.TB, spec Spec, sinks ...history.Sink) (d *drive, stop func()) {
	s, err := strategy.Find("once", "")
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.Open(t.Context(), server.Options{Server: server.Embedded, InProcess: true})
	if err != nil {
		t.Fatal(err)
	}
	planned, err := New(t.Context(), "test", spec, s, srv)
	srv.Close() // it was asked about itself, and that was all
	if err != nil {
		t.Fatal(err)
	}
	clock := newClock()
	d = &drive{
		spec: &planned.spec, plan: planned.plan, strategy: planned.strategy, rec: history.NewRecorder(sinks...),
		note: func(history.Event) {}, clock: clock, links: &answering{clock.now, soldOut},
		rig: &fault.Rig{Server: srv, Haste: new(fault.Haste)},
	}
	d.meter = &meter{links: d.links}
	d.begin(t.Context())
	return d, func() {
		d.end()
		d.meter.pause()
		if err := d.rec.Close(); err != nil {
			t.Error(err)
		}
	}
}
