package check

import (
	"math"

	"github.com/anishathalye/porcupine"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// The oracle knows no rules. It is a sale as a sequential program, the final
// audit its last operation, and an exhaustive search for an order of the
// attempts that the program could have run in.

// A shelf is the state of the sequential sale.
type shelf struct {
	free    int64 // units
	lowest  int64 // that free ever was
	held    [smallBuyers]int64
	granted [smallBuyers]uint32 // requests that may have been granted, a bit each
	told    [smallBuyers]uint32 // requests that were told ok, a bit each
	turned  [smallBuyers]uint32 // requests turned away for a limit that does not exist, a bit each
	// open is, of each request, how often it was granted and has not come back
	// (high bits) and the units of the latest grant (low bits). It is kept where
	// there are releases.
	open     [smallBuyers][smallOps + 2]uint8
	released [smallBuyers]uint32 // requests that came back, a bit each
	// unlimited is the least that somebody asked for who was refused for a limit
	// that does not exist, which is right only of an item that ran out; 0: nobody.
	unlimited int64
	audited   bool
}

type step uint8

const (
	stepAttempt step = iota
	stepMark         // an attempt without an answer may have been granted
	stepAudit
	stepRestock
	stepRead
)

type input struct {
	step    step
	class   class
	buyer   uint32
	request uint32
	units   int64
	left    int64 // told or read, or sale.Untold
}

// legal reports whether some order of the attempts explains every answer.
func (s *smallSale) legal() bool {
	return porcupine.CheckOperations(s.model(), s.operations())
}

func (s *smallSale) operations() []porcupine.Operation {
	var ops []porcupine.Operation
	end := int64(math.MinInt64)
	for i, a := range s.attempts {
		in := input{class: classOf[a.Outcome], buyer: a.Buyer, request: a.Request, units: int64(a.Quantity), left: a.Left}
		if a.Granted > 0 {
			in.units = int64(a.Granted)
		}
		if a.Verb != sale.Buy {
			in.class = map[sale.Outcome]class{sale.OK: returned, sale.Indeterminate: mayReturn}[a.Outcome]
		}
		if in.class == notRun || a.Verb == sale.Confirm {
			continue
		}
		end = max(end, a.Return)
		o := porcupine.Operation{ClientId: i, Input: in, Call: a.Call, Return: a.Return}
		if in.class == maybe || in.class == mayReturn {
			o.Return = math.MaxInt64
			if in.class == maybe && s.replays(&a) {
				mark := o
				mark.Input = input{step: stepMark, buyer: a.Buyer, request: a.Request}
				ops = append(ops, mark)
			}
		}
		ops = append(ops, o)
	}
	for _, e := range s.events {
		if e.Kind == history.EventStock {
			end = max(end, e.Until)
			ops = append(ops, porcupine.Operation{ClientId: smallOps, Input: input{step: stepRead, left: e.Units}, Call: e.At, Return: e.Until})
			continue
		}
		o := porcupine.Operation{ClientId: smallOps, Input: input{step: stepRestock, units: e.Units}, Call: e.At, Return: e.Until}
		end = max(end, e.At, e.Until)
		if e.Until == history.Never {
			o.Return = math.MaxInt64
		}
		ops = append(ops, o)
	}
	return append(ops, porcupine.Operation{ClientId: smallOps, Input: input{step: stepAudit}, Call: end + 1, Return: end + 2})
}

// replays reports whether some attempt of the same request is a replay.
func (s *smallSale) replays(of *history.Attempt) bool {
	for _, a := range s.attempts {
		if a.Outcome == sale.Replayed && a.Request == of.Request && a.Buyer == of.Buyer {
			return true
		}
	}
	return false
}

func (s *smallSale) model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return shelf{free: s.stock, lowest: s.stock} },
		Step: func(state, in, _ any) (bool, any) { return s.step(state.(shelf), in.(input)) },
	}
}

func (s *smallSale) step(at shelf, in input) (bool, any) {
	switch {
	case at.audited: // what runs after the audit is free
		return true, at
	case in.step == stepRead:
		return at.free == in.left, at
	case in.step == stepAudit:
		at.audited = true
		return s.agrees(&at), at
	case in.step == stepMark:
		at.granted[in.buyer] |= 1 << in.request
		return true, at
	}
	if in.step == stepRestock {
		at.free += in.units
		return true, at
	}
	full, empty := s.limit != noLimit && at.held[in.buyer]+in.units > s.head.Terms.Limit, at.free < in.units
	if at.told[in.buyer]&(1<<in.request) != 0 && s.remembers(in.class) {
		return false, at
	}
	switch in.class {
	case granted, maybe:
		if full || empty {
			return in.class == maybe, at
		}
		at.free -= in.units
		at.lowest = min(at.lowest, at.free)
		at.held[in.buyer] += in.units
		if s.releases {
			open := &at.open[in.buyer][in.request]
			*open = (*open&^15 + 16) | uint8(in.units)
		}
		if in.class == granted {
			if s.head.Terms.RetrySafe == sale.RetryRequest && at.turned[in.buyer]&(1<<in.request) != 0 {
				return false, at // nothing can have changed its answer
			}
			if in.left != sale.Untold && in.left != at.free {
				return false, at
			}
			at.granted[in.buyer] |= 1 << in.request
			at.told[in.buyer] |= 1 << in.request
		}
		return true, at
	case replayed:
		return at.granted[in.buyer]&(1<<in.request) != 0, at
	case soldOut:
		return empty && !(full && s.head.Terms.Order == sale.DuplicateFirst), at
	case refused:
		return full || empty, at
	case returned, mayReturn:
		return true, at.release(in)
	}
	if s.limit == noLimit {
		if at.unlimited == 0 || in.units < at.unlimited {
			at.unlimited = in.units
		}
		at.turned[in.buyer] |= 1 << in.request
		return true, at
	}
	return full && !(empty && s.head.Terms.Order == sale.StockFirst), at
}

// release gives the latest grant of a request back, once. What a script says to
// a resend of a request that came back is its own affair.
func (at shelf) release(in input) shelf {
	open, bit := &at.open[in.buyer][in.request], uint32(1)<<in.request
	if *open>>4 == 0 || at.released[in.buyer]&bit != 0 {
		return at
	}
	at.free += int64(*open & 15)
	at.held[in.buyer] -= int64(*open & 15)
	*open -= 16
	at.released[in.buyer] |= bit
	at.told[in.buyer] &^= bit
	return at
}

// remembers reports whether a script that keeps its promise about resends never
// gives this answer to a request that it has told ok.
func (s *smallSale) remembers(answer class) bool {
	switch s.head.Terms.RetrySafe {
	case sale.RetryBuyer:
		return answer == granted
	case sale.RetryRequest:
		return answer < maybe && answer != replayed
	}
	return false
}

// agrees holds the state against the audit.
func (s *smallSale) agrees(at *shelf) bool {
	if at.unlimited > 0 && at.lowest >= at.unlimited {
		return false
	}
	if left := s.audit.Stock; left != nil && *left != at.free {
		return false
	}
	if s.audit.Ledger == sale.NoLedger {
		return true
	}
	stored := map[string]int64{}
	for _, h := range s.audit.Holdings {
		stored[h.Buyer] += h.Units
	}
	for u, n := range at.held {
		id, want := s.head.BuyerIDs.ID(uint32(u)), n
		if s.audit.Ledger == sale.Presence {
			want = min(n, 1)
		}
		if stored[id] != want {
			return false
		}
		delete(stored, id)
	}
	return len(stored) == 0
}
