package scenario

import (
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A plan says who buys what. It is a pure function of the spec, its seed
// included.
type plan struct {
	spec *Spec
	head *history.Head
	// below is, for each item, the share of purchases that go to it or to one
	// before it.
	below []float64
	// reaches are those of the kinds of buyers, and stride the widest of them: how
	// far apart the first requests of two buyers are.
	reaches []reach
	stride  uint32
	// byItem lists the requests sorted by item, and starts where those of each
	// item begin; nil where there is but one item.
	byItem []uint32
	starts []int
	// receipts are those that answers brought; nil where no key is made of them.
	receipts *receipts
}

// receipts are kept while the sale goes on, by the number of the request. Of
// several answers to one request each may have its own.
type receipts struct {
	mu sync.Mutex
	of map[uint32][]map[string]string
}

func (r *receipts) keep(request uint32, receipt map[string]string) {
	if r == nil || len(receipt) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = map[uint32][]map[string]string{}
	}
	r.of[request] = append(r.of[request], receipt)
}

// each returns the receipts of a request: one that is nil where there is none.
func (r *receipts) each(request uint32) []map[string]string {
	if r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if all := r.of[request]; len(all) > 0 {
			return all
		}
	}
	return []map[string]string{nil}
}

// The streams of random numbers. Parts of the plan have streams of their own,
// so that one more draw in one does not move the others; those of buyers and
// requests go by their numbers.
const (
	streamArrivals = 1
	streamStock    = 2
	streamLoss     = 3
	streamHaste    = 4
	streamBuyers   = 1 << 32
	streamRequests = 2 << 32
	streamThink    = 3 << 32
	streamBackoff  = 4 << 32
	streamSecond   = 5 << 32 // the backoff of the second of a double click
	streamReads    = 7 << 32
)

// source is the random source of one part of the plan.
func (s *Spec) source(stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(*s.Seed, stream))
}

// newPlan fits a head with its items to a spec that is filled in.
func newPlan(spec *Spec, head *history.Head) *plan {
	p := &plan{spec: spec, head: head, stride: uint32(spec.stride())}
	for _, k := range spec.everyone() {
		p.reaches = append(p.reaches, k.reach())
	}
	if n := len(head.Items); n > 1 {
		p.below = spec.Skew.below(int64(n))
		p.sortRequests()
	}
	return p
}

// sortRequests fills byItem.
func (p *plan) sortRequests() {
	items := make([]uint16, 0, p.head.Buyers)
	p.starts = make([]int, len(p.head.Items)+1)
	for n := range p.requests {
		item := p.itemOf(n)
		items = append(items, item)
		p.starts[int(item)+1]++
	}
	for i := range p.head.Items {
		p.starts[i+1] += p.starts[i]
	}
	next := slices.Clone(p.starts)
	p.byItem = make([]uint32, len(items))
	i := 0
	for n := range p.requests {
		p.byItem[next[items[i]]] = n
		next[items[i]]++
		i++
	}
}

// requests yields the numbers of all requests that the plan has at most, in their
// order. A kind whose reach is less than that of another leaves numbers out.
func (p *plan) requests(yield func(uint32) bool) {
	for buyer := range uint32(p.head.Buyers) {
		first := p.firstRequest(buyer)
		for n := range p.reachOf(buyer).all() {
			if !yield(first + n) {
				return
			}
		}
	}
}

// reachOf is that of a buyer's kind.
func (p *plan) reachOf(buyer uint32) *reach { return &p.reaches[p.head.Crowd.KindOf(buyer)] }

// buyerOf is who makes a request.
func (p *plan) buyerOf(request uint32) uint32 { return request / p.stride }

// firstRequest is the number of a buyer's first purchase.
func (p *plan) firstRequest(buyer uint32) uint32 { return buyer * p.stride }

// purchaseOf is the number of the first request for what a request is for: further
// clicks and resends ask for the same again.
func (p *plan) purchaseOf(request uint32) uint32 {
	buyer := p.buyerOf(request)
	return request - (request-p.firstRequest(buyer))%p.reachOf(buyer).each()
}

// itemOf is the item that a request is for. Where items are sold one after the
// other a buyer comes for one of them, and those who come for the same one have
// neighbouring numbers.
func (p *plan) itemOf(request uint32) uint16 {
	if p.below == nil {
		return 0
	}
	var at float64
	if p.spec.Arrivals.Turns != nil {
		at = (float64(p.buyerOf(request)) + 0.5) / float64(p.head.Buyers)
	} else {
		at = p.spec.source(streamRequests + uint64(p.purchaseOf(request))).Float64()
	}
	item, _ := slices.BinarySearch(p.below, at)
	return uint16(min(item, len(p.below)-1))
}

// quantityOf is how many units a request is for.
func (p *plan) quantityOf(request uint32) int64 {
	if p.head.Quantity != 0 {
		return p.head.Quantity
	}
	rng := p.spec.source(streamRequests + uint64(p.purchaseOf(request)))
	rng.Float64() // the item's
	return p.spec.Quantity.draw(rng)
}

// purchase is one purchase of the plan.
func (p *plan) purchase(request uint32) sale.Purchase {
	buyer := p.buyerOf(request)
	return sale.Purchase{
		Verb: sale.Buy, Item: p.head.Items[p.itemOf(request)], Quantity: p.quantityOf(request),
		Buyer: p.head.BuyerIDs.ID(buyer), Request: p.head.RequestID(request), BuyerIndex: buyer, RequestIndex: request,
	}
}

// took says who takes part in the sale of an item: every buyer that comes for
// it, with every purchase.
func (p *plan) took(item int) sale.Took {
	return sale.Took{
		Buyers: func(yield func(sale.Purchase) bool) {
			last := int64(-1)
			for request := range p.of(item) {
				if buyer := int64(p.buyerOf(request)); buyer != last {
					last = buyer
					if !yield(p.purchase(request)) {
						return
					}
				}
			}
		},
		Requests: func(yield func(sale.Purchase) bool) {
			for request := range p.of(item) {
				purchase := p.purchase(request)
				for _, purchase.Receipt = range p.receipts.each(request) {
					if !yield(purchase) {
						return
					}
				}
			}
		},
	}
}

// of yields the requests for an item, in the order of their numbers.
func (p *plan) of(item int) func(yield func(uint32) bool) {
	return func(yield func(uint32) bool) {
		if p.byItem == nil {
			for n := range p.requests {
				if !yield(n) {
					return
				}
			}
			return
		}
		for _, n := range p.byItem[p.starts[item]:p.starts[item+1]] {
			if !yield(n) {
				return
			}
		}
	}
}

// A turn is a stretch of the sale: the buyers who come in it, and for a closed
// schedule how many of them are inside at once.
type turn struct {
	first, end int64
	inside     int
}

// turns yields the turns in which items from first up to end are sold.
func (p *plan) turns(first, end int) []turn {
	schedule := &p.spec.Arrivals
	if schedule.Turns == nil {
		return []turn{{0, p.head.Buyers, schedule.Inside}}
	}
	var all []turn
	for item := first; item < end; item++ {
		t := turn{0, p.head.Buyers, schedule.Turns[item%len(schedule.Turns)]}
		if p.byItem != nil {
			requests := p.byItem[p.starts[item]:p.starts[item+1]]
			if len(requests) == 0 {
				continue
			}
			t.first, t.end = int64(p.buyerOf(requests[0])), int64(p.buyerOf(requests[len(requests)-1]))+1
		}
		all = append(all, t)
	}
	return all
}

// A buyer's habits are what he does whatever he is told.
type habits struct {
	purchases                        int64
	doubleClicks, releases, abandons bool
}

// habitsOf draws what a buyer of a kind does, whose fields are all filled in.
func (s *Spec) habitsOf(buyer uint32, k *Kind) habits {
	if k.Attempts.Least == k.Attempts.Most && *k.DoubleClick == 0 && s.Release == 0 && s.Abandon == 0 {
		return habits{purchases: k.Attempts.Most}
	}
	rng := s.source(streamBuyers + uint64(buyer))
	h := habits{purchases: k.Attempts.draw(rng)}
	for _, habit := range []struct {
		has   *bool
		share sale.Share
	}{{&h.doubleClicks, *k.DoubleClick}, {&h.releases, s.Release}, {&h.abandons, s.Abandon}} {
		*habit.has = rng.Float64() < float64(habit.share)
	}
	return h
}

// items draws the stocks of the items on sale.
func (s *Spec) items(ids []string) []sale.Item {
	rng := s.source(streamStock)
	items := make([]sale.Item, len(ids))
	for i, id := range ids {
		items[i] = sale.Item{ID: id, Stock: s.Stock.draw(rng), Index: i}
	}
	return items
}
