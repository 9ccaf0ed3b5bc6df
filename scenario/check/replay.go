package check

import (
	"iter"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// The replayer knows no rules. It is a sale as a sequential program: it runs an
// order of steps, each with the answer that was given, and says whether every
// answer is the one the program gives, at a moment at which it can have been
// given, and whether it ends in the state that the audit found. It shares
// nothing with those who make orders but the form of an act.

// An act is one thing that happens in an order.
type act struct {
	// at is the instant at which it happens, from and by the interval in which
	// it must.
	at, from, by int64
	does         deed
	// who is a buyer and request a purchase, each numbered from 0; 0 is also the
	// request of all that share theirs with nobody.
	who, request uint32
	units        int64
	// left is the stock that was told or read, or sale.Untold.
	left int64
}

// A deed is what a step does, or what it was answered.
type deed uint8

const (
	sells       deed = iota // told ok
	sellsUntold             // no answer
	saysSoldOut
	saysDuplicate
	saysRefused
	saysReplayed
	mayHaveSold // an attempt without an answer, on which replays may rest
	givesBack   // a release
	bringsUnits // a restock
	readsStock  // the stock
	deeds
)

// A scene is what the sequential sale starts from and has to end in.
type scene struct {
	stock, most int64 // units; most a buyer may hold, or noLimit
	order       sale.Order
	// onceARequest: a request is granted once. perRequest: and its answer is
	// replayed ever after.
	onceARequest, perRequest bool
	// left is the stock audited; nil: not known. stored is the units in the
	// ledger by buyer; nil: it is not known; presence: only who is in it.
	left     *int64
	stored   iter.Seq[int64]
	presence bool
	// answers is how many of each answer there must be, whatever else there is.
	answers [deeds]int64
}

// A stage is the state of the sequential sale.
type stage struct {
	*scene
	free, lowest int64
	held         []int64
	requests     []purchaseState
	// changed is when the latest step ran that changed something, latest when
	// the latest of all did. turned is the least that somebody asked for who was
	// refused for a limit that does not exist.
	changed, latest, turned int64
}

// A purchaseState is what is remembered of a request.
type purchaseState struct {
	since                  int64 // when it may have been granted first, or forever
	open, units            int64 // grants that have not come back, units of the latest
	told, turned, returned bool
}

// replay runs an order and returns how many steps it has; ok: it explains
// everything.
func (s *scene) replay(order iter.Seq[*act], buyers, requests int) (steps int64, ok bool) {
	st := &stage{scene: s, free: s.stock, lowest: s.stock, held: make([]int64, buyers), requests: make([]purchaseState, requests+1),
		changed: -forever - 1, latest: -forever - 1, turned: forever}
	for i := range st.requests {
		st.requests[i].since = forever
	}
	seen := [deeds]int64{}
	for one := range order {
		if !st.inTime(one) || !st.run(one) {
			return steps, false
		}
		seen[one.does]++
		steps++
	}
	for does, n := range s.answers {
		if seen[does] < n {
			return steps, false
		}
	}
	return steps, st.ends()
}

// inTime: a step happens in its interval and after whatever it can depend on.
// Between two changes answers may come in any order: none depends on another.
func (st *stage) inTime(s *act) bool {
	if s.at < s.from || s.at > s.by || s.at < st.changed {
		return false
	}
	st.latest = max(st.latest, s.at)
	if s.does <= sellsUntold || s.does == givesBack || s.does == bringsUnits {
		st.changed = s.at
		return s.at == st.latest
	}
	return true
}

// run reports whether the answer is right.
func (st *stage) run(s *act) bool {
	if s.does == bringsUnits || s.does == readsStock {
		st.free += s.units
		return s.left == sale.Untold || s.left == st.free
	}
	p := &st.requests[s.request]
	full, empty := st.most != noLimit && st.held[s.who]+s.units > st.most, st.free < s.units
	if p.told && (st.onceARequest && s.does == sells || st.perRequest && s.does >= saysSoldOut && s.does <= saysRefused) {
		return false
	}
	switch s.does {
	case sells, sellsUntold:
		return !full && !empty && st.sell(s, p)
	case saysSoldOut:
		return empty && !(full && st.order == sale.DuplicateFirst)
	case saysRefused:
		return full || empty
	case saysReplayed:
		return p.since <= s.at
	case mayHaveSold:
		p.since = min(p.since, s.at)
	case givesBack:
		st.give(p, s.who)
	case saysDuplicate:
		if st.most == noLimit {
			st.turned, p.turned = min(st.turned, s.units), s.request != 0
			return true
		}
		return full && !(empty && st.order == sale.StockFirst)
	}
	return true
}

func (st *stage) sell(s *act, p *purchaseState) bool {
	st.free -= s.units
	st.lowest = min(st.lowest, st.free)
	st.held[s.who] += s.units
	if s.request != 0 {
		p.since, p.units = min(p.since, s.at), s.units
		p.open++
		p.told = p.told || s.does == sells
	}
	return (s.left == sale.Untold || s.left == st.free) && !(s.does == sells && st.perRequest && p.turned)
}

// give gives the latest grant of a request back, once.
func (st *stage) give(p *purchaseState, who uint32) {
	if p.open > 0 && !p.returned {
		st.free += p.units
		st.held[who] -= p.units
		p.open--
		p.told, p.returned = false, true
	}
}

// ends holds the state against the audit.
func (st *stage) ends() bool {
	if st.left != nil && *st.left != st.free || st.turned <= st.lowest {
		return false
	}
	if st.stored == nil {
		return true
	}
	who := 0
	for units := range st.stored {
		if held := st.held[who]; units != held && !(st.presence && units == min(held, 1)) {
			return false
		}
		who++
	}
	return true
}
