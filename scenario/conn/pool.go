package conn

import "context"

// A pool is a fixed number of links, shared first come first served.
type pool struct {
	*dialer
	free chan *link
}

func newPool(d *dialer, seats int) *pool {
	p := &pool{dialer: d, free: make(chan *link, seats)}
	for range seats {
		p.free <- &link{dialer: d}
	}
	return p
}

// Take waits for a free link.
func (p *pool) Take(ctx context.Context) (Link, error) {
	select {
	case l := <-p.free:
		return p.ready(ctx, l)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ready makes sure that the connection stands, or gives the link back.
func (p *pool) ready(ctx context.Context, l *link) (Link, error) {
	err := ctx.Err() // whoever left while a link came free must not use it
	if err == nil && l.conn == nil {
		err = p.connect(ctx, l)
	}
	if err != nil {
		p.free <- l
		return nil, err
	}
	return l, nil
}

// Give returns a link.
func (p *pool) Give(l Link) { p.free <- l.(*link) }
