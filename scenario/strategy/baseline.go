package strategy

import (
	"context"
	"fmt"
	"iter"
	"strconv"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// CallGo is the CallBy of a strategy in Go.
const CallGo = "go"

// baselines are the strategies in Go, for scripts to be compared with.
var baselines = []baseline{naive, decr, decrUndo, saddDecr, watch(watchTries), lock, lockShortLease, bitfield}

// A baseline is a way to sell one unit a purchase that is written in Go, as
// applications do it that have no script. After the first command that got no
// reply it sends no other.
type baseline struct {
	name string
	// promise, trips and flaw are told to users.
	promise, trips, flaw string
	// terms are Atomic where one command takes the unit and nothing else moves the
	// stock above zero, however many commands come before and after it.
	terms  sale.Terms
	pinned bool
	// beside are the ends of the names of its keys beside the stock's.
	beside []string
	// open puts so many units under a key; nil: SET.
	open func(ctx context.Context, do Doer, stock string, units int64) error
	// stock reads the units left under a key; nil: GET.
	stock func(ctx context.Context, do Doer, stock string) (int64, error)
	// buyers reads the ledger; nil: there is none.
	buyers func(ctx context.Context, do Doer, item sale.Item) ([]sale.Holding, error)
	call   func(ctx context.Context, do Doer, p *sale.Purchase) sale.Answer
	// words and read are call's halves where it is a single command.
	words func(room []any, p *sale.Purchase) ([]any, error)
	read  func(reply any, err error) sale.Answer
}

// strategy returns the baseline as the rest of the program sees it.
func (b baseline) strategy() Strategy {
	made := Strategy{
		Name: b.name, CallBy: CallGo, Terms: b.terms, Quantity: 1, Items: 1, Apart: true, Cluster: true, Pinned: b.pinned,
		About: b.promise, Trips: b.trips, Flaw: b.flaw,
		With: b.with, Keys: b.keys, KeysFor: b.keysFor, Call: b.call, Teach: b.call, Words: b.words,
		Load: func(context.Context, Doer) error { return nil },
		Open: b.opens,
		OpenFor: func(ctx context.Context, do Doer, item sale.Item, _ sale.Took) error {
			return b.opens(ctx, do, item)
		},
		Audit: b.audit,
		AuditFor: func(ctx context.Context, do Doer, item sale.Item, _ sale.Took) sale.Audit {
			return b.audit(ctx, do, item)
		},
		Stock: b.left,
	}
	if b.words != nil {
		made.Call = b.callInWords
		made.Teach = b.callInWords
		made.Read = func(_ *sale.Purchase, reply any, err error) sale.Answer { return b.read(reply, err) }
	}
	return made
}

// with allows another limit, which the judge then holds against what it does,
// and no other quantity.
func (b baseline) with(quantity, limit int64) (Strategy, error) {
	if quantity != 1 {
		return Strategy{}, fmt.Errorf("%s sells 1 a purchase and cannot be told %d", b.name, quantity)
	}
	b.terms.Limit = limit
	return b.strategy(), nil
}

// key is the name of a key of an item. All of them are in one hash slot.
func key(item sale.Item, end string) string { return "{seckill:" + item.ID + "}:" + end }

func stockOf(item sale.Item) string { return key(item, "stock") }

func (b baseline) keys(item sale.Item) ([]string, error) {
	keys := []string{stockOf(item)}
	for _, end := range b.beside {
		keys = append(keys, key(item, end))
	}
	return keys, nil
}

func (b baseline) keysFor(item sale.Item, _ sale.Took) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		keys, _ := b.keys(item)
		for _, key := range keys {
			if !yield(key, nil) {
				return
			}
		}
	}
}

func (b baseline) opens(ctx context.Context, do Doer, item sale.Item) error {
	open := b.open
	if open == nil {
		open = func(ctx context.Context, do Doer, stock string, units int64) error {
			_, err := do.Do(ctx, "SET", stock, units)
			return err
		}
	}
	if err := open(ctx, do, stockOf(item), item.Stock); err != nil {
		return fmt.Errorf("opening item %q of %s: %w", item.ID, b.name, err)
	}
	return nil
}

func (b baseline) callInWords(ctx context.Context, do Doer, p *sale.Purchase) sale.Answer {
	words, err := b.words(nil, p)
	if err != nil {
		return failed(err)
	}
	return b.read(do.Do(ctx, words...))
}

// left reads the units left of an item.
func (b baseline) left(ctx context.Context, do Doer, item sale.Item) (int64, error) {
	if b.stock != nil {
		return b.stock(ctx, do, stockOf(item))
	}
	return counter(ctx, do, stockOf(item))
}

func (b baseline) audit(ctx context.Context, do Doer, item sale.Item) sale.Audit {
	a := sale.Audit{Ledger: sale.NoLedger}
	if units, err := b.left(ctx, do, item); err != nil {
		a.Problems = append(a.Problems, "stock: "+err.Error())
	} else {
		a.Stock = &units
	}
	if b.buyers == nil {
		return a
	}
	holdings, err := b.buyers(ctx, do, item)
	if err != nil {
		a.Problems = append(a.Problems, "buyers: "+err.Error())
		return a
	}
	a.Ledger, a.Holdings = sale.Presence, holdings
	return a
}

// counter reads a counter.
func counter(ctx context.Context, do Doer, key string) (int64, error) {
	units, found, err := find(ctx, do, key)
	if err == nil && !found {
		err = fmt.Errorf("the key %s is missing", key)
	}
	return units, err
}

// notBelowZero reads a counter that goes on falling when nothing is left.
func notBelowZero(ctx context.Context, do Doer, key string) (int64, error) {
	units, err := counter(ctx, do, key)
	return max(units, 0), err
}

// find reads a counter, if it is there.
func find(ctx context.Context, do Doer, key string) (units int64, found bool, err error) {
	reply, err := do.Do(ctx, "GET", key)
	if reply == nil || err != nil {
		return 0, false, err
	}
	text, _ := reply.(string)
	if units, err = strconv.ParseInt(text, 10, 64); err != nil {
		return 0, false, fmt.Errorf("the key %s holds %q, which is no counter", key, text)
	}
	return units, true, nil
}

// sold is the answer to who got a unit; left is the stock after that.
func sold(left int64) sale.Answer { return sale.Answer{Outcome: sale.OK, Granted: 1, Left: left} }

// refused is the answer to who got none.
func refused(as sale.Outcome) sale.Answer { return sale.Answer{Outcome: as, Left: sale.Untold} }

// failed is the answer where certainly nothing was granted, nor will be.
func failed(why error) sale.Answer {
	return sale.Answer{Outcome: sale.Failed, Left: sale.Untold, Raw: why.Error()}
}

// unsure is the answer where something may have been granted, or may yet be. (Of
// an attempt that took no other command its error may tell that it did not run.)
func unsure(why error) sale.Answer {
	return sale.Answer{Outcome: sale.Indeterminate, Left: sale.Untold, Raw: why.Error()}
}

// taken is the answer by what a decrement says is left.
func taken(reply any, err error) sale.Answer {
	left, isNumber := reply.(int64)
	switch {
	case err != nil:
		return unsure(err)
	case !isNumber:
		return unsure(fmt.Errorf("no number: %v", reply))
	case left < 0:
		return refused(sale.SoldOut)
	}
	return sold(left)
}
