package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
)

// How long one command of an audit may take, and the audits of a lot: some
// time, and some more for each item.
const (
	auditTimeout = 10 * time.Second
	auditsTime   = time.Minute
	auditTime    = 100 * time.Millisecond
)

const lostNames = "answers were lost, and with them the names of keys that only they tell: such keys may be left on the server, " +
	"and others that the contract does not name were not looked for"

const howToClean = "; seckill check DIR --clean URL removes what is left"

// audit reads the server's own account of the items of a lot over fresh
// connections, when every buyer has left, and removes their keys. Where an
// attempt was indeterminate it may still run, and a server that was harmed may
// not be whole yet: then the accounts are read twice, a timeout apart, and the
// two must agree.
func (s *Sale) audit(ctx context.Context, tail *history.Tail, of lot, twice bool) {
	ctx, cancel := context.WithTimeout(ctx, auditsTime+time.Duration(of.end-of.first)*auditTime)
	defer cancel()
	timeout := auditTimeout
	if tail.Ended == history.EndedServerLost {
		timeout = s.spec.Timeout // it has had its time
	}
	audits, err := s.audits(ctx, timeout, of)
	if err == nil && twice {
		time.Sleep(s.spec.Timeout)
		var again []sale.Audit
		again, err = s.audits(ctx, timeout, of)
		tail.AuditsDiffer = tail.AuditsDiffer || !slices.EqualFunc(audits, again, func(a, b sale.Audit) bool { return a.Equal(&b) })
		audits = again
	}
	if err != nil {
		for range of.end - of.first {
			tail.Audits = append(tail.Audits, sale.Audit{Ledger: sale.NoLedger, Problems: []string{"the audit could not connect: " + err.Error()}})
		}
		tail.Warnings = append(tail.Warnings, "the item's keys may still be on the server"+howToClean)
		return
	}
	tail.Audits = append(tail.Audits, audits...)
	if err := s.removeLot(ctx, timeout, of); err != nil {
		tail.Warnings = append(tail.Warnings, err.Error()+howToClean)
	}
}

// audits reads each item's account over a connection made for it.
func (s *Sale) audits(ctx context.Context, timeout time.Duration, of lot) ([]sale.Audit, error) {
	links, err := s.fresh(ctx, timeout)
	if err != nil {
		return nil, err
	}
	defer links.Close()
	audits := make([]sale.Audit, 0, of.end-of.first)
	for i := of.first; i < of.end; i++ {
		audits = append(audits, s.strategy.AuditFor(ctx, desk{links}, s.Head.Items[i], s.plan.took(i)))
	}
	return audits, nil
}

func (s *Sale) fresh(ctx context.Context, timeout time.Duration) (conn.Links, error) {
	return conn.Open(ctx, s.server, conn.Options{Mode: conn.Pool(1), Timeout: timeout, Now: newClock().now})
}

// removeLot deletes the keys of the items of a lot.
func (s *Sale) removeLot(ctx context.Context, timeout time.Duration, of lot) error {
	links, err := s.fresh(ctx, timeout)
	if err != nil {
		return err
	}
	defer links.Close()
	for i := of.first; i < of.end; i++ {
		if err := s.remove(ctx, desk{links}, s.Head.Items[i], s.plan.took(i)); err != nil {
			return err
		}
	}
	return nil
}

// keyspace is every key of a server that nobody else uses; nil for others, and
// where there are too many to look at.
func (s *Sale) keyspace(ctx context.Context) (server.Keyspace, error) {
	if !s.server.Ours() {
		return nil, nil
	}
	keys, err := s.server.Keyspace(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking at the keys of the server: %w", err)
	}
	return keys, nil
}

// lookAround names the keys that the sale changed and its contract does not
// name: what there is when all that were named are removed, and was not before.
func (s *Sale) lookAround(ctx context.Context, tail *history.Tail, before server.Keyspace) {
	if before == nil || tail.Ended == history.EndedServerLost {
		return
	}
	after, err := s.server.Keyspace(ctx)
	if errors.Is(err, server.ErrManyKeys) {
		tail.Warnings = append(tail.Warnings, "not every key that the contract does not name is listed: "+err.Error())
	} else if err != nil {
		tail.Warnings = append(tail.Warnings, "keys that the contract does not name were not looked for: "+err.Error())
		return
	}
	tail.Foreign = []string{}
	for _, change := range before.Changes(after) {
		tail.Foreign = append(tail.Foreign, fmt.Sprintf("%q", change.Key))
	}
}
