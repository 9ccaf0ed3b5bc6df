package probe

import (
	"slices"

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
	if by.strat.Release != nil && by.most() != 1 && by.most() <= maxAgain {
		scenes = append(scenes, by.givenBackOne())
	}
	return scenes
}

// givenBackOne is a sale to a buyer who may buy more than once. There is more
// than his limit allows; where there is none, he buys what there is.
func (by *prober) givenBackOne() scene {
	const few = 4
	most, stock := by.most(), by.most()+2
	if most == 0 {
		most, stock = few, few
	}
	return by.scene("release-one", "a buyer buys twice, gives one back, and tries again until he is refused", stock, func(p *play) {
		p.open()
		first := p.buy(0)
		p.buy(0)
		p.next(sale.Release, first)
		for range most { // he holds one
			p.buy(0)
		}
		p.buy(1)
	})
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
