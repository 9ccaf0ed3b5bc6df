package order

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// opened opens a book that is closed when the test ends.
func opened(t *testing.T, name string, o Options) Book {
	t.Helper()
	b, err := Open(t.Context(), name, o)
	must(t, err)
	t.Cleanup(func() { b.Close() })
	return b
}

func item(id string, stock int64) []sale.Item { return []sale.Item{{ID: id, Stock: stock}} }

// read reads an item back: the units left, and the orders as buyer/request/qty.
func read(t *testing.T, b Book, id string) (left int64, orders []string) {
	t.Helper()
	booked, err := b.Read(t.Context(), sale.Item{ID: id})
	must(t, err)
	if !slices.Equal(booked.Orders.Fields, fields()) {
		t.Fatalf("fields %q", booked.Orders.Fields)
	}
	for _, row := range booked.Orders.Rows {
		orders = append(orders, strings.Join(row[:3], "/"))
	}
	slices.Sort(orders)
	if booked.Left == nil {
		return -1, orders
	}
	return *booked.Left, orders
}

// testBook holds a kind of book to what every one must do.
func testBook(t *testing.T, name string) {
	t.Run("what Write answers", func(t *testing.T) { testAnswers(t, name) })
	t.Run("one for each request", func(t *testing.T) { testRequests(t, name) })
	if name != Embedded {
		t.Run("two runs share it", func(t *testing.T) { testSharing(t, name) })
	}
	t.Run("many at once", func(t *testing.T) { testCrowd(t, name) })
}

func TestSQLite(t *testing.T) {
	t.Run("embedded", func(t *testing.T) { testBook(t, Embedded) })
	t.Run("file", func(t *testing.T) { testBook(t, filepath.Join(t.TempDir(), "a b%3f?#.db")) })
}

func testAnswers(t *testing.T, name string) {
	b := opened(t, name, Options{Workers: 2, OncePerBuyer: true})
	must(t, b.Open(t.Context(), append(item("7", 5), item("8", 1)...)))
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		reason string
		ctx    context.Context
		order  Order
		want   sale.Outcome
		says   string
	}{
		{"the first", t.Context(), Order{"7", "1", "a", 3}, sale.OK, ""},
		{"an id is its text, whatever it is", t.Context(), Order{"7", "007' 秒", "b", 1}, sale.OK, ""},
		{"the same again, though there are units", t.Context(), Order{"7", "1", "a", 1}, sale.Duplicate, "seckill_orders"},
		{"his second request", t.Context(), Order{"7", "1", "c", 1}, sale.Duplicate, ""},
		{"more than there is", t.Context(), Order{"7", "2", "d", 2}, sale.SoldOut, "1 units are left"},
		{"the last", t.Context(), Order{"7", "2", "d", 1}, sale.OK, ""},
		{"the same again, and nothing is left", t.Context(), Order{"7", "2", "d", 1}, sale.Duplicate, ""},
		{"another item has its own units and buyers", t.Context(), Order{"8", "1", "a", 1}, sale.OK, ""},
		{"an item that is not on sale", t.Context(), Order{"9", "1", "a", 1}, sale.Failed, `no item "9"`},
		{"units that come back", t.Context(), Order{"7", "3", "e", -1}, sale.Failed, "constraint"},
		{"nobody waits for it", done, Order{"8", "3", "e", 1}, sale.Failed, "cancel"},
	} {
		outcome, text := b.Write(tt.ctx, tt.order)
		if outcome != tt.want || !strings.Contains(strings.ToLower(text), strings.ToLower(tt.says)) || (text == "") != (outcome == sale.OK) {
			t.Errorf("%s: %s %q, want %s %q", tt.reason, outcome, text, tt.want, tt.says)
		}
	}
	left, orders := read(t, b, "7")
	if want := []string{"007' 秒/b/1", "1/a/3", "2/d/1"}; left != 0 || !slices.Equal(orders, want) {
		t.Errorf("%d left, orders %q", left, orders)
	}
	if left, orders := read(t, b, "9"); left != -1 || orders != nil {
		t.Errorf("of an item it does not know: %d left, orders %q", left, orders)
	}
	must(t, b.Remove(t.Context(), append(item("7", 5), item("8", 1)...)))
}

func testRequests(t *testing.T, name string) {
	b := opened(t, name, Options{Workers: 1})
	before := time.Now().Add(-time.Minute).UnixMicro()
	must(t, b.Open(t.Context(), item("7", 5)))
	var got []sale.Outcome
	for _, o := range []Order{{"7", "1", "a", 1}, {"7", "1", "b", 1}, {"7", "1", "a", 1}, {"7", "2", "a", 1}} {
		outcome, _ := b.Write(t.Context(), o)
		got = append(got, outcome)
	}
	if want := []sale.Outcome{sale.OK, sale.OK, sale.Duplicate, sale.OK}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	booked, err := b.Read(t.Context(), sale.Item{ID: "7"})
	must(t, err)
	for _, row := range booked.Orders.Rows {
		if written, err := strconv.ParseInt(row[3], 10, 64); err != nil || written < before || written > time.Now().Add(time.Minute).UnixMicro() {
			t.Errorf("written at %s", row[3])
		}
	}
	must(t, b.Remove(t.Context(), item("7", 5)))
}

// Two runs with other promises share a database, and each removes only its own.
func testSharing(t *testing.T, name string) {
	one, other := opened(t, name, Options{Workers: 1, OncePerBuyer: true}), opened(t, name, Options{Workers: 1})
	must(t, one.Open(t.Context(), item("7", 5)))
	must(t, other.Open(t.Context(), item("8", 5)))
	for _, tt := range []struct {
		book  Book
		order Order
		want  sale.Outcome
	}{
		{one, Order{"7", "1", "a", 1}, sale.OK}, {other, Order{"8", "1", "a", 1}, sale.OK},
		{one, Order{"7", "1", "b", 1}, sale.Duplicate}, {other, Order{"8", "1", "b", 1}, sale.OK},
	} {
		if outcome, text := tt.book.Write(t.Context(), tt.order); outcome != tt.want {
			t.Errorf("%v: %s %s", tt.order, outcome, text)
		}
	}
	err := other.Open(t.Context(), append(item("9", 1), item("7", 1)...))
	if err == nil || !strings.Contains(err.Error(), `"7"`) || strings.Contains(err.Error(), "\n") {
		t.Errorf("an item of another run: %v", err)
	}
	if left, _ := read(t, other, "9"); left != -1 {
		t.Errorf("the refused Open left a stock row of %d units", left)
	}
	must(t, one.Remove(t.Context(), item("7", 5)))
	if left, orders := read(t, other, "8"); left != 3 || len(orders) != 2 {
		t.Errorf("after the first run was removed the second has %d left and orders %q", left, orders)
	}
	must(t, other.Remove(t.Context(), item("8", 5)))
	if _, err := other.Read(t.Context(), sale.Item{ID: "8"}); err == nil || !strings.Contains(err.Error(), "seckill_stock") {
		t.Errorf("reading tables that are gone: %v", err)
	}
	must(t, one.Remove(t.Context(), item("7", 5))) // twice does no harm
}

// Many write at once: as many as there are units get one.
func testCrowd(t *testing.T, name string) {
	const stock, buyers = 40, 100
	b := opened(t, name, Options{Workers: 8, OncePerBuyer: true})
	must(t, b.Open(t.Context(), item("7", stock)))
	var outcomes [buyers]sale.Outcome
	var wait sync.WaitGroup
	for i := range buyers {
		wait.Go(func() { outcomes[i], _ = b.Write(t.Context(), Order{"7", fmt.Sprint(i), fmt.Sprint(i), 1}) })
	}
	wait.Wait()
	count := map[sale.Outcome]int{}
	for _, o := range outcomes {
		count[o]++
	}
	left, orders := read(t, b, "7")
	if count[sale.OK] != stock || count[sale.SoldOut] != buyers-stock || left != 0 || len(orders) != stock {
		t.Errorf("%v, %d left, %d orders", count, left, len(orders))
	}
	must(t, b.Remove(t.Context(), item("7", stock)))
}

func TestNamesThatAreNone(t *testing.T) {
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "text"), []byte(strings.Repeat("no database ", 100)), 0o600))
	for _, tt := range []struct{ reason, name, want string }{
		{"none", "", "want sqlite, a file, or postgres"},
		{"another kind", "mysql://root:secret@h/db", "mysql://…: want sqlite"},
		{"a folder", folder, "want a file"},
		{"a file in a folder that is not there", filepath.Join(folder, "no/orders.db"), "unable to open"},
		{"a file that is no database", filepath.Join(folder, "text"), "not a database"},
		{"a URL that is none", "postgres://u:secret@h:port/db", "cannot be read"},
		{"a URL with a part that is none", "postgres://u:secret@h/db?sslmode=no", "want postgres://USER"},
		{"a password with a slash", "postgres://u:1/secret@h/db", "percent-encoded"},
		{"a password with a number sign", "postgres://u:1#secret@h/db", "percent-encoded"},
		{"a password with a percent sign", "postgres://u:%secret@h/db", "percent-encoded"},
		{"a password that is not before the @", "postgres://u@h/db?pass%77ord=secret", "password: want the password before the @"},
		{"a password of a key", "postgres://u@h/db?sslpassword=secret", "want the password before the @"},
		{"nobody listens", "postgres://u:secret@127.0.0.1:1/db?sslmode=disable", "postgres://u@127.0.0.1:1/db: "},
		{"nobody listens on a socket", "postgresql://u:secret@/db?host=" + folder, "refused|no such file"},
	} {
		_, err := Open(t.Context(), tt.name, Options{Workers: 1})
		if err == nil {
			t.Errorf("%s: it opens", tt.reason)
			continue
		}
		said := func(want string) bool { return strings.Contains(err.Error(), want) }
		if !slices.ContainsFunc(strings.Split(tt.want, "|"), said) || said("secret") || said("\n") {
			t.Errorf("%s: %v", tt.reason, err)
		}
	}
	if text, err := os.ReadFile(filepath.Join(folder, "text")); err != nil || len(text) != 1200 {
		t.Errorf("the file was touched: %d bytes, %v", len(text), err)
	}
	if _, err := Open(t.Context(), Embedded, Options{}); err == nil {
		t.Error("no workers: it opens")
	}
}

// A line holds nothing that could harm a terminal.
func TestLine(t *testing.T) {
	for text, want := range map[string]string{
		"a\nb\t\x1b[31mc":                "a b [31mc",
		"\xff":                           "�",
		strings.Repeat("x", maxLine+9):   strings.Repeat("x", maxLine) + "…",
		errors.New("plain").Error():      "plain",
		strings.Repeat("秒", maxLine/3+1): strings.Repeat("秒", maxLine/3) + "�…",
	} {
		if got := line(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// The page names the tables and columns that there are.
func TestThePageNamesTheColumns(t *testing.T) {
	page, err := os.ReadFile("ORDERS.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range sqliteTables {
		_, columns, _ := strings.Cut(string(page), "| `"+table.name+"` | ")
		columns, _, _ = strings.Cut(columns, ":")
		for _, column := range strings.Split(columns, ", ") {
			if column = strings.Trim(column, "`"); column == "" || !strings.Contains(table.create, column+" ") {
				t.Errorf("%s has no column %q", table.name, column)
			}
		}
	}
}
