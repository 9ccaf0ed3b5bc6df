package check

import (
	"cmp"
	"slices"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A condition is one way in which a rule can be seen broken.
type condition uint8

const (
	acknowledgedOver      condition = iota // more sales acknowledged than the stock holds
	storedOver                             // more sales in the ledger than the stock holds
	certainOver                            // acknowledged sales and those that refusals prove
	stockBelowZero                         // the audited stock
	acknowledgedTwice                      // a buyer was told ok more often than the limit allows
	storedTwice                            // a buyer stands in the ledger with more
	requestGrantedAgain                    // an ok after an ok of the same request
	saleNotStored                          // an ok that the ledger does not know
	saleNotAsked                           // a ledger entry that no attempt explains
	strangerStored                         // a ledger entry of somebody who was not there
	partStored                             // a ledger entry that is no whole number of sales
	ledgerAgainstStock                     // the units left and the ledger do not add up
	stockNotWhole                          // the units gone are no whole number of sales
	tooMuchLeft                            // more units left than the acknowledged sales allow
	tooLittleLeft                          // fewer units left than all possible sales explain
	turnedAway                             // a refusal of a buyer with room, and units left at the end
	holderToldSoldOut                      // duplicate-first, and a buyer at his limit is told sold_out
	requestSoldOutAgain                    // a sold_out after an ok of the same request
	duplicateUnasked                       // a duplicate before the buyer had asked often enough
	duplicateWithRoom                      // a duplicate for a buyer who never held his limit
	duplicateTooEarly                      // a duplicate before one of the buyer's sales was called
	duplicateTooLate                       // stock-first, and a duplicate called after a sold_out returned
	duplicateUnplaced                      // stock-first, and no sale could be the last
	duplicateAfterRefusal                  // stock-first, and a duplicate called after a refusal that only an empty stock explains
	requestDupAgain                        // a duplicate after an ok of the same request
	refusedTooEarly                        // a refusal that only his limit could explain, before he held it
	replayOfNothing                        // a replay of a request that nothing can have granted
	soldTooLate                            // a sale called after a sold_out had returned
	soldAfterRefusal                       // a sale called after a refusal that only an empty stock explains
	toldBelowZero                          // a stock below zero, read or told
	toldInPart                             // a stock that no number of whole sales leaves
	toldTooMuch                            // more than the item opened with
	toldTwice                              // two sales that left the same stock
	toldBackwards                          // a stock that went up
	toldUnplaced                           // stocks that no order of the sales explains
	orderMissing                           // a granted purchase without an order
	orderTwice                             // more orders than grants that they agree with
	orderOfNobody                          // an order that no purchase explains
	bookMissing                            // a purchase that its client was told, and no order in the book
	bookGone                               // an order that the book acknowledged and does not hold
	bookTwice                              // more orders in the book than grants of a request
	bookNobody                             // an order in the book that nobody was told
	bookUnits                              // an order in the book for other units than were granted
	bookStock                              // the stock row of the book and its orders do not add up
	keyChanged                             // a key that the contract does not name
	replyUnmapped
	errorRaised
	conditions
)

var ruleOf = [conditions]Rule{
	acknowledgedOver: Oversell, storedOver: Oversell, certainOver: Oversell,
	stockBelowZero:    NegativeStock,
	acknowledgedTwice: DuplicateSale, storedTwice: DuplicateSale, requestGrantedAgain: DuplicateSale,
	saleNotStored: LostSale,
	saleNotAsked:  PhantomSale, strangerStored: PhantomSale, partStored: PhantomSale,
	ledgerAgainstStock: StockMismatch, stockNotWhole: StockMismatch, tooMuchLeft: StockMismatch, tooLittleLeft: StockMismatch,
	turnedAway:        Undersell,
	holderToldSoldOut: FalseSoldOut, requestSoldOutAgain: FalseSoldOut,
	duplicateUnasked: FalseDup, duplicateWithRoom: FalseDup, duplicateTooEarly: FalseDup, duplicateTooLate: FalseDup,
	duplicateUnplaced: FalseDup, duplicateAfterRefusal: FalseDup, requestDupAgain: FalseDup, refusedTooEarly: FalseDup,
	replayOfNothing: FalseReplay,
	soldTooLate:     LateSale, soldAfterRefusal: LateSale,
	toldBelowZero: NegativeStock,
	toldInPart:    FalseStock, toldTooMuch: FalseStock, toldTwice: FalseStock, toldBackwards: FalseStock, toldUnplaced: FalseStock,
	orderMissing: OrderMismatch, orderTwice: OrderMismatch, orderOfNobody: OrderMismatch,
	bookMissing: OrderMismatch, bookGone: OrderMismatch, bookTwice: OrderMismatch, bookNobody: OrderMismatch, bookUnits: OrderMismatch, bookStock: OrderMismatch,
	keyChanged:    ForeignWrite,
	replyUnmapped: UnmappedReply,
	errorRaised:   ScriptError,
}

// maxCases is how many cases of a violation are told one by one.
const maxCases = 5

// A finding is one case before its attempts are looked up.
type finding struct {
	item uint16
	// apart: it is of no item.
	apart    bool
	at       int64
	sentence string
	ops      []op
	// condition is what was seen broken.
	condition condition
}

// byTime puts the earliest finding first; those that rest on the audit alone last.
func byTime(a, b finding) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.item, b.item), cmp.Compare(a.sentence, b.sentence),
		slices.CompareFunc(a.ops, b.ops, byCall))
}

// A shortlist counts findings and keeps the earliest.
type shortlist struct {
	count       int64
	first, last int64
	cases       []finding
}

// add counts one finding. Its sentence is written only if it is kept.
func (s *shortlist) add(c condition, item uint16, say func() string, ops ...op) {
	at := int64(forever)
	if len(ops) > 0 && ops[0].inv != history.Never {
		at = ops[0].inv
		s.see(at)
	}
	s.count++
	if len(s.cases) == maxCases && at > s.cases[maxCases-1].at {
		return
	}
	s.keep(finding{item: item, at: at, sentence: say(), ops: slices.Clone(ops), condition: c})
}

func (s *shortlist) merge(other *shortlist) {
	if other.count == 0 {
		return
	}
	s.count += other.count
	if other.first != history.Never {
		s.see(other.first)
		s.see(other.last)
	}
	for _, one := range other.cases {
		s.keep(one)
	}
}

func (s *shortlist) see(at int64) {
	if s.first == history.Never || at < s.first {
		s.first = at
	}
	s.last = max(s.last, at)
}

func (s *shortlist) keep(f finding) {
	i, _ := slices.BinarySearchFunc(s.cases, f, byTime)
	s.cases = slices.Insert(s.cases, i, f)
	s.cases = s.cases[:min(len(s.cases), maxCases)]
}

// findings holds a shortlist a condition. A condition that is off finds
// nothing: the tests of the judge switch them off one by one.
type findings struct {
	lists [conditions]shortlist
	off   [conditions]bool
}

func newFindings(off ...condition) *findings {
	f := &findings{}
	for i := range f.lists {
		f.lists[i].first, f.lists[i].last = history.Never, history.Never
	}
	for _, c := range off {
		f.off[c] = true
	}
	return f
}

// fork returns findings of another worker, with the same conditions off.
func (f *findings) fork() *findings {
	other := newFindings()
	other.off = f.off
	return other
}

// merge adds what another worker found. In which order is all one: a shortlist
// keeps the earliest by an order that is total.
func (f *findings) merge(other *findings) {
	for c := range other.lists {
		f.lists[c].merge(&other.lists[c])
	}
}

// total is how many cases were found.
func (f *findings) total() (n int64) {
	for c := range f.lists {
		n += f.lists[c].count
	}
	return n
}

// foreign files the keys that changed although the contract does not name them.
func (f *findings) foreign(keys []string) {
	for _, key := range keys {
		if list := &f.lists[keyChanged]; !f.off[keyChanged] {
			list.count++
			list.keep(finding{apart: true, at: forever, condition: keyChanged, sentence: "key " + key + " was changed, and nothing that the contract names or allows explains it"})
		}
	}
}

func (f *findings) add(c condition, item uint16, say func() string, ops ...op) {
	if !f.off[c] {
		f.lists[c].add(c, item, say, ops...)
	}
}

// defect files an attempt whose reply was wrong in itself.
func (f *findings) defect(a *history.Attempt, o op) {
	c, said := replyUnmapped, "an attempt got a reply that no rule of the contract names"
	if a.Defect == sale.ScriptError {
		c, said = errorRaised, "an attempt ended the script in an error"
	}
	f.add(c, a.Item, func() string { return said }, o)
}
