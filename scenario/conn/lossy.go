package conn

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
)

// errLost is what whoever waits for a reply sees of one that is lost.
var errLost = errors.New("the connection broke before the reply came (lost on purpose)")

// Lossy returns links that lose a share of the replies, each with its
// connection: the server has run the request, and who asked learns at once that
// he will never know. The seed decides which of them are lost, by their number.
// With a share of 0 the links are returned as they are.
func Lossy(links Links, share float64, seed uint64) Links {
	if share <= 0 {
		return links
	}
	return &lossy{Links: links, share: share, seed: seed}
}

type lossy struct {
	Links
	share float64
	seed  uint64
	count atomic.Uint64
}

// A lossyLink belongs to whoever took it.
type lossyLink struct {
	Link
	of *lossy
}

// Take waits for a link.
func (l *lossy) Take(ctx context.Context) (Link, error) {
	link, err := l.Links.Take(ctx)
	if err != nil {
		return nil, err
	}
	return &lossyLink{link, l}, nil
}

// Give returns a link.
func (l *lossy) Give(link Link) { l.Links.Give(link.(*lossyLink).Link) }

// RoundTrip sends a command and waits for its reply, which may be lost.
func (l *lossyLink) RoundTrip(ctx context.Context, args []any) Exchange {
	x := l.Link.RoundTrip(ctx, args)
	rng := rand.New(rand.NewPCG(l.of.seed, l.of.count.Add(1)))
	if rng.Float64() >= l.of.share || x.Err != nil && !IsReply(x.Err) {
		return x
	}
	if breaks, can := l.Link.(interface{ drop() }); can {
		breaks.drop()
	}
	return Exchange{Sent: x.Sent, Read: x.Read, Err: errLost}
}
