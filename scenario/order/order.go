// Package order is the order book: where a client writes down what it was told it
// sold. It is a database beside Redis, and the two can come to disagree.
package order

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// An Order is one purchase as the client writes it down.
type Order struct {
	Item, Buyer, Request string
	Quantity             int64
}

// A Book keeps orders. It is safe for use by many goroutines.
//
// Every row has the id of its item, so that several runs, even at the same time,
// share a database.
type Book interface {
	// Open makes the tables where there are none, and a stock row for each item.
	// It refuses items that the book knows already, and tables of the same names
	// that are somebody else's. With an error nothing is changed.
	Open(ctx context.Context, items []sale.Item) error
	// Write makes one transaction: it inserts the order and takes the units from
	// the stock row. The outcome is OK; Duplicate where there is such an order
	// already; SoldOut where the stock row has too few units; Failed where certainly
	// nothing was written; Indeterminate where it may have been. text is what the
	// database said, one line, empty for OK. Nothing is tried a second time.
	Write(ctx context.Context, o Order) (outcome sale.Outcome, text string)
	// Read reads back what the book holds of an item, over a connection of its own:
	// both tables as of one moment. Left is nil where there is no stock row. The
	// fields of the orders are buyer, request, qty, and written, microseconds since
	// 1970. A write that was indeterminate may still take effect after it. A
	// database that is just starting is waited for while ctx lasts, here and in
	// Remove.
	Read(ctx context.Context, item sale.Item) (*sale.Booked, error)
	// Remove removes the rows of the items, and the tables where no row of another
	// run is left in them.
	Remove(ctx context.Context, items []sale.Item) error
	// Close ends the book's connections. What Open, the function, made of files is
	// gone after it; an SQLite file that it made stays while there is anything in it.
	io.Closer
	// String names the book without a password.
	String() string
}

// Options says how a book is opened.
type Options struct {
	// Workers is how many orders are written at the same time at most; 1 or more.
	Workers int
	// OncePerBuyer: a buyer can have one order of an item; else one for each
	// request.
	OncePerBuyer bool
}

// Embedded is the name of the book that is made for the run.
const Embedded = "sqlite"

// Open opens the book with the given name: sqlite for a database made for the
// run, the path of an SQLite database, which is made where there is none, or a
// postgres:// URL. It changes nothing in a database that is there. An error is
// one line and never holds a password.
func Open(ctx context.Context, name string, o Options) (Book, error) {
	scheme, _, isURL := strings.Cut(name, "://")
	switch {
	case o.Workers < 1:
		return nil, fmt.Errorf("an order book with %d workers: want 1 or more", o.Workers)
	case name == "":
		return nil, errors.New("an order book without a name: want sqlite, a file, or postgres://…")
	case name == Embedded:
		return openEmbedded(ctx, o)
	case isURL && (strings.EqualFold(scheme, "postgres") || strings.EqualFold(scheme, "postgresql")):
		return openPostgres(ctx, name, o)
	case isURL:
		return nil, fmt.Errorf("an order book at %s://…: want sqlite, a file, or postgres://…", line(scheme))
	}
	return openFile(ctx, name, o)
}

// fields are the columns that Read returns.
func fields() []string { return []string{"buyer", "request", "qty", "written"} }

// ids are the ids of items.
func ids(items []sale.Item) []string {
	list := make([]string, len(items))
	for i := range items {
		list[i] = items[i].ID
	}
	return list
}

// maxLine bounds what is kept of a database's words, in bytes.
const maxLine = 400

// line keeps what a database says on one line that is harmless to a terminal.
func line(text string) string {
	text = strings.Join(strings.FieldsFunc(text, unicode.IsControl), " ")
	if len(text) > maxLine {
		text = text[:maxLine] + "…"
	}
	return strings.ToValidUTF8(text, "�")
}

// noItem is what Write says of an item that was never opened.
func noItem(id string) string { return fmt.Sprintf("the book has no item %q", id) }

func tooFew(left, quantity int64) string {
	return fmt.Sprintf("%d units are left, and the order is for %d", left, quantity)
}
