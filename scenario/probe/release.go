package probe

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// giveBacks are sales in which units come back.
func (by *prober) giveBacks() []scene {
	scenes := []scene{
		by.scene("release-twice", "a buyer gives his purchase back twice, and then all is sold", 3, func(p *play) {
			p.open()
			bought := p.buy(0)
			p.skipNameless(bought)
			p.next(sale.Release, bought)
			p.next(sale.Release, bought)
			p.buys(1, 6)
		}),
		by.scene("release-stranger", "somebody gives back what another has bought, and then all is sold", 3, func(p *play) {
			p.open()
			bought := p.buy(0)
			p.skipNameless(bought)
			bought.ask.buyer, bought.ask.request = 1, p.requests
			p.requests++
			p.next(sale.Release, bought)
			p.buys(2, 6)
		}),
		by.scene("confirm-twice", "a buyer confirms his purchase twice, and then all is sold", 3, func(p *play) {
			p.open()
			bought := p.buy(0)
			p.next(sale.Confirm, bought)
			p.next(sale.Confirm, bought)
			p.buys(1, 5)
		}),
		by.scene("restock", "units are added when all are sold", 2, func(p *play) {
			p.open()
			p.buys(0, 4)
			p.restock(2 * p.head.Quantity)
			p.buys(4, 8)
		}),
	}
	for i := range scenes[:2] {
		if by.strat.Release == nil {
			scenes[i].skip = "the contract has no release"
		}
	}
	if by.strat.Confirm == nil {
		scenes[2].skip = "the contract has no confirm"
	}
	return scenes
}

// skipNameless gives a case up where a release says neither who gives back nor
// what: then only the caller can know whether he may.
func (p *play) skipNameless(bought told) {
	words := func(a ask) [][]any {
		a.verb, a.receipt = sale.Release, bought.answer.Receipt
		var calls dry
		made := p.purchase(&a, p.head.Items[0])
		p.strat.Release(p.ctx, &calls, &made)
		return calls.sent
	}
	other := bought.ask
	other.buyer, other.request = other.buyer+1, other.request+1
	if len(bought.answer.Receipt) == 0 && slices.EqualFunc(words(bought.ask), words(other), slices.Equal[[]any]) {
		p.Skipped = "a release names neither the buyer nor the purchase: its caller has to know"
	}
}

// restock brings the item more units, as the contract says or, where the stock
// is one number, by hand.
func (p *play) restock(units int64) {
	if p.stopped != nil {
		return
	}
	from := p.now()
	item := p.head.Items[0]
	if p.strat.Restock != nil {
		p.do(fmt.Sprintf("%d units are added", units), func() error { return p.strat.Restock(p.ctx, p.wire, item, units) })
	} else if command, err := p.restocking(item, units); err != nil {
		p.Skipped = err.Error()
		return
	} else {
		p.send(fmt.Sprintf("%d units are added by hand", units), command...)
	}
	p.events = append(p.events, history.Event{At: from, Until: p.now(), Kind: "restock", Units: units, Text: fmt.Sprintf("%d units were added", units)})
}

var errNoNumber = errors.New("the contract does not say how to restock, and the stock is not one number")

// restocking is the command that adds units to a stock. One that was let below
// zero is taken for none.
func (p *play) restocking(item sale.Item, units int64) ([]any, error) {
	keys, err := p.stockKeys(item)
	if err != nil || len(keys) != 1 {
		return nil, errNoNumber
	}
	command := []any{"SET", keys[0]}
	reply, err := p.wire.Do(p.ctx, "GET", keys[0])
	if err != nil {
		reply, err = p.wire.Do(p.ctx, "HGETALL", keys[0])
		fields, isHash := reply.([]any)
		if err != nil || !isHash || len(fields) != 2 {
			return nil, errNoNumber
		}
		command, reply = []any{"HSET", keys[0], fields[0]}, fields[1]
	}
	text, _ := reply.(string)
	left, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, errNoNumber
	}
	return append(command, max(left, 0)+units), nil
}
