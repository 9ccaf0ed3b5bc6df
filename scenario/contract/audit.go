package contract

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A Doer sends one command and returns its reply; an error reply is an error.
type Doer interface {
	Do(ctx context.Context, args ...any) (any, error)
}

// A Transactor is a Doer that can have several commands run as one, in MULTI
// and EXEC. A reply to one of them may be an error.
type Transactor interface {
	Multi(ctx context.Context, commands ...[]any) ([]any, error)
}

// maxReads bounds how often an account that goes on changing is read.
const maxReads = 60

// Audit reads the stock, the ledger and the orders of an item. What should be
// there to read and is not, is named in Problems. A ledger of keys that are
// the buyers' own is read for those who took part; where that is not told,
// there is none.
//
// A contract with settle is read until two accounts agree.
func (c *Contract) Audit(ctx context.Context, do Doer, item sale.Item, took sale.Took) sale.Audit {
	a := c.auditOnce(ctx, do, item, took)
	for reads := 1; c.settle > 0; reads++ {
		if !wait(ctx, c.settle) || reads == maxReads {
			a.Problems = append(a.Problems, fmt.Sprintf("the account went on changing: no two of %d readings, %s apart, agree (settle)", reads, c.settle))
			return a
		}
		again := c.auditOnce(ctx, do, item, took)
		if a.Equal(&again) {
			break
		}
		a = again
	}
	return a
}

// Stock reads the units left of an item; an error if the contract has no
// reader.
func (c *Contract) Stock(ctx context.Context, do Doer, item sale.Item) (int64, error) {
	if c.stock == nil {
		return 0, errors.New("the contract has no reader of the stock")
	}
	p, err := c.prepare(item, c.Quantity)
	if err != nil {
		return 0, err
	}
	v := c.values(item, c.Quantity)
	return c.stock.read(ctx, do, p, &v)
}

func (c *Contract) auditOnce(ctx context.Context, do Doer, item sale.Item, took sale.Took) sale.Audit {
	a := sale.Audit{Ledger: sale.NoLedger}
	p, err := c.prepare(item, c.Quantity)
	if err != nil {
		a.Problems = append(a.Problems, err.Error())
		return a
	}
	problem := func(what string, err error) { a.Problems = append(a.Problems, what+": "+err.Error()) }
	if c.stock != nil {
		if units, err := c.Stock(ctx, do, item); err != nil {
			problem("stock", err)
		} else {
			a.Stock = &units
		}
	}
	if c.buyers != nil && (c.buyers.command == nil || took.Buyers != nil) {
		if holdings, err := c.buyers.read(ctx, do, c, p, item, took); err != nil {
			problem("buyers", err)
		} else {
			a.Ledger, a.Holdings = c.buyers.ledger(), holdings
		}
	}
	if c.orders != nil {
		if orders, err := c.orders.read(ctx, do, c, p, item); err != nil {
			problem("orders", err)
		} else {
			a.Orders = orders
		}
	}
	return a
}

// wait lets some time pass; false if ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (l *loader) audit(n *yaml.Node) error {
	return l.mapping(n, "audit",
		field{"stock", "", l.auditStock},
		field{"buyers", "", l.auditBuyers},
		field{"orders", "", l.auditOrders},
		field{"settle", "", func(n *yaml.Node) error {
			text, err := l.text(n, "audit.settle")
			if err != nil {
				return err
			}
			if l.c.settle, err = time.ParseDuration(text); err != nil || l.c.settle < 0 || l.c.settle > time.Minute {
				return l.errorf(n, "audit.settle: want a length of time up to 1m, such as 500ms, not %q", text)
			}
			return nil
		}},
	)
}

func isNone(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Value == "none" }
