// Package order is the order book: where a client writes down what it was told it
// sold. It is a database beside Redis, and the two can come to disagree.
package order

import (
	"context"
	"io"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// An Order is one purchase as the client writes it down.
type Order struct {
	Item, Buyer, Request string
	Quantity             int64
}

// A Book keeps orders. It is safe for use by many goroutines.
type Book interface {
	// Open makes the tables where there are none, and a stock row for each item.
	// It refuses items that the book knows already.
	Open(ctx context.Context, items []sale.Item) error
	// Write makes one transaction: it takes the units from the stock row and
	// inserts the order. The outcome is OK; Duplicate where there is such an order
	// already; SoldOut where the stock row has too few units; Failed where certainly
	// nothing was written; Indeterminate where it may have been. text is what the
	// database said, empty for OK.
	Write(ctx context.Context, o Order) (outcome sale.Outcome, text string)
	// Read reads back what the book holds of an item, over a connection of its own.
	Read(ctx context.Context, item sale.Item) (*sale.Booked, error)
	// Remove removes the rows of the items, and what Open made besides.
	Remove(ctx context.Context, items []sale.Item) error
	io.Closer
	// String names the book without a password.
	String() string
}

// Options says how a book is opened.
type Options struct {
	// Workers is how many orders are written at the same time at most.
	Workers int
	// OncePerBuyer: a buyer can have one order of an item; else one for each
	// request.
	OncePerBuyer bool
}

// Open opens the book with the given name: sqlite for a database made for the
// run, the path of an SQLite database, or a postgres:// URL. An error never
// holds a password.
func Open(ctx context.Context, name string, o Options) (Book, error) { panic("skeleton") }
