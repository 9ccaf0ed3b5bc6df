package order

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// An account holds what the writers were told against what the book holds.
type account struct {
	told map[sale.Outcome]int
	// lost were told OK and are not there; phantoms were told that nothing is
	// written, and are; strangers nobody wrote. open are indeterminate ones that
	// are there.
	lost, phantoms, strangers, open int
}

// held compares the outcomes of the orders of buyers 0, 1, … with the sorted rows of
// a book.
func held(outcomes []sale.Outcome, rows []string) (a account) {
	a.told = map[sale.Outcome]int{}
	for buyer, outcome := range outcomes {
		_, there := slices.BinarySearch(rows, fmt.Sprintf("%d/r%[1]d/1", buyer))
		a.told[outcome]++
		switch {
		case outcome == sale.OK && !there:
			a.lost++
		case outcome == sale.Indeterminate && there:
			a.open++
		case outcome != sale.OK && there:
			a.phantoms++
		}
	}
	a.strangers = len(rows) - (a.told[sale.OK] - a.lost + a.open + a.phantoms)
	return a
}

// A crowd writes orders of item 7, each buyer one, and keeps what it is told.
type crowd struct {
	book     Book
	outcomes []sale.Outcome
	texts    map[string]int
	told     [sale.Dropped + 1]atomic.Int64
}

// write writes n orders by so many workers. after is called after each, with how
// many were told OK and Indeterminate until then.
func (c *crowd) write(ctx context.Context, n, workers int, after func(ok, open int64)) {
	c.outcomes, c.texts = make([]sale.Outcome, n), map[string]int{}
	var next atomic.Int64
	var mu sync.Mutex
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				id := strconv.FormatInt(i, 10)
				outcome, text := c.book.Write(ctx, Order{Item: "7", Buyer: id, Request: "r" + id, Quantity: 1})
				c.outcomes[i] = outcome
				c.told[outcome].Add(1)
				mu.Lock()
				c.texts[outcome.String()+": "+text]++
				mu.Unlock()
				after(c.told[sale.OK].Load(), c.told[sale.Indeterminate].Load())
			}
		})
	}
	wait.Wait()
}

// settle reads the book and demands that nothing is lost and nothing invented:
// every order told OK is there, none that was told anything else but
// Indeterminate, all of them add up, and what is gone from the stock are the orders.
func (c *crowd) settle(t *testing.T, stock int64) account {
	t.Helper()
	left, rows := read(t, c.book, "7")
	a := held(c.outcomes, rows)
	sum := 0
	for _, n := range a.told {
		sum += n
	}
	if a.lost != 0 || a.phantoms != 0 || a.strangers != 0 || sum != len(c.outcomes) || left != stock-int64(len(rows)) {
		t.Errorf("%+v of %d, %d units left of %d, %d orders", a, len(c.outcomes), left, stock, len(rows))
	}
	t.Logf("told %v; %d of the indeterminate are there", a.told, a.open)
	for text, n := range c.texts {
		if !strings.HasPrefix(text, "ok:") {
			t.Logf("%5d  %.160s", n, text)
		}
	}
	return a
}

// The account itself: each kind of disagreement is seen, and counted.
func TestAccount(t *testing.T) {
	const ok, failed, open = sale.OK, sale.Failed, sale.Indeterminate
	rows := func(buyers ...int) (list []string) {
		for _, b := range buyers {
			list = append(list, fmt.Sprintf("%d/r%[1]d/1", b))
		}
		return list
	}
	for _, tt := range []struct {
		reason   string
		outcomes []sale.Outcome
		rows     []string
		want     account
	}{
		{"all is well", []sale.Outcome{ok, failed, open, open}, rows(0, 3), account{open: 1}},
		{"paid and lost", []sale.Outcome{ok, ok, ok}, rows(1), account{lost: 2}},
		{"written and denied", []sale.Outcome{failed, sale.SoldOut, sale.Duplicate}, rows(0, 1, 2), account{phantoms: 3}},
		{"from nowhere", []sale.Outcome{ok}, rows(0, 9), account{strangers: 1}},
		{"another quantity", []sale.Outcome{ok}, []string{"0/r0/2"}, account{lost: 1, strangers: 1}},
	} {
		got := held(tt.outcomes, tt.rows)
		got.told = nil
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s: %+v, want %+v", tt.reason, got, tt.want)
		}
	}
}
