package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// desk sends commands outside the sale over any free link.
type desk struct{ links conn.Links }

// Do sends one command and returns its reply. What the server declined before
// is not sent: it might hang up.
func (d desk) Do(ctx context.Context, args ...any) (any, error) {
	if word, is := args[0].(string); is {
		if err := d.links.Declines(word); err != nil {
			return nil, err
		}
	}
	link, err := d.links.Take(ctx)
	if err != nil {
		return nil, err
	}
	defer d.links.Give(link)
	x := link.RoundTrip(ctx, args)
	return x.Reply, x.Err
}

// Multi has several commands run as one, in MULTI and EXEC over one link. A
// reply to one of them may be an error.
func (d desk) Multi(ctx context.Context, commands ...[]any) ([]any, error) {
	if err := d.links.Declines("MULTI"); err != nil {
		return nil, err
	}
	link, err := d.links.Take(ctx)
	if err != nil {
		return nil, err
	}
	defer d.links.Give(link)
	link, free, err := pinned(ctx, link, commands...)
	if err != nil {
		return nil, err
	}
	defer free()
	for _, command := range slices.Concat([][]any{{"MULTI"}}, commands) {
		if x := link.RoundTrip(ctx, command); x.Err != nil {
			link.RoundTrip(ctx, []any{"DISCARD"}) // an error here says nothing more
			return nil, x.Err
		}
	}
	x := link.RoundTrip(ctx, []any{"EXEC"})
	replies, isList := x.Reply.([]any)
	if x.Err == nil && !isList {
		x.Err = fmt.Errorf("EXEC: want a list, not %v", x.Reply)
	}
	return replies, x.Err
}

// pinned returns a link whose commands all go over one connection, to the node that
// the given ones go to, and what gives that up.
func pinned(ctx context.Context, link conn.Link, commands ...[]any) (conn.Link, func(), error) {
	if aims, can := link.(conn.Aimer); can {
		if err := aims.Aim(ctx, commands...); err != nil {
			return nil, nil, err
		}
	}
	if pins, can := link.(conn.Pinner); can {
		return pins.Pin(ctx)
	}
	return link, func() {}, nil
}

// open makes a lot ready, after a trial on an item of its own. What it made
// before an error is removed.
//
// Nobody waits yet: what is prepared for the sale has time, however short the
// timeout of the buyers is.
func (s *Sale) open(ctx context.Context, do desk, first lot) error {
	undone := context.WithoutCancel(ctx) // an interrupt must not leave keys behind
	links, err := s.fresh(ctx, max(auditTimeout, s.spec.Timeout))
	if err != nil {
		return err
	}
	defer links.Close()
	patient := desk{links}
	if err := s.refuseToOverwrite(ctx, patient); err != nil {
		return err
	}
	for s.trying = range s.trials {
		err := s.singCanary(ctx, do)
		if err := errors.Join(err, s.remove(undone, patient, s.canary(), s.tookCanary())); err != nil {
			return err
		}
	}
	if s.strategy.CallBy == contract.FCall && s.server.Clustered() { // no call carries a library along
		if err := s.strategy.Load(ctx, do); err != nil {
			return err
		}
	}
	return s.openItems(ctx, patient, first)
}

// openItems puts the items of a lot on sale, or none of them.
func (s *Sale) openItems(ctx context.Context, do desk, of lot) error {
	for i := of.first; i < of.end; i++ {
		item := s.Head.Items[i]
		err := s.strategy.OpenFor(ctx, do, item, s.plan.took(i))
		if err == nil {
			continue
		}
		return errors.Join(fmt.Errorf("opening item %s: %w", item.ID, err), s.withdraw(ctx, do, of.first, i+1))
	}
	return nil
}

// withdraw removes what was made to sell items from first up to end.
func (s *Sale) withdraw(ctx context.Context, do desk, first, end int) (err error) {
	for made := first; made < end; made++ {
		err = errors.Join(err, s.remove(context.WithoutCancel(ctx), do, s.Head.Items[made], s.plan.took(made)))
	}
	return err
}

// refuseToOverwrite looks for the sale's keys before anything is written.
func (s *Sale) refuseToOverwrite(ctx context.Context, do desk) error {
	keys, err := s.Keys()
	if err != nil || s.spec.Overwrite {
		return err
	}
	for _, key := range keys {
		reply, err := do.Do(ctx, "EXISTS", key)
		if err != nil {
			return fmt.Errorf("looking for key %q: %w", key, err)
		}
		if n, _ := reply.(int64); n != 0 {
			return fmt.Errorf("key %q exists on the server; --overwrite sells over it, --item chooses another", key)
		}
	}
	return nil
}

// canary is an item of its own, in a cluster one a master after the other.
func (s *Sale) canary() sale.Item { return s.trials[s.trying] }

// singCanary lets one buyer buy twice before the doors open: first by sending
// the whole script, which loads it where its digest will be looked for, then as
// every buyer will. A server that cannot do it says so once, here, and not
// five thousand times in the record.
func (s *Sale) singCanary(ctx context.Context, links desk) error {
	item, took := s.canary(), s.tookCanary()
	if err := s.strategy.OpenFor(ctx, links, item, took); err != nil {
		return fmt.Errorf("opening a trial item: %w", err)
	}
	p := s.canaryPurchase()
	calls := []func(context.Context, strategy.Doer, *sale.Purchase) sale.Answer{s.strategy.Teach, s.strategy.Call}
	for _, verb := range s.afterwards() {
		calls = append(calls, func(ctx context.Context, do strategy.Doer, p *sale.Purchase) sale.Answer {
			next := *p
			next.Verb = verb
			return s.strategy.Teach(ctx, do, &next)
		})
	}
	for _, call := range calls {
		err := links.try(ctx, &s.strategy, call, &p)
		s.trial.keep(0, p.Receipt)
		if conn.IsCompileError(err) && s.server.Declines("SCRIPT") == nil {
			return cmp.Or(s.strategy.Load(ctx, links), err) // loading names the script's line
		}
		if err != nil {
			return fmt.Errorf("a trial purchase failed: %w", err)
		}
	}
	if audit := s.strategy.Trial().AuditFor(ctx, links, item, took); len(audit.Problems) > 0 {
		return fmt.Errorf("a trial audit failed: %s", strings.Join(audit.Problems, "; "))
	}
	return nil
}

// canaryBuyer is the canary's id: no buyer's, unless --buyer-ids has it.
const canaryBuyer = "0"

// canaryPurchase is what the canary buys.
func (s *Sale) canaryPurchase() sale.Purchase {
	return sale.Purchase{
		Verb: sale.Buy, Item: s.canary(), Buyer: canaryBuyer, Request: canaryBuyer, Quantity: s.spec.Quantity.Most(),
	}
}

// tookCanary says that the canary took part, and nobody else.
func (s *Sale) tookCanary() sale.Took {
	p := s.canaryPurchase()
	once := func(yield func(sale.Purchase) bool) { yield(p) }
	answered := func(yield func(sale.Purchase) bool) {
		for _, p.Receipt = range s.trial.each(0) {
			if !yield(p) {
				return
			}
		}
	}
	return sale.Took{Buyers: once, Requests: answered}
}

// afterwards are the verbs by which buyers go on when they have bought.
func (s *Sale) afterwards() (verbs []sale.Verb) {
	if s.strategy.After != nil && s.spec.Abandon < 1 {
		verbs = append(verbs, sale.After)
	}
	if s.spec.Release > 0 {
		verbs = append(verbs, sale.Release)
	}
	if s.strategy.Confirm != nil && s.spec.Abandon < 1 {
		verbs = append(verbs, sale.Confirm)
	}
	return verbs
}

// try makes one purchase, which keeps its receipt, and returns what makes the whole sale impossible: a
// wire error, or an error reply that says the command did not run.
func (d desk) try(ctx context.Context, s *strategy.Strategy, call func(context.Context, strategy.Doer, *sale.Purchase) sale.Answer, p *sale.Purchase) error {
	link, err := d.links.Take(ctx)
	if err != nil {
		return err
	}
	defer d.links.Give(link)
	h := &hand{purchase: *p}
	free, err := h.pin(ctx, link, s)
	if err != nil {
		return err
	}
	answer := call(ctx, h, p)
	free()
	if answer.Receipt != nil {
		p.Receipt = answer.Receipt
	}
	switch {
	case h.wireErr == nil || answer.Outcome != sale.Indeterminate && answer.Outcome != sale.Failed:
		return nil
	case conn.FateOf(h.wireErr) == conn.NotRun || !conn.IsReply(h.wireErr) || conn.IsCompileError(h.wireErr):
		return h.wireErr
	}
	return nil
}

// remove deletes the keys of an item, and those of who took part.
func (s *Sale) remove(ctx context.Context, do desk, item sale.Item, took sale.Took) error {
	keys, err := s.keys(item, took)
	if err != nil {
		return err
	}
	_, err = do.remove(ctx, keys)
	return err
}

func (d desk) remove(ctx context.Context, keys []string) (removed int64, err error) {
	for _, key := range keys {
		reply, err := d.Do(ctx, "DEL", key)
		if err != nil {
			return removed, fmt.Errorf("removing key %q: %w", key, err)
		}
		n, _ := reply.(int64)
		removed += n
	}
	return removed, nil
}

// Remove deletes keys from a server, each by its name, and returns how many
// were there.
func Remove(ctx context.Context, srv *server.Server, keys []string) (removed int64, err error) {
	links, err := conn.Open(ctx, srv, conn.Options{Mode: conn.Pool(1), Timeout: auditTimeout, Now: newClock().now})
	if err != nil {
		return 0, err
	}
	defer links.Close()
	return desk{links}.remove(ctx, keys)
}
