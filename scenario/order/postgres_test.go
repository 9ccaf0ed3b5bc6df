package order

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seckill-bench/seckill/scenario/order/postgrestest"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// query runs statements over a connection of its own.
func query(t *testing.T, server *postgrestest.Server, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL())
	must(t, err)
	defer conn.Close(context.Background())
	for _, statement := range statements {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func TestPostgres(t *testing.T) {
	server := postgrestest.Start(t, postgrestest.Options{Settings: []string{"autovacuum = off"}})
	t.Run("book", func(t *testing.T) { testBook(t, server.URL()) })
	t.Run("killed", func(t *testing.T) { testKilled(t, server) })
	t.Run("it forgets", func(t *testing.T) { testForgets(t, server) })
	t.Run("lost connections", func(t *testing.T) { testLostConnections(t, server) })
	t.Run("starting", func(t *testing.T) { testStarting(t, server) })
	t.Run("serializable", func(t *testing.T) { testSerializable(t, server) })
	t.Run("tables of others", func(t *testing.T) { testTablesOfOthers(t, server) })
}

// The server is killed while many write, more than once, and comes back.
func testKilled(t *testing.T, server *postgrestest.Server) {
	const stock = 1 << 20
	for round := range 2 {
		c := crowd{book: opened(t, server.URL(), Options{Workers: 12, OncePerBuyer: true})}
		must(t, c.book.Open(t.Context(), item("7", stock)))
		var once sync.Once
		kill := func(ok, _ int64) {
			if ok >= 100 {
				once.Do(server.Kill)
			}
		}
		c.write(t.Context(), 250, 12, kill)
		must(t, server.Start())
		a := c.settle(t, stock)
		if a.told[sale.OK] < 100 || a.told[sale.Failed] == 0 {
			t.Errorf("round %d: %v", round, a.told)
		}
		if outcome, text := c.book.Write(t.Context(), Order{"7", "after", "r", 1}); outcome != sale.OK {
			t.Errorf("the book does not come back: %s %s", outcome, text)
		}
		must(t, c.book.Remove(t.Context(), item("7", stock)))
	}
}

// A server that tells OK before its log is on the disk loses orders when it is
// killed. The account sees how many, to the last one.
func testForgets(t *testing.T, server *postgrestest.Server) {
	c := crowd{book: opened(t, server.URL()+"&synchronous_commit=off", Options{Workers: 4})}
	const stock, orders = 1000, 200
	must(t, c.book.Open(t.Context(), item("7", stock)))
	query(t, server, "CREATE TABLE other (x int)") // is synced, and all that was logged before
	for _, title := range []string{"walwriter", "checkpointer", "background writer"} {
		pids := server.Children(title)
		if len(pids) != 1 {
			t.Skipf("this system does not show the %s", title)
		}
		must(t, syscall.Kill(pids[0], syscall.SIGSTOP)) // nobody writes the log any more
	}
	c.write(t.Context(), orders, 4, func(int64, int64) {})
	server.Kill()
	must(t, server.Start())
	left, rows := read(t, c.book, "7")
	a := held(c.outcomes, rows)
	if a.told[sale.OK] != orders || a.lost != orders || left != stock {
		t.Errorf("%+v, %d left", a, left)
	}
	must(t, c.book.Remove(t.Context(), item("7", stock)))
}

// A proxy lies on the way to a server and cuts connections.
type proxy struct {
	// asked and answered end a connection when these bytes come from the client and
	// from the server; they are not handed on. With silent it is kept, and silent is
	// called.
	asked, answered string
	silent          func()
	// starting is how many connections are told that the server is just starting.
	starting *atomic.Int32
}

func (p *proxy) listen(t *testing.T, server *postgrestest.Server) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "pg") // short: the name of a socket has a bound
	must(t, err)
	listener, err := net.Listen("unix", filepath.Join(folder, ".s.PGSQL.5432"))
	must(t, err)
	t.Cleanup(func() { listener.Close(); os.RemoveAll(folder) })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(client, filepath.Join(server.Folder(), ".s.PGSQL.5432"))
		}
	}()
	return strings.ReplaceAll(server.URL(), strings.ReplaceAll(server.Folder(), "/", "%2F"), strings.ReplaceAll(folder, "/", "%2F"))
}

func (p *proxy) serve(client net.Conn, socket string) {
	defer client.Close()
	if p.starting != nil && p.starting.Add(-1) >= 0 {
		client.Read(make([]byte, 1<<10)) // who it is
		client.Write([]byte("E\x00\x00\x00\x37SFATAL\x00VFATAL\x00C57P03\x00Mthe database is starting up\x00\x00"))
		return
	}
	server, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		pass(server, client, p.asked)
		server.Close()
	}()
	if cut := pass(client, server, p.answered); cut && p.silent != nil {
		p.silent()
		io.Copy(io.Discard, server) // until the client goes, and with it the server
	}
}

// pass hands bytes on until a text comes, which it keeps: true.
func pass(to io.Writer, from io.Reader, until string) bool {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if until != "" && strings.Contains(string(buffer[:n]), until) {
			return true
		}
		if _, wrong := to.Write(buffer[:n]); err != nil || wrong != nil {
			return false
		}
	}
}

// When a connection is lost decides what is known.
func testLostConnections(t *testing.T, server *postgrestest.Server) {
	query(t, server, "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no order today'; END $$")
	for i, tt := range []struct {
		reason  string
		proxy   proxy
		before  string
		want    sale.Outcome
		written bool
	}{
		{"all goes well", proxy{}, "", sale.OK, true},
		{"before it is begun", proxy{asked: "begin\x00"}, "", sale.Failed, false},
		{"at the order", proxy{asked: "INSERT INTO seckill_orders"}, "", sale.Failed, false},
		{"the order was written, and nobody said so", proxy{answered: "INSERT 0 1\x00"}, "", sale.Failed, false},
		{"at the stock row", proxy{answered: "UPDATE 1\x00"}, "", sale.Failed, false},
		{"at the commit", proxy{asked: "commit\x00"}, "", sale.Indeterminate, false},
		{"the commit was done, and nobody said so", proxy{answered: "COMMIT\x00"}, "", sale.Indeterminate, true},
		{"the commit was done, and nobody waits", proxy{answered: "COMMIT\x00", silent: func() {}}, "", sale.Indeterminate, true},
		{"the order was written, and nobody waits", proxy{answered: "INSERT 0 1\x00", silent: func() {}}, "", sale.Failed, false},
		{"the commit is refused", proxy{}, "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON seckill_orders INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()", sale.Failed, false},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tt.proxy.silent != nil {
				tt.proxy.silent = cancel
			}
			direct := opened(t, server.URL(), Options{Workers: 1})
			through := opened(t, tt.proxy.listen(t, server), Options{Workers: 1})
			id := fmt.Sprint(i)
			must(t, direct.Open(t.Context(), item(id, 5)))
			if tt.before != "" {
				query(t, server, tt.before)
			}
			outcome, text := through.Write(ctx, Order{id, "1", "a", 1})
			through.Close()
			must(t, await(t, server, `NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND xact_start IS NOT NULL)`))
			left, orders := read(t, direct, id)
			if outcome != tt.want || (len(orders) == 1) != tt.written || left != int64(5-len(orders)) {
				t.Errorf("%s %q, %d left, orders %q", outcome, text, left, orders)
			}
			must(t, direct.Remove(t.Context(), item(id, 5)))
		})
	}
}

// A server that is just starting is waited for when the book is read back, and
// only then.
func testStarting(t *testing.T, server *postgrestest.Server) {
	p := proxy{starting: new(atomic.Int32)}
	b := opened(t, p.listen(t, server), Options{Workers: 1})
	must(t, b.Open(t.Context(), item("7", 5)))
	p.starting.Store(3)
	if left, _ := read(t, b, "7"); left != 5 || p.starting.Load() >= 0 {
		t.Errorf("%d left; %d are still to be refused", left, p.starting.Load())
	}
	p.starting.Store(1 << 20)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := b.Read(ctx, sale.Item{ID: "7"}); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("a server that never starts: %v", err)
	}
	if _, err := Open(t.Context(), b.(*postgresBook).config.ConnString(), Options{Workers: 1}); err == nil || !strings.Contains(err.Error(), "starting up") {
		t.Errorf("opened on a server that is starting: %v", err)
	}
	p.starting.Store(0)
	must(t, b.Remove(t.Context(), item("7", 5)))
}

// await waits until something is true. What was lost on its way to the server may
// still be done.
func await(t *testing.T, server *postgrestest.Server, condition string) error {
	conn, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	for holds := false; !holds; time.Sleep(5 * time.Millisecond) {
		if err := conn.QueryRow(t.Context(), "SELECT "+condition).Scan(&holds); err != nil {
			return err
		}
	}
	return nil
}

// Where the server lets only one of two go on, the other has written nothing, and
// is not tried again.
func testSerializable(t *testing.T, server *postgrestest.Server) {
	b := opened(t, server.URL()+"&default_transaction_isolation=serializable", Options{Workers: 1})
	must(t, b.Open(t.Context(), item("7", 5)))
	conn, err := pgx.Connect(t.Context(), server.URL())
	must(t, err)
	defer conn.Close(context.Background())
	other, err := conn.Begin(t.Context())
	must(t, err)
	_, err = other.Exec(t.Context(), "UPDATE seckill_stock SET units = units - 1")
	must(t, err)
	type answer struct {
		outcome sale.Outcome
		text    string
	}
	written := make(chan answer)
	go func() {
		outcome, text := b.Write(t.Context(), Order{"7", "1", "a", 1})
		written <- answer{outcome, text}
	}()
	must(t, await(t, server, "EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock')"))
	must(t, other.Commit(t.Context()))
	if a := <-written; a.outcome != sale.Failed || !strings.Contains(a.text, "40001") {
		t.Errorf("%s %s", a.outcome, a.text)
	}
	if left, orders := read(t, b, "7"); left != 4 || orders != nil {
		t.Errorf("%d left, orders %q", left, orders)
	}
	must(t, b.Remove(t.Context(), item("7", 5)))
}

// Tables of our names that are somebody else's are left alone.
func testTablesOfOthers(t *testing.T, server *postgrestest.Server) {
	query(t, server, "CREATE TABLE seckill_orders (item text, mine int)", "INSERT INTO seckill_orders VALUES ('7', 1)")
	b := opened(t, server.URL(), Options{Workers: 1})
	for _, err := range []error{b.Open(t.Context(), item("7", 1)), b.Remove(t.Context(), item("7", 1))} {
		if err == nil || !strings.Contains(err.Error(), "seckill_orders that is not an order book's") {
			t.Errorf("somebody else's table: %v", err)
		}
	}
	conn, err := pgx.Connect(t.Context(), server.URL())
	must(t, err)
	defer conn.Close(context.Background())
	var rows, tables int
	must(t, conn.QueryRow(t.Context(), "SELECT count(*), (SELECT count(*) FROM pg_class WHERE relname LIKE 'seckill%') FROM seckill_orders").Scan(&rows, &tables))
	if rows != 1 || tables != 1 {
		t.Errorf("%d rows are left, and %d tables", rows, tables)
	}
}

// closedAlready is an error as pgx has it of a connection that is lost.
type closedAlready struct{}

func (closedAlready) Error() string     { return "conn closed" }
func (closedAlready) SafeToRetry() bool { return true }

// A failed COMMIT leaves open what it may have done, and nothing else.
func TestCommitted(t *testing.T) {
	said := func(severity, code string) error {
		return fmt.Errorf("wrapped: %w", &pgconn.PgError{SeverityUnlocalized: severity, Code: code})
	}
	for _, tt := range []struct {
		reason string
		err    error
		want   sale.Outcome
	}{
		{"the server has rolled back", pgx.ErrTxCommitRollback, sale.Failed},
		{"the library says it was never sent", closedAlready{}, sale.Indeterminate},
		{"a serialization failure", said("ERROR", "40001"), sale.Failed},
		{"a constraint that waited for the end", said("ERROR", "23503"), sale.Failed},
		{"a disk is full, and the session goes on", said("ERROR", "53100"), sale.Failed},
		{"a disk is full, and the server falls", said("PANIC", "53100"), sale.Indeterminate},
		{"an operator ends the session", said("FATAL", "57P01"), sale.Indeterminate},
		{"a crash, as some proxies word it", said("ERROR", "57P02"), sale.Indeterminate},
		{"a proxy lost the server", said("ERROR", "08P01"), sale.Indeterminate},
		{"the server does not know", said("ERROR", "40003"), sale.Indeterminate},
		{"a very old server, that tells no severity", said("", "40001"), sale.Indeterminate},
		{"the connection is gone", io.ErrUnexpectedEOF, sale.Indeterminate},
		{"nobody waits any more", context.DeadlineExceeded, sale.Indeterminate},
		{"anything else", errors.New("x"), sale.Indeterminate},
	} {
		if got := committed(tt.err); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.reason, got, tt.want)
		}
	}
}
