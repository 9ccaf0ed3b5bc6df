package scenario

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// secondLook is how long after the first reading a server is read again where
// something may still run.
const secondLook = time.Second

// An Account is what a server says of items that somebody else sold there.
type Account struct {
	Server history.Server
	// Audits are in the order of the items; Differ: two readings did not agree.
	Audits []sale.Audit
	Differ bool
}

// Audit reads a strategy's stock, ledger and orders of items from a server, and
// changes nothing there. took says who took part in the sale of an item, by its place.
// Where an attempt may still run it reads twice.
func Audit(ctx context.Context, srv *server.Server, s *strategy.Strategy, items []sale.Item, took func(item int) sale.Took, pending bool) (Account, error) {
	var want server.Want
	if s.Contract != nil {
		want.Commands = s.Contract.Extras()
	}
	a := Account{Server: serverTold(srv, srv.DescribeFor(ctx, want))}
	links, err := conn.Open(ctx, srv, conn.Options{Mode: conn.Pool(1), Timeout: auditTimeout, Now: newClock().now})
	if err != nil {
		return a, fmt.Errorf("the audit could not connect: %w", err)
	}
	defer links.Close()
	read := func() (audits []sale.Audit) {
		for i, item := range items {
			audits = append(audits, s.AuditFor(ctx, desk{links}, item, took(i)))
		}
		return audits
	}
	a.Audits = read()
	if !pending {
		return a, nil
	}
	select {
	case <-ctx.Done():
		return a, ctx.Err()
	case <-time.After(secondLook):
	}
	again := read()
	a.Differ = !slices.EqualFunc(a.Audits, again, func(a, b sale.Audit) bool { return a.Equal(&b) })
	a.Audits = again
	return a, nil
}

// IsThere reports whether a server has any key of an item that is no buyer's own. A
// strategy without such keys has nothing to look for, and the answer is yes.
func IsThere(ctx context.Context, srv *server.Server, s *strategy.Strategy, item sale.Item) (bool, error) {
	keys, err := s.Keys(item)
	if err != nil || len(keys) == 0 {
		return true, err
	}
	links, err := conn.Open(ctx, srv, conn.Options{Mode: conn.Pool(1), Timeout: auditTimeout, Now: newClock().now})
	if err != nil {
		return false, err
	}
	defer links.Close()
	for _, key := range keys {
		reply, err := desk{links}.Do(ctx, "EXISTS", key)
		if n, _ := reply.(int64); err != nil || n > 0 {
			return true, err
		}
	}
	return false, nil
}
