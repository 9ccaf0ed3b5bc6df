package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/order"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// openBook opens the order book, and puts the items of the sale into it. Nil:
// there is none.
func (s *Sale) openBook(ctx context.Context) (order.Book, error) {
	if s.spec.Orders == "" {
		return nil, nil
	}
	terms, least := s.strategy.Terms, s.spec.Quantity.Least()
	book, err := s.books(ctx, s.spec.Orders, order.Options{
		Workers: s.spec.OrderWorkers, OncePerBuyer: terms.Limit > 0 && terms.Limit < 2*least,
	})
	if err != nil {
		return nil, fmt.Errorf("--orders: %w", err)
	}
	if err := book.Open(ctx, s.Head.Items); err != nil {
		return nil, errors.Join(fmt.Errorf("--orders: %w", err), book.Close())
	}
	return book, nil
}

// endBook writes what is still to be written, reads the book back, and removes
// what the sale put there, unless somebody named a file to keep it in.
func (s *Sale) endBook(ctx context.Context, o *orders, tail *history.Tail) {
	if o == nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	o.drain()
	tail.Warnings = append(tail.Warnings, o.warnings()...)
	whole := s.readBook(ctx, o.book, tail, o.doubtful.Load())
	if keepsBook(s.spec.Orders) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, auditsTime)
	defer cancel()
	if err := o.book.Remove(ctx, s.Head.Items); err != nil && whole {
		tail.Warnings = append(tail.Warnings, fmt.Sprintf("the orders of the sale may still be in the book: %v%s", err, howToCleanBook))
	} else if err != nil {
		tail.Warnings = append(tail.Warnings, "the orders of the sale may still be in the book"+howToCleanBook)
	}
}

const howToCleanBook = "; seckill check DIR --clean BOOK removes them"

// readBook adds to each audit what the book holds of its item. Where a write may
// still be going on the book is read twice, some time apart, and the two must
// agree. It reports whether all could be read.
func (s *Sale) readBook(ctx context.Context, book order.Book, tail *history.Tail, twice bool) (whole bool) {
	ctx, cancel := context.WithTimeout(ctx, auditsTime+time.Duration(len(tail.Audits))*auditTime)
	defer cancel()
	whole = true
	read := func(i int) (*sale.Booked, error) {
		ctx, cancel := context.WithTimeout(ctx, auditTimeout)
		defer cancel()
		return book.Read(ctx, s.Head.Items[i])
	}
	problem := func(audit *sale.Audit, text string) {
		audit.Problems, whole = append(audit.Problems, text), false
	}
	for i := range tail.Audits {
		booked, err := read(i)
		if err != nil {
			problem(&tail.Audits[i], "the order book could not be read: "+err.Error())
			continue
		}
		tail.Audits[i].Booked = booked
	}
	if !twice || !whole {
		return whole
	}
	time.Sleep(s.spec.Timeout)
	for i := range tail.Audits {
		again, err := read(i)
		audit := &tail.Audits[i]
		if err != nil {
			problem(audit, "the order book could not be read again: "+err.Error())
			audit.Booked = nil
		} else if !again.Equal(audit.Booked) {
			problem(audit, "the order book changed between two readings: an order of unknown outcome was still being written")
			audit.Booked = nil
		}
	}
	return whole
}

// keepsBook reports whether the orders stay where they are: in a file that
// somebody named, to look at it. It is his to delete.
func keepsBook(name string) bool { return name != bookForTheRun && !isURL(name) }

// IsBook reports whether a name is that of an order book that may still hold orders:
// a URL of one, or a file that is there.
func IsBook(name string) bool {
	info, err := os.Stat(name)
	return isURL(name) || err == nil && info.Mode().IsRegular()
}

// CleanBook removes the orders of items from a book.
func CleanBook(ctx context.Context, name string, items []sale.Item) error {
	book, err := order.Open(ctx, name, order.Options{Workers: 1})
	if err != nil {
		return err
	}
	return errors.Join(book.Remove(ctx, items), book.Close())
}

// bookForTheRun is the name of a database that is made for the run.
const bookForTheRun = "sqlite"

func isURL(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}
