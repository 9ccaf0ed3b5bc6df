package order

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	_ "modernc.org/sqlite" // the driver of the name sqlite

	"github.com/seckill-bench/seckill/scenario/sale"
)

// busyTimeout is how long SQLite waits for another program that writes to the
// same file, in milliseconds.
const busyTimeout = "5000"

// sqliteTables are the tables, in the order they are made. SQLite keeps these
// texts, and by them a book knows its own again.
var sqliteTables = []struct{ name, create string }{
	{"seckill_stock", `CREATE TABLE seckill_stock ( -- of the order book of seckill
	item TEXT NOT NULL PRIMARY KEY, units INTEGER NOT NULL CHECK (units >= 0))`},
	{"seckill_orders", `CREATE TABLE seckill_orders ( -- of the order book of seckill
	item TEXT NOT NULL, buyer TEXT NOT NULL, request TEXT NOT NULL, once_per_buyer INTEGER NOT NULL,
	quantity INTEGER NOT NULL CHECK (quantity > 0), written_at INTEGER NOT NULL, PRIMARY KEY (item, buyer, request)) WITHOUT ROWID`},
}

// sqliteIndex allows a buyer one order of an item, where that is promised.
const sqliteIndex = `CREATE UNIQUE INDEX seckill_orders_once ON seckill_orders (item, buyer) WHERE once_per_buyer`

// An sqliteBook is a book in an SQLite file. SQLite has one writer at a time:
// orders take turns on one connection, so that none finds the file locked by
// another.
type sqliteBook struct {
	Options
	// name is what the user calls it, path where it lies, dsn how it is opened.
	name, path, dsn string
	// folder is removed by Close; empty: the file is the user's.
	folder string
	// made: there was no such file before.
	made   bool
	writer *sql.DB
}

// openEmbedded opens a database in a temporary folder. It is synced to the disk
// at checkpoints only: whatever becomes of this process, its orders are there,
// and a machine that goes down takes the run with it.
func openEmbedded(ctx context.Context, o Options) (Book, error) {
	folder, err := os.MkdirTemp("", "seckill-orders-")
	if err != nil {
		return nil, fmt.Errorf("a place for the order book: %w", err)
	}
	b := &sqliteBook{Options: o, name: Embedded, path: filepath.Join(folder, "orders.db"), folder: folder, made: true}
	return b.open(ctx, "NORMAL")
}

// openFile opens a database that is or becomes the user's. Every order that was
// told OK is synced to the disk. A file that is there keeps its journal mode.
func openFile(ctx context.Context, name string, o Options) (Book, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return nil, fmt.Errorf("order book %s: %w", name, err)
	}
	b := &sqliteBook{Options: o, name: name, path: path}
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		b.made = true
	case err != nil:
		return nil, fmt.Errorf("order book %s: %w", name, reason(err))
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("order book %s: want a file", name)
	}
	return b.open(ctx, "FULL")
}

func (b *sqliteBook) open(ctx context.Context, synchronous string) (Book, error) {
	query := url.Values{"_busy_timeout": {busyTimeout}, "_synchronous": {synchronous}, "_txlock": {"immediate"}}
	if b.made {
		query.Set("_journal_mode", "WAL")
	}
	place := url.URL{Scheme: "file", Path: b.path}
	b.dsn = place.String() + "?" + query.Encode()
	var err error
	if b.writer, err = b.database(); err == nil {
		// Whoever opens a file of another kind hears so by reading it.
		_, err = b.writer.ExecContext(ctx, "SELECT count(*) FROM sqlite_master")
	}
	if err != nil {
		b.Close()
		return nil, b.wrong(err)
	}
	return b, nil
}

// database opens the file for one connection at a time.
func (b *sqliteBook) database() (*sql.DB, error) {
	db, err := sql.Open("sqlite", b.dsn)
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

func (b *sqliteBook) wrong(err error) error {
	return fmt.Errorf("order book %s: %s", b.name, line(err.Error()))
}

func (b *sqliteBook) String() string { return b.name }

func (b *sqliteBook) Open(ctx context.Context, items []sale.Item) error {
	return b.transact(ctx, func(tx *sql.Tx) error {
		there, err := ours(ctx, tx)
		if err != nil {
			return err
		}
		if !there {
			for _, table := range sqliteTables {
				if _, err := tx.ExecContext(ctx, table.create); err != nil {
					return err
				}
			}
			if _, err := tx.ExecContext(ctx, sqliteIndex); err != nil {
				return err
			}
		}
		for i := range items {
			if err := openItem(ctx, tx, &items[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func openItem(ctx context.Context, tx *sql.Tx, item *sale.Item) error {
	var known int
	row := tx.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM seckill_stock WHERE item = ?1) + (SELECT count(*) FROM seckill_orders WHERE item = ?1)`, item.ID)
	switch err := row.Scan(&known); {
	case err != nil:
		return err
	case known > 0:
		return fmt.Errorf("it knows the item %q already", item.ID)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO seckill_stock (item, units) VALUES (?, ?)`, item.ID, item.Stock)
	return err
}

// ours reports whether the tables are there. Tables of their names that are
// somebody else's are an error.
func ours(ctx context.Context, tx *sql.Tx) (bool, error) {
	found := 0
	for _, table := range sqliteTables {
		var create sql.NullString
		err := tx.QueryRowContext(ctx, `SELECT sql FROM sqlite_master WHERE name = ?`, table.name).Scan(&create)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			continue
		case err != nil:
			return false, err
		case create.String != table.create:
			return false, notOurs(table.name)
		}
		found++
	}
	if found == 1 {
		return false, errors.New("of its two tables one is missing")
	}
	return found > 0, nil
}

func notOurs(table string) error {
	return fmt.Errorf("there is a %s that is not an order book's, and is not touched", table)
}

// transact does something in one transaction.
func (b *sqliteBook) transact(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := b.writer.BeginTx(ctx, nil)
	if err == nil {
		defer tx.Rollback()
		if err = do(tx); err == nil {
			err = tx.Commit()
		}
	}
	if err != nil {
		return b.wrong(err)
	}
	return nil
}

func (b *sqliteBook) Read(ctx context.Context, item sale.Item) (*sale.Booked, error) {
	db, err := b.database()
	if err != nil {
		return nil, b.wrong(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // which waits for no writer
	if err != nil {
		return nil, b.wrong(err)
	}
	defer tx.Rollback()
	booked, err := readSQLite(ctx, tx, item)
	if err != nil {
		return nil, b.wrong(err)
	}
	return booked, nil
}

// readSQLite reads both tables: a transaction sees one moment.
func readSQLite(ctx context.Context, tx *sql.Tx, item sale.Item) (*sale.Booked, error) {
	booked := &sale.Booked{Orders: sale.Orders{Fields: fields()}}
	var left int64
	switch err := tx.QueryRowContext(ctx, `SELECT units FROM seckill_stock WHERE item = ?`, item.ID).Scan(&left); {
	case err == nil:
		booked.Left = &left
	case !errors.Is(err, sql.ErrNoRows):
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, `SELECT buyer, request, quantity, written_at FROM seckill_orders WHERE item = ?`, item.ID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var buyer, request string
		var quantity, written int64
		if err := rows.Scan(&buyer, &request, &quantity, &written); err != nil {
			return nil, err
		}
		booked.Orders.Rows = append(booked.Orders.Rows, row(buyer, request, quantity, written))
	}
	return booked, rows.Err()
}

// row is one order, in the order of fields.
func row(buyer, request string, quantity, written int64) []string {
	return []string{buyer, request, strconv.FormatInt(quantity, 10), strconv.FormatInt(written, 10)}
}

func (b *sqliteBook) Remove(ctx context.Context, items []sale.Item) error {
	return b.transact(ctx, func(tx *sql.Tx) error {
		there, err := ours(ctx, tx)
		if err != nil || !there {
			return err
		}
		for _, id := range ids(items) {
			for _, table := range sqliteTables {
				if _, err := tx.ExecContext(ctx, `DELETE FROM `+table.name+` WHERE item = ?`, id); err != nil {
					return err
				}
			}
		}
		var others bool
		row := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM seckill_stock) OR EXISTS (SELECT 1 FROM seckill_orders)`)
		if err := row.Scan(&others); err != nil || others {
			return err
		}
		for _, table := range sqliteTables {
			if _, err := tx.ExecContext(ctx, `DROP TABLE `+table.name); err != nil {
				return err
			}
		}
		return nil
	})
}

// Close removes what was made for the run, and a file that Open made and in
// which nothing is left.
func (b *sqliteBook) Close() error {
	unused := b.made && b.folder == "" && b.unused()
	var err error
	if b.writer != nil {
		err = b.writer.Close()
	}
	if b.folder != "" {
		return errors.Join(err, os.RemoveAll(b.folder))
	}
	if unused {
		return errors.Join(err, reason(os.Remove(b.path)))
	}
	return err
}

// unused reports whether the file is empty and nobody else has it open: only
// then can it leave the mode in which others read beside a writer.
func (b *sqliteBook) unused() bool {
	var tables int
	var mode string
	ctx := context.Background()
	return b.writer != nil &&
		b.writer.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master`).Scan(&tables) == nil && tables == 0 &&
		b.writer.QueryRowContext(ctx, `PRAGMA journal_mode = DELETE`).Scan(&mode) == nil && mode == "delete"
}

// reason leaves the path out of an error about a file: whoever reports it has
// said it.
func reason(err error) error {
	if wrong := (*fs.PathError)(nil); errors.As(err, &wrong) {
		return wrong.Err
	}
	return err
}
