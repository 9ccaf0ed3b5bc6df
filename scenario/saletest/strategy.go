package saletest

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// strategy is the application as the driver sees it.
func (s *Sale) strategy() strategy.Strategy {
	keysFor := func(item sale.Item, _ sale.Took) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			for _, key := range s.Keys(item) {
				if !yield(key, nil) {
					return
				}
			}
		}
	}
	open := func(ctx context.Context, _ strategy.Doer, item sale.Item, _ sale.Took) error {
		return s.Open(ctx, item)
	}
	audit := func(ctx context.Context, _ strategy.Doer, item sale.Item, _ sale.Took) sale.Audit {
		return s.audit(ctx, item)
	}
	made := strategy.Strategy{
		Name: "a purchase in Go", CallBy: strategy.CallGo, Own: true, Quantity: 1, Items: 1, Apart: s.apart(),
		Terms: sale.Terms{Limit: s.Limit, RetrySafe: sale.RetryNone},
		With:  s.with, KeysFor: keysFor, Call: s.call, Teach: s.call, OpenFor: open, AuditFor: audit,
		Keys:  func(item sale.Item) ([]string, error) { return s.Keys(item), nil },
		Load:  func(context.Context, strategy.Doer) error { return nil },
		Open:  func(ctx context.Context, do strategy.Doer, item sale.Item) error { return s.Open(ctx, item) },
		Audit: func(ctx context.Context, do strategy.Doer, item sale.Item) sale.Audit { return s.audit(ctx, item) },
		Stock: func(ctx context.Context, _ strategy.Doer, item sale.Item) (int64, error) {
			if s.Left == nil {
				return 0, errors.New("it cannot be read")
			}
			return s.Left(ctx, item)
		},
	}
	return made
}

// with refuses what the application cannot do; the limit is what it promises.
func (s *Sale) with(quantity, limit int64) (strategy.Strategy, error) {
	if quantity != 1 || limit != s.Limit {
		return strategy.Strategy{}, fmt.Errorf("it sells 1 a purchase and %d a buyer", s.Limit)
	}
	return s.strategy(), nil
}

// apart reports whether two items have no key in common.
func (s *Sale) apart() bool {
	seen := map[string]bool{}
	for _, id := range []string{"1", "2"} {
		for _, key := range s.Keys(sale.Item{ID: id}) {
			if seen[key] {
				return false
			}
			seen[key] = true
		}
	}
	return true
}

// call makes one attempt, and reads what the application says came of it.
func (s *Sale) call(ctx context.Context, _ strategy.Doer, p *sale.Purchase) sale.Answer {
	outcome, err := s.Buy(ctx, p)
	answer := sale.Answer{Outcome: outcome, Left: sale.Untold}
	switch {
	case err != nil && outcome != sale.Failed && conn.FateOf(err) == conn.NotRun:
		answer.Outcome = sale.Failed
	case err != nil && outcome != sale.Failed:
		answer.Outcome = sale.Indeterminate
	case outcome == sale.OK:
		answer.Granted = p.Quantity
	case outcome < sale.OK || outcome > sale.Dropped:
		answer.Outcome, answer.Defect, answer.Raw = sale.Indeterminate, sale.UnmappedReply, fmt.Sprintf("the outcome %v", outcome)
	}
	if err != nil {
		answer.Raw = err.Error()
	}
	return answer
}

// audit asks the application's server what was sold.
func (s *Sale) audit(ctx context.Context, item sale.Item) sale.Audit {
	a := sale.Audit{Ledger: sale.NoLedger}
	if s.Left != nil {
		if left, err := s.Left(ctx, item); err != nil {
			a.Problems = append(a.Problems, "stock: "+err.Error())
		} else {
			a.Stock = &left
		}
	}
	if s.Holders == nil {
		return a
	}
	buyers, err := s.Holders(ctx, item)
	if err != nil {
		a.Problems = append(a.Problems, "buyers: "+err.Error())
		return a
	}
	a.Ledger, a.Holdings = holdings(buyers)
	return a
}

// holdings counts a list of buyers. One in which somebody stands twice counts
// units; of any other it cannot be told.
func holdings(buyers []string) (sale.Ledger, []sale.Holding) {
	ledger, held := sale.Presence, map[string]int64{}
	var all []sale.Holding
	for _, buyer := range buyers {
		if held[buyer]++; held[buyer] > 1 {
			ledger = sale.Units
		}
	}
	for buyer, units := range held {
		all = append(all, sale.Holding{Buyer: buyer, Units: units})
	}
	return ledger, all
}
