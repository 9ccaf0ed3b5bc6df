package scenario

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/server"
)

// The most round trips of one kind, and how long they may take together.
const (
	baselineTrips = 200
	baselineTime  = 50 * time.Millisecond
)

// noop is a script that does nothing.
const noop = "return 0"

// baseline measures how long the idle server takes for what costs it nothing,
// over connections that the sale does not use: a server that refuses a question
// may close the connection it came over. The embedded server is not asked: it
// has no wire, and shares this process.
func (s *Sale) baseline(ctx context.Context) *history.Baseline {
	if s.server.Kind == server.Embedded {
		return nil
	}
	b := &history.Baseline{}
	err := errors.Unwrap(s.server.Declines("PING")) // a connection would answer it itself
	if err == nil {
		b.Ping, err = s.roundTrips(ctx, []any{"PING"})
	}
	if err != nil {
		b.Refused = append(b.Refused, fmt.Sprintf("PING: %v", err))
	}
	digest := sha1.Sum([]byte(noop))
	keys := s.noopKeys()
	if b.NoOp, err = s.roundTrips(ctx, append([]any{"EVALSHA", hex.EncodeToString(digest[:])}, keys...), append([]any{"EVAL", noop}, keys...)...); err != nil {
		b.Refused = append(b.Refused, fmt.Sprintf("a script that does nothing: %v", err))
	}
	return b
}

// noopKeys are the words about keys of the script that does nothing: one of
// them, as proxies go by it.
func (s *Sale) noopKeys() []any {
	if keys, err := s.strategy.Keys(s.canary()); err == nil && len(keys) > 0 {
		return []any{"1", keys[0]}
	}
	return []any{"0"}
}

// roundTrips sends a command again and again over a connection of its own, and
// first something else that makes it ready.
func (s *Sale) roundTrips(ctx context.Context, command []any, first ...any) (*history.RoundTrips, error) {
	links, err := conn.Open(ctx, s.server, conn.Options{Mode: conn.Pool(1), Timeout: s.spec.Timeout, Now: newClock().now})
	if err != nil {
		return nil, err
	}
	defer links.Close()
	link, err := links.Take(ctx)
	if err != nil {
		return nil, err
	}
	defer links.Give(link)
	if len(first) > 0 {
		if x := link.RoundTrip(ctx, first); x.Err != nil {
			return nil, x.Err
		}
	}
	var took []int64
	for began := time.Now(); len(took) < baselineTrips && (len(took) == 0 || time.Since(began) < baselineTime); {
		x := link.RoundTrip(ctx, command)
		if x.Err != nil {
			return nil, x.Err
		}
		took = append(took, x.Read-x.Sent)
	}
	return summarized(took), nil
}

// summarized needs one round trip at least.
func summarized(took []int64) *history.RoundTrips {
	slices.Sort(took)
	r := &history.RoundTrips{Count: int64(len(took)), P50: took[(len(took)-1)/2], Max: took[len(took)-1]}
	var sum int64
	for _, ns := range took {
		sum += ns
	}
	r.Mean = sum / r.Count
	return r
}
