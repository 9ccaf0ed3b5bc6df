package probe

import (
	"errors"
	"slices"

	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// A scene is a case before it is played.
type scene struct {
	class, name, title string
	// skip says why it cannot be played; empty: it can.
	skip  string
	strat strategy.Strategy
	// stock is the units that each of the items opens with.
	stock int64
	items []string
	ids   *sale.BuyerIDs
	// sellsOut is whether it goes through a whole sale.
	sellsOut bool
	// aside: what is seen is told, and not judged.
	aside bool
	act   func(*play)
}

// scenes are all there is to play, in their order.
func (by *prober) scenes() []scene {
	return slices.Concat(
		by.plain(), by.quantities(), by.missing(), by.strange(), by.together(), by.wrongTypes(), by.giveBacks(),
		[]scene{by.expiry()}, by.placed(),
	)
}

// scene is one on a single item, whose stock is good for some sales.
func (by *prober) scene(class, title string, sales int64, act func(*play)) scene {
	return scene{
		class: class, name: class, title: title, strat: by.strat, stock: sales * by.strat.Quantity,
		items: []string{by.item(0)}, act: act,
	}
}

// most is how many purchases a buyer may make; 0: any number.
func (by *prober) most() int64 { return by.strat.Terms.Limit / by.strat.Quantity }

// plain are sales without a mishap.
func (by *prober) plain() []scene {
	again := max(by.most(), 1)
	drained := by.scene("drain", "everything is sold, and buyers keep coming, the first of them too", 3, func(p *play) {
		p.open()
		p.buys(0, 6)
		for range again {
			p.buy(0)
		}
	})
	drained.sellsOut = true
	resent := by.scene("same-request", "requests that were granted are sent again, with units left and without", 2, func(p *play) {
		p.open()
		first := p.buy(0)
		first = p.again(first)
		last := p.buy(1)
		last = p.again(last)
		first = p.again(first)
		p.buy(2)
		p.again(first) // now that somebody was told it is sold out
		p.again(last)
	})
	if by.strat.Terms.RetrySafe == sale.RetryNone {
		resent.skip = "the contract promises nothing for a request that is sent again (retry_safe)"
	}
	repeated := by.scene("same-again", "a buyer who holds what the limit allows comes again", again+4, func(p *play) {
		p.open()
		for range again + 1 {
			p.buy(0)
		}
		p.buy(1)
	})
	if again > maxAgain {
		repeated.skip = "the limit is too high to be reached one purchase at a time"
	}
	scenes := []scene{
		by.scene("first", "one buyer comes", 10, func(p *play) { p.open(); p.buy(0) }),
		repeated, drained, resent,
		by.scene("last-unit", "there is enough for one purchase, and three buyers come", 1, func(p *play) { p.open(); p.buys(0, 3) }),
		by.scene("string-compare", "the stock goes from two digits to one", 11, func(p *play) { p.open(); p.buys(0, 13) }),
	}
	if m := by.most(); m > 1 && m <= maxAgain { // with one sale a buyer, drain shows it
		scenes = append(scenes, by.held(m))
	}
	return scenes
}

// held is a sale in which one buyer fills his limit of m sales before all is
// sold, and comes again after.
func (by *prober) held(m int64) scene {
	s := by.scene("drain", "a buyer fills his limit, others buy the rest, and when they are told so he comes again", m+1, func(p *play) {
		p.open()
		for range m {
			p.buy(0)
		}
		p.buys(1, 3)
		p.buy(0)
	})
	s.name = "drain-held"
	return s
}

// maxAgain is how often a buyer comes in one case.
const maxAgain = 100

// missing are sales whose stock key is not there.
func (by *prober) missing() []scene {
	inits := by.contract.MissingStock == sale.MissingInit
	scenes := []scene{
		by.scene("missing-stock", "the stock key is deleted before the first purchase", 3, func(p *play) {
			p.open()
			if p.takeStock(); inits { // once, before the first sale, it opens the item itself
				p.taken, p.allows = nil, allowance{}
				p.buys(0, 5)
				return
			}
			p.units = []int64{0}
			p.buys(0, 3)
		}),
		by.scene("missing-stock", "the stock key is deleted when everything is sold", 2, func(p *play) {
			p.open()
			p.buys(0, 3)
			p.takeStock()
			p.buys(3, 6)
		}),
		by.scene("missing-stock", "the stock key is deleted after the first sale", 4, func(p *play) {
			p.open()
			p.buy(0)
			if p.takeStock(); !inits { // then there is nothing to sell any more
				p.units = []int64{p.head.Quantity}
			}
			p.buys(1, 8)
		}),
		by.scene("early", "somebody comes before the item is opened", 3, func(p *play) {
			p.allows = allowance{errors: by.contract.MissingStock != sale.MissingRefuse, refusals: true, traces: true}
			p.buy(9)
			p.allows = allowance{}
			p.open()
			p.buys(0, 5)
		}),
	}
	scenes[1].name, scenes[2].name = "missing-stock-late", "missing-stock-midsale"
	places, err := by.contract.StockPlaces(sale.Item{ID: by.item(0), Stock: 1})
	for i := range scenes {
		if errors.Is(err, contract.ErrSharedStock) && scenes[i].class == "missing-stock" {
			scenes[i].skip = err.Error()
		} else if err == nil && len(places) == 0 {
			scenes[i].skip = "no key of the contract is called stock, and none is read as the stock"
		}
	}
	if inits {
		scenes[3].skip = "the contract promises that the first buyer opens the item (missing_stock: init)"
	}
	return scenes
}

// together are sales of two items.
func (by *prober) together() []scene {
	both := by.scene("two-items", "one buyer buys of two items", 4, func(p *play) {
		p.open()
		p.buyItem(0, 0)
		p.buyItem(0, 1)
		p.buyItem(1, 1)
	})
	both.items = []string{by.item(0), by.item(1)}
	mixed := by.scene("item-mix", "buyer 11 buys item 1, and buyer 1 item 11", 4, func(p *play) {
		p.open()
		p.buyItem(10, 0)
		p.buyItem(0, 1)
	})
	mixed.items, mixed.ids = []string{"1", "11"}, &sale.BuyerIDs{From: 1}
	scenes := []scene{both, mixed}
	if !by.apart() {
		for i := range scenes {
			scenes[i].skip = "the contract has one stock for all items"
		}
	}
	return scenes
}

// apart reports whether two items have stocks of their own.
func (by *prober) apart() bool {
	one, err := by.stockKeys(sale.Item{ID: "1"})
	other, otherErr := by.stockKeys(sale.Item{ID: "11"})
	if err != nil || otherErr != nil || len(one)+len(other) == 0 {
		return by.strat.Apart
	}
	return !slices.ContainsFunc(one, func(key string) bool { return slices.Contains(other, key) })
}

// placed are cases about where keys lie. They need a real server. What breaks
// no promise there is told and not judged.
func (by *prober) placed() []scene {
	watched := by.scene("undeclared-keys", "the keys that calls touch are compared with those they declare", 10, (*play).watchKeys)
	confined := by.scene("undeclared-keys", "a user of the server buys who may touch only the keys that the call declares", 10, (*play).confine)
	spread := by.scene("cluster", "twenty items are sold on a cluster of three masters", 2, (*play).sellOnCluster)
	confined.name = "undeclared-keys-confined"
	confined.aside, spread.aside = !by.contract.Cluster, !by.contract.Cluster
	spread.items = nil
	for n := range uint64(clusterItems) {
		spread.items = append(spread.items, by.item(n))
	}
	if by.srv.Kind != server.Spawned {
		watched.skip = "needs a redis-server: the embedded server has no MONITOR"
		confined.skip = "needs a redis-server: the embedded server has no users"
		spread.skip = "needs a redis-server: the embedded server makes no cluster"
	} else if by.NoCluster {
		spread.skip = "not asked for"
	}
	return []scene{watched, confined, spread}
}
