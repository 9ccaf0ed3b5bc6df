package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
)

// desk sends commands outside the sale over any free link.
type desk struct{ links conn.Links }

// Do sends one command and returns its reply.
func (d desk) Do(ctx context.Context, args ...any) (any, error) {
	link, err := d.links.Take(ctx)
	if err != nil {
		return nil, err
	}
	defer d.links.Give(link)
	x := link.RoundTrip(ctx, args)
	return x.Reply, x.Err
}

// open makes the item ready. What it made before an error is removed.
func (s *Sale) open(ctx context.Context, links conn.Links) error {
	do := desk{links}
	undone := context.WithoutCancel(ctx) // an interrupt must not leave keys behind
	if err := s.refuseToOverwrite(ctx, do); err != nil {
		return err
	}
	if err := s.singCanary(ctx, do); err != nil {
		return errors.Join(err, s.remove(undone, do, s.canary(), s.tookCanary()))
	}
	if err := s.remove(undone, do, s.canary(), s.tookCanary()); err != nil {
		return err
	}
	item := s.Head.Items[0]
	if err := s.strategy.OpenFor(ctx, do, item, s.took()); err != nil {
		return errors.Join(fmt.Errorf("opening item %s: %w", item.ID, err), s.remove(undone, do, item, s.took()))
	}
	return nil
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

// canary is an item of its own with ten purchases' worth of stock.
func (s *Sale) canary() sale.Item {
	return sale.Item{ID: strconv.FormatInt(s.Head.Started.UnixMicro(), 10), Stock: 10 * s.Head.Quantity}
}

// singCanary lets one buyer buy twice before the doors open: first by sending
// the whole script, which loads it wherever its digest will be looked for, then
// as every buyer will. A server that cannot do it says so once, here, and not
// five thousand times in the record.
func (s *Sale) singCanary(ctx context.Context, links desk) error {
	item, took := s.canary(), s.tookCanary()
	if err := s.strategy.OpenFor(ctx, links, item, took); err != nil {
		return fmt.Errorf("opening a trial item: %w", err)
	}
	p := s.canaryPurchase()
	for _, call := range []func(context.Context, *hand) sale.Answer{
		func(ctx context.Context, h *hand) sale.Answer { return s.strategy.Teach(ctx, h, &p) },
		func(ctx context.Context, h *hand) sale.Answer { return s.strategy.Call(ctx, h, &p) },
	} {
		err := links.try(ctx, call)
		if conn.IsCompileError(err) {
			return cmp.Or(s.strategy.Load(ctx, links), err) // loading names the script's line
		}
		if err != nil {
			return fmt.Errorf("a trial purchase failed: %w", err)
		}
	}
	if audit := s.strategy.AuditFor(ctx, links, item, took); len(audit.Problems) > 0 {
		return fmt.Errorf("a trial audit failed: %s", strings.Join(audit.Problems, "; "))
	}
	return nil
}

// canaryPurchase is what the canary buys, under an id that no buyer has.
func (s *Sale) canaryPurchase() sale.Purchase {
	return sale.Purchase{
		Verb: sale.Buy, Item: s.canary(), Buyer: sale.BuyerIDs{From: firstBuyer - 1}.ID(0), Request: "0", Quantity: s.Head.Quantity,
	}
}

// tookCanary says that the canary took part, and nobody else.
func (s *Sale) tookCanary() sale.Took {
	once := func(yield func(sale.Purchase) bool) { yield(s.canaryPurchase()) }
	return sale.Took{Buyers: once, Requests: once}
}

// try makes one purchase and returns what makes the whole sale impossible: a
// wire error, or an error reply that says the command did not run.
func (d desk) try(ctx context.Context, call func(context.Context, *hand) sale.Answer) error {
	link, err := d.links.Take(ctx)
	if err != nil {
		return err
	}
	defer d.links.Give(link)
	h := &hand{link: link}
	answer := call(ctx, h)
	switch {
	case h.wireErr == nil || answer.Outcome != sale.Indeterminate:
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
	clock := newClock()
	links, err := conn.Open(ctx, srv, conn.Pool(1), auditTimeout, clock.now)
	if err != nil {
		return 0, err
	}
	defer links.Close()
	return desk{links}.remove(ctx, keys)
}
