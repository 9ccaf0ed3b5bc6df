package order

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// postgresMark is the comment on the tables, by which a book knows its own again.
const postgresMark = "of the order book of seckill"

// postgresTables makes the tables. A buyer can have one order of an item where
// that is promised, else one for each request.
const postgresTables = `
CREATE TABLE seckill_stock (
	item text PRIMARY KEY, units bigint NOT NULL CHECK (units >= 0));
COMMENT ON TABLE seckill_stock IS '` + postgresMark + `';
CREATE TABLE seckill_orders (
	item text NOT NULL, buyer text NOT NULL, request text NOT NULL, once_per_buyer boolean NOT NULL,
	quantity bigint NOT NULL CHECK (quantity > 0), written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (item, buyer, request));
CREATE UNIQUE INDEX seckill_orders_once ON seckill_orders (item, buyer) WHERE once_per_buyer;
COMMENT ON TABLE seckill_orders IS '` + postgresMark + `'`

// postgresLock keeps two runs from making or dropping the tables at once.
const postgresLock = `SELECT pg_advisory_xact_lock(7382915046)`

const (
	// connectTimeout is how long a connection may take that the URL sets no time for.
	connectTimeout = 10 * time.Second
	// startingPoll is how often a server that is starting is asked again.
	startingPoll = 50 * time.Millisecond
)

// A postgresBook is a book in a PostgreSQL database.
type postgresBook struct {
	Options
	name   string
	config *pgxpool.Config
	pool   *pgxpool.Pool
}

func openPostgres(ctx context.Context, name string, o Options) (Book, error) {
	config, err := parsePostgres(name)
	if err != nil {
		return nil, fmt.Errorf("order book postgres://…: %w", err)
	}
	config.MaxConns = int32(min(o.Workers, 1<<15))
	config.MinConns, config.MinIdleConns = min(config.MinConns, config.MaxConns), 0
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "seckill"
	}
	b := &postgresBook{Options: o, name: place(config.ConnConfig), config: config}
	if b.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, b.wrong(err)
	}
	if err := b.pool.Ping(ctx); err != nil {
		b.pool.Close()
		return nil, b.wrong(err)
	}
	return b, nil
}

// parsePostgres reads the URL. What is wrong with a bad one is kept back: it would
// be shown with the URL. A URL that is recorded loses the password before the @,
// so it must be there and nowhere else.
func parsePostgres(name string) (*pgxpool.Config, error) {
	u, err := url.Parse(name)
	if err != nil || u.Fragment != "" || strings.Contains(u.Path, "@") {
		return nil, errors.New("cannot be read (special characters in a password must be percent-encoded); want postgres://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	for key := range u.Query() {
		if key == "password" || key == "sslpassword" {
			return nil, fmt.Errorf("%s: want the password before the @, in PGPASSWORD or in ~/.pgpass", key)
		}
	}
	config, err := pgxpool.ParseConfig(name)
	if err != nil {
		return nil, errors.New("is no URL of a PostgreSQL; want postgres://USER:PASSWORD@HOST:PORT/DATABASE, and after ? only settings that it knows")
	}
	return config, nil
}

// place is where a connection leads, made of the parts that are no secret.
func place(c *pgx.ConnConfig) string {
	u := url.URL{Scheme: "postgres", Path: "/" + c.Database, Host: net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))}
	if network, _ := pgconn.NetworkAddress(c.Host, c.Port); network == "unix" {
		u.Host, u.RawQuery = "", url.Values{"host": {c.Host}, "port": {strconv.Itoa(int(c.Port))}}.Encode()
	}
	if c.User != "" {
		u.User = url.User(c.User)
	}
	return u.String()
}

func (b *postgresBook) wrong(err error) error {
	return fmt.Errorf("order book %s: %s", b.name, line(err.Error()))
}

func (b *postgresBook) String() string { return b.name }

// Close waits for the orders that are being written, and up to 15 s for a server
// that is silent to let go of a connection.
func (b *postgresBook) Close() error {
	b.pool.Close()
	return nil
}

func (b *postgresBook) Open(ctx context.Context, items []sale.Item) error {
	return b.transact(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		there, err := b.ours(ctx, tx)
		if err == nil && !there {
			_, err = tx.Exec(ctx, postgresTables, pgx.QueryExecModeSimpleProtocol) // which takes several statements
		}
		if err != nil {
			return err
		}
		var known string
		err = tx.QueryRow(ctx, `SELECT item FROM seckill_stock WHERE item = ANY ($1) UNION SELECT item FROM seckill_orders WHERE item = ANY ($1) LIMIT 1`,
			ids(items)).Scan(&known)
		if err == nil {
			return fmt.Errorf("it knows the item %q already", known)
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		units := make([]int64, len(items))
		for i := range items {
			units[i] = items[i].Stock
		}
		_, err = tx.Exec(ctx, `INSERT INTO seckill_stock (item, units) SELECT * FROM unnest($1::text[], $2::bigint[])`, ids(items), units)
		return err
	})
}

// ours reports whether the tables are there. Tables of their names that are
// somebody else's are an error. It holds the lock of those who make and drop
// them until the transaction ends.
func (b *postgresBook) ours(ctx context.Context, tx pgx.Tx) (bool, error) {
	if _, err := tx.Exec(ctx, postgresLock); err != nil {
		return false, err
	}
	found := 0
	for _, table := range []string{"seckill_stock", "seckill_orders"} {
		var comment *string
		err := tx.QueryRow(ctx, `SELECT obj_description(oid, 'pg_class') FROM pg_class WHERE oid = to_regclass($1)`, table).Scan(&comment)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			continue
		case err != nil:
			return false, err
		case comment == nil || *comment != postgresMark:
			return false, notOurs(table)
		}
		found++
	}
	if found == 1 {
		return false, errors.New("of its two tables one is missing")
	}
	return found > 0, nil
}

// transact does something in one transaction, over a connection of its own: those
// of the pool may be of a server that was killed since.
func (b *postgresBook) transact(ctx context.Context, o pgx.TxOptions, do func(pgx.Tx) error) error {
	conn, err := b.connect(ctx)
	if err != nil {
		return b.wrong(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := pgx.BeginTxFunc(ctx, conn, o, do); err != nil {
		return b.wrong(err)
	}
	return nil
}

// Read sees both tables as of one moment.
func (b *postgresBook) Read(ctx context.Context, item sale.Item) (booked *sale.Booked, err error) {
	oneMoment := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = b.transact(ctx, oneMoment, func(tx pgx.Tx) (err error) {
		booked, err = readPostgres(ctx, tx, item)
		return err
	})
	return booked, err
}

// connect waits while the server says that it is starting.
func (b *postgresBook) connect(ctx context.Context) (*pgx.Conn, error) {
	for {
		conn, err := pgx.ConnectConfig(ctx, b.config.ConnConfig.Copy())
		if said := (*pgconn.PgError)(nil); !errors.As(err, &said) || said.Code != cannotConnectNow {
			return conn, err
		}
		select {
		case <-time.After(startingPoll):
		case <-ctx.Done():
			return nil, err
		}
	}
}

func readPostgres(ctx context.Context, tx pgx.Tx, item sale.Item) (*sale.Booked, error) {
	booked := &sale.Booked{Orders: sale.Orders{Fields: fields()}}
	var left int64
	switch err := tx.QueryRow(ctx, `SELECT units FROM seckill_stock WHERE item = $1`, item.ID).Scan(&left); {
	case err == nil:
		booked.Left = &left
	case !errors.Is(err, pgx.ErrNoRows):
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT buyer, request, quantity, (extract(epoch FROM written_at) * 1000000)::bigint FROM seckill_orders WHERE item = $1`, item.ID)
	if err != nil {
		return nil, err
	}
	var buyer, request string
	var quantity, written int64
	_, err = pgx.ForEachRow(rows, []any{&buyer, &request, &quantity, &written}, func() error {
		booked.Orders.Rows = append(booked.Orders.Rows, row(buyer, request, quantity, written))
		return nil
	})
	return booked, err
}

// Remove takes the stock rows first: a write that still runs holds its row, and is
// waited for; one that comes later finds none.
func (b *postgresBook) Remove(ctx context.Context, items []sale.Item) error {
	return b.transact(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		there, err := b.ours(ctx, tx)
		if err != nil || !there {
			return err
		}
		for _, table := range []string{"seckill_stock", "seckill_orders"} {
			if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE item = ANY ($1)`, ids(items)); err != nil {
				return err
			}
		}
		var others bool
		err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM seckill_stock) OR EXISTS (SELECT FROM seckill_orders)`).Scan(&others)
		if err != nil || others {
			return err
		}
		_, err = tx.Exec(ctx, `DROP TABLE seckill_stock, seckill_orders`)
		return err
	})
}
