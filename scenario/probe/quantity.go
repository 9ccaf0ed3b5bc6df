package probe

import (
	"fmt"
	"slices"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// oddQuantities are texts that no purchase should be made of.
var oddQuantities = []struct{ name, text string }{
	{"zero", "0"}, {"negative", "-1"}, {"fraction", "1.5"}, {"word", "abc"}, {"empty", ""},
}

// quantities are sales in which the quantity is more than there is, has other
// digits than the stock, or is none.
func (by *prober) quantities() []scene {
	several := max(by.strat.Quantity, 2)
	scenes := []scene{
		by.ofQuantity("above-stock", "after one sale less is left than the next buyer asks for", several, 2*several-1, func(p *play) {
			p.open()
			p.buys(0, 3)
		}),
		by.ofQuantity("string-compare", "9 are left, and a buyer asks for 10", 10, 9, func(p *play) { p.open(); p.buys(0, 2) }),
		by.ofQuantity("string-compare", "10 are left, and a buyer asks for 9", 9, 10, func(p *play) { p.open(); p.buys(0, 2) }),
	}
	scenes[1].name, scenes[2].name = "string-compare-above", "string-compare-below"
	for _, odd := range oddQuantities {
		s := by.ofQuantity("odd-quantity", fmt.Sprintf("somebody asks for %q units", odd.text), several, 3*several, func(p *play) {
			p.open()
			p.odd, p.allows = &odd.text, allowance{errors: true, refusals: true}
			p.buy(0)
			p.odd, p.allows = nil, allowance{}
			p.buys(1, 6)
		})
		s.name = "odd-quantity-" + odd.name
		scenes = append(scenes, s)
	}
	return scenes
}

// ofQuantity is a scene with another quantity a purchase, and a limit that
// allows as many of them.
func (by *prober) ofQuantity(class, title string, quantity, stock int64, act func(*play)) scene {
	s := by.scene(class, title, 0, act)
	s.stock = stock
	limit := by.strat.Terms.Limit
	if quantity != by.strat.Quantity {
		limit = by.most() * quantity
	}
	if !by.takesQuantity() {
		s.skip = "the contract passes no {{qty}}"
		return s
	}
	strat, err := by.strat.With(quantity, limit)
	if err != nil {
		s.skip = err.Error()
		return s
	}
	s.strat = strat
	return s
}

// takesQuantity reports whether a call tells the quantity.
func (by *prober) takesQuantity() bool {
	p := sale.Purchase{Verb: sale.Buy, Item: sale.Item{ID: "1", Stock: 1}, Buyer: "2", Request: "3", Quantity: marker}
	var calls dry
	by.strat.Call(by.ctx, &calls, &p)
	return slices.ContainsFunc(calls.sent, func(args []any) bool { return !slices.Equal(args, marked(args, "")) })
}
