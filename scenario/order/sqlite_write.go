package order

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// Write waits for its turn, which ctx may end, and for the disk, which it may
// not: a COMMIT that was begun is heard to its end.
func (b *sqliteBook) Write(ctx context.Context, o Order) (sale.Outcome, string) {
	conn, err := b.writer.Conn(ctx)
	if err != nil {
		return sale.Failed, line(err.Error())
	}
	defer conn.Close()
	outcome, text := b.insert(ctx, conn, o)
	if outcome == sale.OK {
		err := execute(context.WithoutCancel(ctx), conn, "COMMIT")
		if err == nil {
			return sale.OK, ""
		}
		outcome, text = commitFate(err), line(err.Error())
	}
	if !rollBack(conn) && outcome != sale.Indeterminate {
		text = line(text + " (and the connection was given up, for it could not roll back)")
	}
	return outcome, text
}

// insert does all of a transaction but its end. Whatever it answers but OK,
// nothing is written: there was no COMMIT.
func (b *sqliteBook) insert(ctx context.Context, conn *sql.Conn, o Order) (sale.Outcome, string) {
	err := execute(ctx, conn, "BEGIN IMMEDIATE") // or another program could write in between
	if err == nil {
		err = execute(ctx, conn, `INSERT INTO seckill_orders (item, buyer, request, once_per_buyer, quantity, written_at) VALUES (?, ?, ?, ?, ?, ?)`,
			o.Item, o.Buyer, o.Request, b.OncePerBuyer, o.Quantity, time.Now().UnixMicro())
	}
	if code := sqliteCode(err); code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY {
		return sale.Duplicate, line(err.Error())
	}
	if err != nil {
		return sale.Failed, line(err.Error())
	}
	result, err := conn.ExecContext(ctx, `UPDATE seckill_stock SET units = units - ?1 WHERE item = ?2 AND units >= ?1`, o.Quantity, o.Item)
	if err != nil {
		return sale.Failed, line(err.Error())
	}
	if taken, _ := result.RowsAffected(); taken == 1 {
		return sale.OK, ""
	}
	var left int64
	switch err := conn.QueryRowContext(ctx, `SELECT units FROM seckill_stock WHERE item = ?`, o.Item).Scan(&left); {
	case errors.Is(err, sql.ErrNoRows):
		return sale.Failed, noItem(o.Item)
	case err != nil:
		return sale.Failed, line(err.Error())
	}
	return sale.SoldOut, tooFew(left, o.Quantity)
}

// commitFate is what a COMMIT that failed has done. A file that another program
// holds was not written to. After any other error what was to be synced may be
// on the disk all the same, for whoever recovers the file next to find.
func commitFate(err error) sale.Outcome {
	if sqliteCode(err)&0xff == sqlite3.SQLITE_BUSY {
		return sale.Failed
	}
	return sale.Indeterminate
}

// rollBack ends a transaction. A connection that cannot is given up, and that
// ends it as well.
func rollBack(conn *sql.Conn) bool {
	err := execute(context.Background(), conn, "ROLLBACK")
	if err == nil || sqliteCode(err) == sqlite3.SQLITE_ERROR { // SQLite has rolled back by itself
		return true
	}
	conn.Raw(func(any) error { return driver.ErrBadConn })
	return false
}

func execute(ctx context.Context, conn *sql.Conn, statement string, args ...any) error {
	_, err := conn.ExecContext(ctx, statement, args...)
	return err
}

// sqliteCode is the extended result code of an error; 0 where it has none.
func sqliteCode(err error) int {
	if wrong := (*sqlite.Error)(nil); errors.As(err, &wrong) {
		return wrong.Code()
	}
	return 0
}
