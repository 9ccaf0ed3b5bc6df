package check

// A Rule is a named property of a history.
type Rule string

// The rules.
const (
	Oversell      Rule = "oversell"
	NegativeStock Rule = "negative-stock"
	DuplicateSale Rule = "duplicate-sale"
	LostSale      Rule = "lost-sale"
	PhantomSale   Rule = "phantom-sale"
	StockMismatch Rule = "stock-mismatch"
	Undersell     Rule = "undersell"
	FalseSoldOut  Rule = "false-sold-out"
	FalseDup      Rule = "false-duplicate"
	FalseStock    Rule = "false-stock"
	FalseReplay   Rule = "false-replay"
	LateSale      Rule = "late-sale"
	OrderMismatch Rule = "order-mismatch"
	UnmappedReply Rule = "unmapped-reply"
	ScriptError   Rule = "script-error"
	ForeignWrite  Rule = "foreign-write"
)

// Rules lists every rule in the order reports show them. A rule that a
// history holds nothing about (false-stock where no stock was read or told,
// order-mismatch without orders, foreign-write where nobody looked) is neither
// exercised nor undecided: it was not applied.
var Rules = []Rule{
	Oversell, NegativeStock, DuplicateSale, LostSale, PhantomSale, StockMismatch, Undersell, FalseSoldOut,
	FalseDup, FalseStock, FalseReplay, LateSale, OrderMismatch, UnmappedReply, ScriptError, ForeignWrite,
}

var mustHold = map[Rule]string{
	Oversell:      "no more units are sold than the item opened with",
	NegativeStock: "the stock is never below zero",
	DuplicateSale: "no buyer is sold more than the limit, and no request is granted twice",
	LostSale:      "every acknowledged sale is in the ledger",
	PhantomSale:   "every sale in the ledger was asked for by its buyer and not refused",
	StockMismatch: "the units left are the units opened with less the units sold",
	Undersell:     "nobody with room is turned away while units are left",
	FalseSoldOut:  "a buyer who holds his limit is told so, not that the item is sold out",
	FalseDup:      "only a buyer who holds his limit is told that he has bought already",
	FalseStock:    "every stock that is read or told fits one order of the sales",
	FalseReplay:   "only a request that may have been granted before is answered as a replay",
	LateSale:      "nothing is sold after somebody was told that the item is sold out",
	OrderMismatch: "orders and granted purchases pair one to one",
	UnmappedReply: "the contract names every reply",
	ScriptError:   "no error is raised inside the script",
	ForeignWrite:  "no key changes that the contract does not name, or that a refusal must leave alone",
}

// MustHold says in a sentence, without a full stop, what the rule demands.
func (r Rule) MustHold() string { return mustHold[r] }
