package main

import (
	"context"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// A change makes something happen to a strategy beside what it does.
type change func(*strategy.Strategy)

// apply makes the change to a strategy, for whatever quantity and limit; nil
// is no change.
func (c change) apply(s strategy.Strategy) strategy.Strategy {
	if c == nil {
		return s
	}
	with := s.With
	s.With = func(quantity, limit int64) (strategy.Strategy, error) {
		s, err := with(quantity, limit)
		return c.apply(s), err
	}
	c(&s)
	return s
}

// before has something happen before the purchases of every tenth buyer.
func before(s *strategy.Strategy, happens func(context.Context, strategy.Doer, *sale.Purchase)) {
	call := s.Call
	s.Call = func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
		if p.BuyerIndex%10 == 5 {
			happens(ctx, do, p)
		}
		return call(ctx, do, p)
	}
}

// losingStock: the stock key, which contracts name first, is gone now and then.
func losingStock(s *strategy.Strategy) {
	keys := s.Keys
	before(s, func(ctx context.Context, do strategy.Doer, p *sale.Purchase) {
		if of, err := keys(p.Item); err == nil {
			do.Do(ctx, "DEL", of[0])
		}
	})
}

// forgettingScripts: the server's cache of scripts is emptied when some have been
// answered.
func forgettingScripts(s *strategy.Strategy) {
	call := s.Call
	s.Call = func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
		answer := call(ctx, do, p)
		if p.BuyerIndex%10 == 5 && answer.Outcome.Answered() {
			do.Do(ctx, "SCRIPT", "FLUSH")
		}
		return answer
	}
}

// givingUpSoon: who watches the stock tries twice, and no more.
func givingUpSoon(s *strategy.Strategy) {
	soon := strategy.Watch(2)
	s.Call, s.Teach = soon.Call, soon.Teach
}

// sayingSoldOut: who has given up is told that nothing is left.
func sayingSoldOut(s *strategy.Strategy) {
	call := s.Call
	s.Call = func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
		answer := call(ctx, do, p)
		if answer.Outcome == sale.Failed {
			answer.Outcome = sale.SoldOut
		}
		return answer
	}
}

// comingEarly: somebody asks for an item before it is opened.
func comingEarly(s *strategy.Strategy) {
	open, teach := s.OpenFor, s.Teach
	s.OpenFor = func(ctx context.Context, do strategy.Doer, item sale.Item, took sale.Took) error {
		teach(ctx, do, &sale.Purchase{Verb: sale.Buy, Item: item, Buyer: "0", Request: "0", Quantity: 1})
		return open(ctx, do, item, took)
	}
}

// aWhile is longer than what the scripts of the corpus keep for a time only.
const aWhile = 10 * time.Millisecond

// pausing: buyers take a while before they come again. It goes with --attempts 2.
func pausing(s *strategy.Strategy) {
	call := s.Call
	s.Call = func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
		if p.RequestIndex%2 == 1 {
			time.Sleep(aWhile)
		}
		return call(ctx, do, p)
	}
}

// auditingLate: the audit takes a while to come.
func auditingLate(s *strategy.Strategy) {
	audit := s.AuditFor
	s.AuditFor = func(ctx context.Context, do strategy.Doer, item sale.Item, took sale.Took) sale.Audit {
		time.Sleep(aWhile)
		return audit(ctx, do, item, took)
	}
}

// sellingTogether: items are on sale at the same time although their keys are
// not apart.
func sellingTogether(s *strategy.Strategy) { s.Apart = true }

// promisingCluster: the contract says that every key is declared.
func promisingCluster(s *strategy.Strategy) {
	promised := *s.Contract
	promised.Cluster = true
	*s = strategy.Script(&promised)
}
