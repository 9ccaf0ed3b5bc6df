package probe

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// takeStock takes the first item's stock away, and leaves the ledger. What the
// script cannot sell from then on is of no weight.
func (p *play) takeStock() {
	places, err := p.contract.StockPlaces(p.head.Items[0])
	if err != nil {
		p.stopped = errors.Join(p.stopped, err)
		return
	}
	p.do("the key of the stock is deleted", func() error {
		for _, command := range emptying(places) {
			if _, err := p.wire.Do(p.ctx, command...); err != nil {
				return err
			}
		}
		return nil
	})
	p.taken, p.allows = places, allowance{errors: p.contract.MissingStock != sale.MissingRefuse, refusals: true}
}

// emptying are the commands that empty places.
func emptying(places []contract.StockPlace) (commands [][]any) {
	whole := []any{"DEL"}
	for _, place := range places {
		if place.InField {
			commands = append(commands, []any{"HDEL", place.Key, place.Field})
		} else {
			whole = append(whole, place.Key)
		}
	}
	if len(whole) > 1 {
		commands = append(commands, whole)
	}
	return commands
}

// holds reports whether there is something in a place. It is asked beside what
// the audit asks.
func (p *play) holds(place contract.StockPlace) bool {
	if _, there := p.held[place.Key]; !there || !place.InField {
		return there
	}
	sent := p.wire.sent
	reply, err := p.wire.Do(p.ctx, "HEXISTS", place.Key, place.Field)
	p.wire.sent = sent
	return err != nil || reply != int64(0)
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
	} else if err := p.restockByHand(item, units); err != nil {
		p.Skipped = err.Error()
		return
	}
	p.events = append(p.events, history.Event{At: from, Until: p.now(), Kind: history.EventRestock, Units: units, Text: fmt.Sprintf("%d units were added", units)})
}

var (
	errNoNumber  = errors.New("the contract does not say how to restock, and the stock is not one number")
	errOtherUnit = errors.New("the contract does not say how to restock, and what its audit reads does not rise with the number of the stock")
)

// restockByHand adds units to the number of the stock. Whether it counts in
// units shows in what the audit reads.
func (p *play) restockByHand(item sale.Item, units int64) error {
	command, err := p.restocking(item, units)
	if err != nil {
		return err
	}
	before, err := p.strat.Stock(p.ctx, p.wire, item)
	if err != nil {
		return errOtherUnit
	}
	p.send(fmt.Sprintf("%d units are added by hand", units), command...)
	if p.stopped != nil {
		return nil // which is told
	}
	after, err := p.strat.Stock(p.ctx, p.wire, item)
	if err != nil || after != max(before, 0)+units {
		return errOtherUnit
	}
	return nil
}

// restocking is the command that adds units to a stock. One that was let below
// zero is taken for none.
func (p *play) restocking(item sale.Item, units int64) ([]any, error) {
	places, err := p.contract.StockPlaces(item)
	if err != nil || len(places) != 1 {
		return nil, errNoNumber
	}
	key := places[0].Key
	command, ask := []any{"SET", key}, []any{"GET", key}
	if places[0].InField {
		command, ask = []any{"HSET", key, places[0].Field}, []any{"HGET", key, places[0].Field}
	}
	reply, err := p.wire.Do(p.ctx, ask...)
	if err != nil {
		reply, err = p.wire.Do(p.ctx, "HGETALL", key)
		fields, isHash := reply.([]any)
		if err != nil || !isHash || len(fields) != 2 {
			return nil, errNoNumber
		}
		command, reply = []any{"HSET", key, fields[0]}, fields[1]
	}
	text, _ := reply.(string)
	left, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, errNoNumber
	}
	return append(command, max(left, 0)+units), nil
}
