package conn

import (
	"context"
	"sync"
)

// dedicated has a link for everyone who asks. Those given back are used again,
// the last one first.
type dedicated struct {
	*dialer
	mu   sync.Mutex
	idle []*link
}

// Take returns an idle link or makes a new one.
func (d *dedicated) Take(ctx context.Context) (Link, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := d.pop()
	if l.conn == nil {
		if err := d.connect(context.WithoutCancel(ctx), l); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		d.Give(l)
		return nil, err
	}
	return l, nil
}

func (d *dedicated) pop() *link {
	d.mu.Lock()
	defer d.mu.Unlock()
	last := len(d.idle) - 1
	if last < 0 {
		return &link{dialer: d.dialer}
	}
	l := d.idle[last]
	d.idle = d.idle[:last]
	return l
}

// Give returns a link.
func (d *dedicated) Give(l Link) {
	if l := l.(*link); l.conn != nil {
		d.mu.Lock()
		d.idle = append(d.idle, l)
		d.mu.Unlock()
	}
}

// Close closes every connection.
func (d *dedicated) Close() error { return d.client.Close() }
