package order

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// beside opens a file as another program would.
func beside(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	must(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func run(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// A database with tables of others keeps them, and how it keeps its journal.
func TestSQLiteTablesOfOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	other := beside(t, path)
	run(t, other, "CREATE TABLE goods (id); INSERT INTO goods VALUES (1)")
	b := opened(t, path, Options{Workers: 1})
	must(t, b.Open(t.Context(), item("7", 1)))
	if outcome, text := b.Write(t.Context(), Order{"7", "1", "a", 1}); outcome != sale.OK {
		t.Errorf("%s %s", outcome, text)
	}
	must(t, b.Remove(t.Context(), item("7", 1)))
	must(t, b.Close())
	var mode string
	var objects, goods int
	other = beside(t, path) // for one that has it open may remember
	must(t, other.QueryRow("PRAGMA journal_mode").Scan(&mode))
	must(t, other.QueryRow("SELECT count(*), (SELECT count(*) FROM goods) FROM sqlite_master").Scan(&objects, &goods))
	if mode != "delete" || objects != 1 || goods != 1 {
		t.Errorf("journal %s, %d objects, %d goods", mode, objects, goods)
	}

	run(t, other, "CREATE TABLE seckill_stock (item TEXT, mine)")
	run(t, other, "INSERT INTO seckill_stock VALUES ('7', 1)")
	b = opened(t, path, Options{Workers: 1})
	for _, err := range []error{b.Open(t.Context(), item("7", 1)), b.Remove(t.Context(), item("7", 1))} {
		if err == nil || !strings.Contains(err.Error(), "seckill_stock that is not an order book's") {
			t.Errorf("somebody else's table: %v", err)
		}
	}
	must(t, other.QueryRow("SELECT count(*) FROM sqlite_master, seckill_stock").Scan(&objects))
	if objects != 2 {
		t.Errorf("%d objects are left", objects)
	}
}

// What Open made goes with Close; what holds something, or is used, stays.
func TestSQLiteFilesAreRemoved(t *testing.T) {
	there := func(path string) bool { _, err := os.Stat(path); return err == nil }
	b := opened(t, Embedded, Options{Workers: 1}).(*sqliteBook)
	must(t, b.Open(t.Context(), item("7", 1)))
	if b.Close(); there(b.folder) {
		t.Error("the folder of the run is still there")
	}
	for _, tt := range []struct {
		reason         string
		before, remove bool
		used           bool
		want           bool
	}{
		{"made, and empty again", false, true, false, false},
		{"made, and in use", false, true, true, true},
		{"made, and orders are in it", false, false, false, true},
		{"there before", true, true, false, true},
	} {
		path := filepath.Join(t.TempDir(), "orders.db")
		if tt.before {
			must(t, os.WriteFile(path, nil, 0o600))
		}
		b := opened(t, path, Options{Workers: 1})
		must(t, b.Open(t.Context(), item("7", 1)))
		if tt.remove {
			must(t, b.Remove(t.Context(), item("7", 1)))
		}
		if tt.used {
			other := opened(t, path, Options{Workers: 1})
			must(t, other.Open(t.Context(), item("8", 1)))
			must(t, other.Remove(t.Context(), item("8", 1)))
		}
		must(t, b.Close())
		if there(path) != tt.want || !tt.want && there(path+"-wal") {
			t.Errorf("%s: there is %v", tt.reason, there(path))
		}
	}
}

// Another program that writes to the file is waited for, but not longer than the
// order has time; then nothing was written.
func TestSQLiteHeldByAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.db")
	b := opened(t, path, Options{Workers: 2})
	must(t, b.Open(t.Context(), item("7", 5)))
	other := beside(t, path)
	run(t, other, "BEGIN IMMEDIATE")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if outcome, text := b.Write(ctx, Order{"7", "1", "a", 1}); outcome != sale.Failed || text == "" {
		t.Errorf("the file is held: %s %q", outcome, text)
	}
	if left, orders := read(t, b, "7"); left != 5 || orders != nil { // which nobody holds up
		t.Errorf("%d left, orders %q", left, orders)
	}
	written := make(chan sale.Outcome)
	go func() {
		outcome, _ := b.Write(t.Context(), Order{"7", "2", "b", 1})
		written <- outcome
	}()
	run(t, other, "COMMIT")
	if outcome := <-written; outcome != sale.OK {
		t.Errorf("after it was let go: %s", outcome)
	}
}

// A database that may not grow any more: what is told OK is there, and no more.
func TestSQLiteFull(t *testing.T) {
	c := crowd{book: opened(t, Embedded, Options{Workers: 8})}
	const stock = 10000
	must(t, c.book.Open(t.Context(), item("7", stock)))
	run(t, c.book.(*sqliteBook).writer, "PRAGMA max_page_count = 12")
	c.write(t.Context(), 1500, 8, func(int64, int64) {})
	a := c.settle(t, stock)
	if a.told[sale.OK] == 0 || a.told[sale.Failed] == 0 || a.told[sale.Indeterminate] != 0 {
		t.Errorf("%v", a.told)
	}
	run(t, c.book.(*sqliteBook).writer, "PRAGMA max_page_count = 1000")
	if outcome, text := c.book.Write(t.Context(), Order{"7", "late", "r", 1}); outcome != sale.OK {
		t.Errorf("with room again: %s %s", outcome, text)
	}
}

// howToWrite names the environment variable that makes the tests a program that
// writes orders to the file it names, and tells each that it was told OK.
const howToWrite = "SECKILL_TEST_WRITE"

// TestWriterThatIsKilled is no test: it is the other program of the next one.
func TestWriterThatIsKilled(t *testing.T) {
	path := os.Getenv(howToWrite)
	if path == "" {
		t.Skip("runs as a program of its own")
	}
	b := opened(t, path, Options{Workers: 4})
	for i := 0; ; i++ {
		outcome, text := b.Write(t.Context(), Order{"7", fmt.Sprint(i), fmt.Sprintf("r%d", i), 1})
		if outcome != sale.OK {
			t.Fatal(outcome, text)
		}
		fmt.Println("told", i)
	}
}

// A writer that is killed leaves every order it was told of, and at most the one
// it was at besides.
func TestSQLiteWriterKilled(t *testing.T) {
	const stock = 1 << 30
	path := filepath.Join(t.TempDir(), "orders.db")
	b := opened(t, path, Options{Workers: 1})
	must(t, b.Open(t.Context(), item("7", stock)))
	writer := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWriterThatIsKilled$")
	writer.Env = append(os.Environ(), howToWrite+"="+path)
	out, err := writer.StdoutPipe()
	must(t, err)
	must(t, writer.Start())
	told := 0
	for lines := bufio.NewScanner(out); lines.Scan(); { // to the end: what it told before it died counts
		if strings.HasPrefix(lines.Text(), "told ") {
			if told++; told == 200 {
				writer.Process.Kill()
			}
		}
	}
	writer.Wait()
	outcomes := make([]sale.Outcome, told+1)
	for i := range told {
		outcomes[i] = sale.OK
	}
	outcomes[told] = sale.Indeterminate
	left, rows := read(t, b, "7")
	a := held(outcomes, rows)
	if told < 200 || a.lost != 0 || a.strangers != 0 || left != stock-int64(len(rows)) {
		t.Errorf("%+v, %d left, %d orders", a, left, len(rows))
	}
}
