package conn

import "context"

// dedicated has a link for everyone who asks. Those given back are used again,
// the last one first.
type dedicated struct {
	opener
	shelf
	gauge gauge
}

// Take returns an idle link or makes a new one.
func (d *dedicated) Take(ctx context.Context) (Link, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := d.pop()
	if l == nil {
		l = &gauged{d.carrier(), &d.gauge}
	}
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

// Load tells what the connections are doing.
func (d *dedicated) Load() Load { return d.gauge.load(d.standing()) }

// Close closes every connection.
func (d *dedicated) Close() error { return d.opener.Close() }
