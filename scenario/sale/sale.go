// Package sale is the vocabulary of a flash sale: what is asked, what is
// answered, and what the server says it sold. Every other package speaks it;
// it imports none of them.
package sale

import (
	"fmt"
	"iter"
	"math"
	"strconv"
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
	Fields []string
	Rows   [][]string
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
	// Orders are the orders that the sale left behind; nil: none can be read.
	Orders *Orders `json:"-"`
	// Problems names what the strategy should be able to read and could not;
	// with one, no verdict may be valid.
	Problems []string `json:"problems,omitempty"`
}

// BuyerIDs is the bijection between the number of a buyer (0, 1, …) and the
// id that scripts see.
type BuyerIDs struct {
	// From is the id of buyer 0; the others count on from it.
	From uint64 `json:"from"`
}

// ID returns the id of buyer n.
func (b BuyerIDs) ID(n uint32) string { return strconv.FormatUint(b.From+uint64(n), 10) }

// Number returns the number of the buyer with the given id; false for an id
// that this bijection never makes.
func (b BuyerIDs) Number(id string) (uint32, bool) {
	v, err := strconv.ParseUint(id, 10, 64)
	if err != nil || v < b.From || v-b.From > math.MaxUint32 || id[0] == '0' && id != "0" {
		return 0, false
	}
	return uint32(v - b.From), true
}

// MarshalText returns the form UnmarshalText accepts.
func (b BuyerIDs) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "from:%d", b.From), nil }

// UnmarshalText accepts from:N.
func (b *BuyerIDs) UnmarshalText(text []byte) error {
	n, found := strings.CutPrefix(string(text), "from:")
	v, err := strconv.ParseUint(n, 10, 64)
	if !found || err != nil {
		return fmt.Errorf("buyer ids %q: want from:N", text)
	}
	b.From = v
	return nil
}
