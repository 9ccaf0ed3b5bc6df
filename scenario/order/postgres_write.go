package order

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// What PostgreSQL calls its errors (its manual's appendix A).
const (
	uniqueViolation   = "23505"
	completionUnknown = "40003"
	cannotConnectNow  = "57P03"
	// connectionClass is of connections that failed, interventionClass of those
	// that an operator or a crash has ended.
	connectionClass   = "08"
	interventionClass = "57P"
)

// Write waits for a connection, for the server and for its disk while ctx lasts.
func (b *postgresBook) Write(ctx context.Context, o Order) (sale.Outcome, string) {
	tx, err := b.pool.Begin(ctx)
	if err != nil {
		return sale.Failed, line(err.Error())
	}
	outcome, text := b.insert(ctx, tx, o)
	if outcome != sale.OK {
		tx.Rollback(ctx) // where it fails the connection is closed, and the server rolls back
		return outcome, text
	}
	if err := cannotSend(ctx, tx); err != nil {
		tx.Rollback(ctx)
		return sale.Failed, line(err.Error())
	}
	if err := tx.Commit(ctx); err != nil {
		return committed(err), line(err.Error())
	}
	return sale.OK, ""
}

// cannotSend says why a COMMIT will certainly not be sent. The library's own
// word on that (SafeToRetry) is not asked afterwards: it calls a connection
// closed that was lost while the COMMIT was on its way.
func cannotSend(ctx context.Context, tx pgx.Tx) error {
	if tx.Conn().IsClosed() {
		return errors.New("the connection was lost before the commit")
	}
	return ctx.Err()
}

// insert does all of a transaction but its end. Whatever it answers but OK,
// nothing is written: no COMMIT was sent. The stock row, for which all wait, is
// taken last, so that it is held for as short as can be.
func (b *postgresBook) insert(ctx context.Context, tx pgx.Tx, o Order) (sale.Outcome, string) {
	_, err := tx.Exec(ctx, `INSERT INTO seckill_orders (item, buyer, request, once_per_buyer, quantity) VALUES ($1, $2, $3, $4, $5)`,
		o.Item, o.Buyer, o.Request, b.OncePerBuyer, o.Quantity)
	if said := (*pgconn.PgError)(nil); errors.As(err, &said) && said.Code == uniqueViolation && said.TableName == "seckill_orders" {
		return sale.Duplicate, line(err.Error())
	}
	if err != nil {
		return sale.Failed, line(err.Error())
	}
	tag, err := tx.Exec(ctx, `UPDATE seckill_stock SET units = units - $1 WHERE item = $2 AND units >= $1`, o.Quantity, o.Item)
	if err != nil {
		return sale.Failed, line(err.Error())
	}
	if tag.RowsAffected() == 1 {
		return sale.OK, ""
	}
	var left int64
	switch err := tx.QueryRow(ctx, `SELECT units FROM seckill_stock WHERE item = $1`, o.Item).Scan(&left); {
	case errors.Is(err, pgx.ErrNoRows):
		return sale.Failed, noItem(o.Item)
	case err != nil:
		return sale.Failed, line(err.Error())
	}
	return sale.SoldOut, tooFew(left, o.Quantity)
}

// committed is what a COMMIT that failed has done. Nothing is written where the
// server answered with a ROLLBACK, and where it answered with an error after
// which the session goes on: PostgreSQL raises none once the commit is in its log. An error that ends the session (FATAL, PANIC) may come
// after that, and so may what a proxy says of a connection that it lost.
func committed(err error) sale.Outcome {
	said := (*pgconn.PgError)(nil)
	switch {
	case errors.Is(err, pgx.ErrTxCommitRollback):
		return sale.Failed
	case !errors.As(err, &said):
		return sale.Indeterminate
	case said.SeverityUnlocalized != "ERROR" || said.Code == completionUnknown:
		return sale.Indeterminate
	case strings.HasPrefix(said.Code, connectionClass), strings.HasPrefix(said.Code, interventionClass):
		return sale.Indeterminate
	}
	return sale.Failed
}
