package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/order/postgrestest"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A bookOf is what result.json says of the order book.
type bookOf struct {
	Verdict string
	Counts  map[string]int64
	Book    *struct {
		Told, Lost, Open int64
		Ordered          *int64
		Causes, Counts   map[string]int64
		BacklogMax       int64  `json:"backlog_max"`
		DrainedAt        *int64 `json:"drained_at"`
	}
	Violations []struct {
		Rule  string
		Count int64
	}
}

func readBook(t *testing.T, dir string) (r bookOf) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "result.json"))
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil || r.Book == nil {
		t.Fatalf("%s holds no order book: %v", dir, err)
	}
	return r
}

// diedIn counts the purchases of a record whose clients died.
func diedIn(t *testing.T, dir string) (n int64) {
	t.Helper()
	h, err := history.Open(filepath.Join(dir, "history"))
	if err != nil {
		t.Fatal(err)
	}
	for batch, err := range h.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		for i := range batch {
			if a := &batch[i]; a.Verb == sale.PlaceOrder && h.Texts.Text(a.Reply) == sale.ClientDied {
				n++
			}
		}
	}
	return n
}

// The article's whole story with one command: script, client, order.
func TestTheWholeStory(t *testing.T) {
	t.Chdir(t.TempDir())
	code, told, said := runMain(t.Context(), "run", "--script", "article", "--orders", "sqlite", "--server", "embedded", "--out", "r")
	if r := readBook(t, "r"); code != 0 || *r.Book.Ordered != 1000 || r.Book.Lost != 0 || r.Book.DrainedAt == nil || r.Book.BacklogMax == 0 {
		t.Errorf("exit %d: %+v\n%s%s", code, r.Book, told, said)
	}
	if !strings.Contains(told, "Ordered                   1,000 of 1,000; none lost") {
		t.Error(told)
	}
	for _, name := range []string{"orders.png", "orders.svg", "history/booked.parquet"} {
		if _, err := os.Stat(filepath.Join("r", name)); err != nil {
			t.Error(err)
		}
	}
	if code, again, _ := runMain(t.Context(), "check", "r"); code != 0 || !strings.HasPrefix(told, again) {
		t.Errorf("judged again, exit %d:\n%s", code, again)
	}
}

// One client in a hundred dies between script and order.
func TestTheWholeStoryWithClientsThatDie(t *testing.T) {
	t.Chdir(t.TempDir())
	line := []string{"run", "--script", "once", "--orders", "sqlite", "--abandon", "1%", "--seed", "7", "--server", "embedded", "--report", "min", "--out"}
	code, told, said := runMain(t.Context(), append(line, "r")...)
	r, died := readBook(t, "r"), diedIn(t, "r")
	if code != 1 || died == 0 || r.Book.Lost != died || *r.Book.Ordered != 1000-died || r.Book.Causes["client_died"] != died {
		t.Errorf("exit %d, %d died: %+v\n%s%s", code, died, r.Book, told, said)
	}
	if len(r.Violations) != 1 || r.Violations[0].Rule != "order-mismatch" || r.Violations[0].Count != died {
		t.Errorf("%+v", r.Violations)
	}
	if code, _, said := runMain(t.Context(), "check", filepath.Join("r", "counterexample", "order-mismatch")); code != 1 {
		t.Errorf("the smallest record: exit %d %s", code, said)
	}
	if code, told, _ := runMain(t.Context(), append(line, "expected", "--expect", "order-mismatch")...); code != 0 || !strings.Contains(told, "VALID, with expected") {
		t.Errorf("expected: exit %d\n%s", code, told)
	}
}

// The article's script sells twice to one buyer: the book has one order of each.
func TestTheBookKnowsOfASecondSale(t *testing.T) {
	t.Chdir(t.TempDir())
	code, _, said := runMain(t.Context(), "run", "--script", "article", "--orders", "sqlite", "--attempts", "2", "--buyers", "300", "--server", "embedded", "--report", "min", "--out", "r")
	if r := readBook(t, "r"); code != 1 || r.Book.Told != 600 || *r.Book.Ordered != 300 || r.Book.Causes["duplicate"] != 300 {
		t.Errorf("exit %d: %+v %s", code, r.Book, said)
	}
}

// A file keeps its orders, until somebody asks to have them removed.
func TestAFileKeepsItsOrders(t *testing.T) {
	t.Chdir(t.TempDir())
	line := []string{"run", "--orders", "orders.db", "--item", "9", "--buyers", "50", "--stock", "20", "--server", "embedded", "--report", "min", "--out"}
	if code, _, said := runMain(t.Context(), append(line, "a")...); code != 0 {
		t.Fatalf("exit %d %s", code, said)
	}
	code, _, said := runMain(t.Context(), append(line, "b")...)
	if _, err := os.Stat("b"); code != 2 || err == nil || !strings.Contains(said, "--orders: ") || !strings.Contains(said, `"9"`) {
		t.Errorf("an item that the book knows: exit %d %s", code, said)
	}
	if code, told, said := runMain(t.Context(), "check", "a", "--clean", "orders.db"); code != 0 || told != "The orders of a are no longer in orders.db.\n" {
		t.Errorf("cleaning: exit %d %s%s", code, told, said)
	}
	if code, _, said := runMain(t.Context(), append(line, "c")...); code != 0 {
		t.Errorf("after cleaning: exit %d %s", code, said)
	}
}

// PostgreSQL is killed in the middle of a run: that ends by itself and calls nothing
// valid, and what was refused is counted to the order.
func TestARunWhosePostgresIsKilled(t *testing.T) {
	pg := postgrestest.Start(t, postgrestest.Options{})
	conn, err := pgx.Connect(t.Context(), pg.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	t.Chdir(t.TempDir())
	over := make(chan int)
	go func() {
		code, told, said := runMain(t.Context(), "run", "--orders", pg.URL(), "--arrivals", "constant:1000/s", "--buyers", "3000", "--stock", "3000",
			"--server", "embedded", "--report", "min", "--out", "r")
		t.Logf("%s%s", told, said)
		over <- code
	}()
	for n := 0; n < 100; {
		if conn.QueryRow(t.Context(), "select count(*) from seckill_orders").Scan(&n) != nil {
			n = 0 // it has no such table yet
		}
	}
	pg.Kill()
	code := <-over
	r := readBook(t, "r")
	if code != 1 || r.Book.Ordered != nil || r.Book.Told != r.Counts["ok"] || r.Book.Lost == 0 || r.Book.Lost+r.Book.Open != r.Book.Told || r.Book.Lost != r.Book.Counts["failed"] || r.Book.Open < 100 {
		t.Errorf("exit %d: %+v", code, r.Book)
	}
}
