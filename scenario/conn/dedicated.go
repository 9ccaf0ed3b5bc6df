package conn

import (
	"context"
	"sync"
)

// dedicated has a link for everyone who asks. Those given back are used again,
// the last one first.
type dedicated struct {
	opener
	gauge gauge
	mu    sync.Mutex
	idle  []carrier
}

// Take returns an idle link or makes a new one.
func (d *dedicated) Take(ctx context.Context) (Link, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := d.pop()
	if !l.stands() || l.rested() {
		if err := l.stand(context.WithoutCancel(ctx)); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		d.Give(l)
		return nil, err
	}
	return l, nil
}

func (d *dedicated) pop() carrier {
	d.mu.Lock()
	defer d.mu.Unlock()
	last := len(d.idle) - 1
	if last < 0 {
		return &gauged{d.carrier(), &d.gauge}
	}
	l := d.idle[last]
	d.idle = d.idle[:last]
	return l
}

// Give returns a link.
func (d *dedicated) Give(l Link) {
	if l := l.(carrier); l.stands() {
		d.mu.Lock()
		d.idle = append(d.idle, l)
		d.mu.Unlock()
	}
}

// Load tells what the connections are doing.
func (d *dedicated) Load() Load { return d.gauge.load(d.standing()) }

// Close closes every connection.
func (d *dedicated) Close() error { return d.opener.Close() }
