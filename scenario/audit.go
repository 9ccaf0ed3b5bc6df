package scenario

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// auditTimeout is how long one command of an audit may take.
const auditTimeout = 10 * time.Second

const howToClean = "; seckill check DIR --clean URL removes what is left"

// audit reads the server's own account over fresh connections, when every
// buyer has left, and removes the item's keys. Where an attempt was
// indeterminate it may still run, so the account is read twice, a timeout
// apart, and the two must agree.
func (s *Sale) audit(ctx context.Context, tail *history.Tail, indeterminate bool) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	clock := newClock()
	timeout := auditTimeout
	if tail.Ended == history.EndedServerLost {
		timeout = s.spec.Timeout // it has had its time
	}
	links, err := conn.Open(ctx, s.server, conn.Pool(1), timeout, clock.now)
	if err != nil {
		tail.Audits = []sale.Audit{{Ledger: sale.NoLedger, Problems: []string{"the audit could not connect: " + err.Error()}}}
		tail.Warnings = append(tail.Warnings, "the item's keys may still be on the server"+howToClean)
		return
	}
	defer links.Close()
	item := s.Head.Items[0]
	audit := s.strategy.AuditFor(ctx, desk{links}, item, s.took())
	if indeterminate {
		time.Sleep(s.spec.Timeout)
		again := s.strategy.AuditFor(ctx, desk{links}, item, s.took())
		tail.AuditsDiffer = !equal(audit, again)
		audit = again
	}
	tail.Audits = []sale.Audit{audit}
	if err := s.remove(ctx, desk{links}, item, s.took()); err != nil {
		tail.Warnings = append(tail.Warnings, err.Error()+howToClean)
	}
}

// equal reports whether two audits tell the same.
func equal(a, b sale.Audit) bool {
	byBuyer := func(a, b sale.Holding) int { return cmp.Compare(a.Buyer, b.Buyer) }
	slices.SortFunc(a.Holdings, byBuyer)
	slices.SortFunc(b.Holdings, byBuyer)
	sameStock := (a.Stock == nil) == (b.Stock == nil) && (a.Stock == nil || *a.Stock == *b.Stock)
	return sameStock && slices.Equal(a.Holdings, b.Holdings) && slices.Equal(a.Problems, b.Problems)
}
