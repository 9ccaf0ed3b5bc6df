// Package sale is the vocabulary of a flash sale: what is asked, what is
// answered, and what the server says it sold. Every other package speaks it;
// it imports none of them.
//
// It is stable: names and signatures change with the version alone.
package sale

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"strings"
)

// Untold stands where a reply does not tell a number (0 and -1 are numbers a
// script may well tell).
const Untold = math.MinInt64

// An Item is what is on sale.
type Item struct {
	// ID is the item's name in keys and arguments.
	ID string `json:"id"`
	// Stock is the number of units the item opens with.
	Stock int64 `json:"stock"`
	// Index is the item's place among those on sale, from 0.
	Index int `json:"index,omitempty"`
	// Opens and Closes bound the sale, in seconds since 1970; 0: not given.
	Opens  int64 `json:"opens,omitempty"`
	Closes int64 `json:"closes,omitempty"`
}

// A Line is a quantity of an item in a cart.
type Line struct {
	Item     Item
	Quantity int64
}

// A Purchase is what a buyer asks for. All attempts of one purchase carry the
// same request id.
type Purchase struct {
	Verb     Verb
	Item     Item
	Buyer    string
	Request  string
	Quantity int64
	// Cart lists what is bought where that is more than one item; if empty, it
	// is Quantity of Item.
	Cart []Line
	// Receipt holds what an earlier answer captured, for release and confirm.
	Receipt map[string]string
	// BuyerIndex and RequestIndex number the buyers and the requests of a run,
	// from 0; Attempt numbers the attempts of one request, from 0.
	BuyerIndex, RequestIndex uint32
	Attempt                  uint32
}

// Took says who takes part in a sale. Keys that are a buyer's or a request's
// own can only be followed for those who do.
type Took struct {
	// Buyers yields one purchase for each buyer; nil: not told.
	Buyers iter.Seq[Purchase]
	// Requests yields one purchase for each request; nil: not told.
	Requests iter.Seq[Purchase]
}

// An Answer is what a reply means.
type Answer struct {
	Outcome Outcome
	Defect  Defect
	// Granted is the units granted by this answer; 0 unless the outcome is OK.
	Granted int64
	// Left is the stock after this sale as the reply tells it, or Untold.
	Left int64
	// Raw is the reply as redis-cli would print it, kept where it says more
	// than the outcome does (texts, errors, replies without a meaning).
	Raw string
	// Receipt holds the captures of the reply.
	Receipt map[string]string
}

// A Holding is the units one buyer holds according to the server's ledger.
type Holding struct {
	Buyer string
	Units int64
}

// Equal reports whether two audits tell the same, in whatever order.
func (a *Audit) Equal(b *Audit) bool {
	sameStock := (a.Stock == nil) == (b.Stock == nil) && (a.Stock == nil || *a.Stock == *b.Stock)
	return sameStock && a.Ledger == b.Ledger && slices.Equal(a.Problems, b.Problems) && a.Orders.equal(b.Orders) && a.Booked.Equal(b.Booked) &&
		slices.Equal(slices.SortedFunc(a.All(), compareHoldings), slices.SortedFunc(b.All(), compareHoldings))
}

// Equal reports whether two readings of a book tell the same, in whatever order.
func (b *Booked) Equal(c *Booked) bool {
	if b == nil || c == nil {
		return b == c
	}
	return (b.Left == nil) == (c.Left == nil) && (b.Left == nil || *b.Left == *c.Left) && b.Orders.equal(&c.Orders)
}

func (o *Orders) equal(p *Orders) bool {
	if o == nil || p == nil {
		return o == p
	}
	return slices.Equal(o.Fields, p.Fields) && slices.EqualFunc(sorted(o.Rows, slices.Compare), sorted(p.Rows, slices.Compare), slices.Equal)
}

func compareHoldings(a, b Holding) int {
	return cmp.Or(strings.Compare(a.Buyer, b.Buyer), cmp.Compare(a.Units, b.Units))
}

func sorted[T any](list []T, compare func(a, b T) int) []T {
	list = slices.Clone(list)
	slices.SortFunc(list, compare)
	return list
}

// A Ledger is how much the server's list of buyers can tell.
type Ledger string

const (
	// NoLedger: the buyers cannot be read.
	NoLedger Ledger = "none"
	// Presence: a buyer stands in the ledger once, however much he bought.
	Presence Ledger = "presence"
	// Units: the ledger holds each buyer's units.
	Units Ledger = "units"
)

// Orders is a table of orders: in each row the value of every field, as the
// bytes it was found in.
type Orders struct {
	// Fields are names that an attempt knows as well: buyer, request, item,
	// qty, a variable of the contract or a capture.
	Fields []string   `json:"fields"`
	Rows   [][]string `json:"-"`
}

// Booked is what the order book holds of one item.
type Booked struct {
	// Left is the units of the item's stock row; nil where the book keeps none.
	Left *int64 `json:"left"`
	// Orders are the orders, with the fields buyer, request, qty and those that
	// the book has besides.
	Orders Orders `json:"orders"`
}

// An Audit is the server's own account of one item when all is quiet.
type Audit struct {
	// Stock is the units left; nil where the strategy keeps none that can be read.
	Stock *int64 `json:"stock"`
	// Ledger says what Holdings can tell.
	Ledger Ledger `json:"ledger"`
	// Holdings lists every buyer in the ledger, each once; for a Presence
	// ledger Units is 1.
	Holdings []Holding `json:"-"`
	// Singles are further entries: a record that was read back has them.
	Singles Singles `json:"-"`
	// Orders are the orders that the sale left behind; nil: none can be read.
	Orders *Orders `json:"orders,omitempty"`
	// Booked is what the order book holds of the item; nil: there is none.
	Booked *Booked `json:"booked,omitempty"`
	// Problems names what the strategy should be able to read and could not;
	// with one, no verdict may be valid.
	Problems []string `json:"problems,omitempty"`
}
