package probe

import (
	"fmt"
	"strings"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// maxWrongKeys is how many keys are tried one by one: the rest are buckets.
const maxWrongKeys = 8

// wrongTypes are sales in which somebody has put a value of another type under
// a key of the contract.
func (by *prober) wrongTypes() []scene {
	item := sale.Item{ID: by.item(0), Stock: 10 * by.strat.Quantity}
	next := sale.Purchase{Verb: sale.Buy, Item: item, Buyer: fmt.Sprint(by.firstBuyer + 1), Request: "2", Quantity: by.strat.Quantity, BuyerIndex: 1, RequestIndex: 1}
	alone := func(yield func(sale.Purchase) bool) { yield(next) }
	var scenes []scene
	for key, err := range by.strat.KeysFor(item, sale.Took{Buyers: alone, Requests: alone}) {
		if err != nil || len(scenes) == maxWrongKeys {
			break
		}
		s := by.scene("wrong-type", fmt.Sprintf("a value of another type lies under %q", key), 10, func(p *play) { p.sellOver(key) })
		s.name = fmt.Sprintf("wrong-type-%d", len(scenes)+1)
		scenes = append(scenes, s)
	}
	return scenes
}

// aside is where a value waits. No contract has such a key.
const aside = "seckill-probe:aside"

// sellOver sells once, and once more with another value under a key. Then all
// is put back, unless the script has put something there itself.
func (p *play) sellOver(key string) {
	p.open()
	p.buy(0)
	was, is := p.held[key]
	if is {
		p.rename("a value is put aside", key, aside)
	}
	if was.Type == "string" {
		p.send("a list is put in its place", "RPUSH", key, "wrong")
	} else {
		p.send("a text is put in its place", "SET", key, "wrong")
	}
	wrong := p.held[key]
	p.allows = allowance{errors: true, refusals: true}
	p.buy(1)
	p.allows = allowance{}
	if p.held[key] == wrong {
		p.send("it is taken away", "DEL", key)
		if is {
			p.rename("the value is put back", aside, key)
		}
	}
	p.buy(2)
}

// rename moves a value, unless it had a time to live and is gone.
func (p *play) rename(what, from, to string) {
	p.do(what, func() error {
		_, err := p.wire.Do(p.ctx, "RENAME", from, to)
		if err != nil && strings.Contains(err.Error(), "no such key") {
			return nil
		}
		return err
	})
}
