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
	odd := several
	if limit := by.strat.Terms.Limit; limit > 0 && limit < several && !by.passesLimit() {
		odd = by.strat.Quantity
	}
	scenes := []scene{
		by.ofQuantity("above-stock", "after one sale less is left than the next buyer asks for", several, 2*several-1, func(p *play) {
			p.open()
			p.buys(0, 3)
		}),
		by.ofQuantity("string-compare", "9 are left, and a buyer asks for 10", 10, 9, func(p *play) { p.open(); p.buys(0, 2) }),
		by.ofQuantity("string-compare", "10 are left, and a buyer asks for 9", 9, 10, func(p *play) { p.open(); p.buys(0, 2) }),
	}
	scenes[1].name, scenes[2].name = "string-compare-above", "string-compare-below"
	for _, none := range oddQuantities {
		s := by.ofQuantity("odd-quantity", fmt.Sprintf("somebody asks for %q units", none.text), odd, 3*odd, func(p *play) {
			p.open()
			p.odd, p.allows = &none.text, allowance{errors: true, refusals: true}
			p.buy(0)
			p.odd, p.allows = nil, allowance{}
			p.buys(1, 6)
		})
		s.name = "odd-quantity-" + none.name
		scenes = append(scenes, s)
	}
	return scenes
}

// ofQuantity is a scene with another quantity a purchase, and a limit that
// allows as many of them where the call tells the script its limit.
func (by *prober) ofQuantity(class, title string, quantity, stock int64, act func(*play)) scene {
	s := by.scene(class, title, 0, act)
	s.stock = stock
	limit := by.strat.Terms.Limit
	told := by.passesLimit()
	if told && quantity != by.strat.Quantity {
		limit = by.most() * quantity
	}
	switch {
	case !by.takesQuantity():
		s.skip = "the contract passes no {{qty}}"
		return s
	case !told && limit > 0 && limit < quantity:
		s.skip = fmt.Sprintf("the contract passes no {{limit}}, and the script's own is less than %d units", quantity)
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

// passesLimit reports whether a call tells the limit: another limit makes
// another call. Without it the limit is written into the script.
func (by *prober) passesLimit() bool {
	p := sale.Purchase{Verb: sale.Buy, Item: sale.Item{ID: "1", Stock: 1}, Buyer: "2", Request: "3", Quantity: by.strat.Quantity}
	words := func(limit int64) [][]any {
		var calls dry
		if strat, err := by.strat.With(by.strat.Quantity, limit); err == nil {
			strat.Call(by.ctx, &calls, &p)
		}
		return calls.sent
	}
	most := max(by.strat.Terms.Limit, by.strat.Quantity)
	return !slices.EqualFunc(words(most), words(most+1), slices.Equal[[]any])
}
