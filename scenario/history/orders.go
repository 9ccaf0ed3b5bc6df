package history

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// orderItem is the column of orders.parquet and booked.parquet with the number of
// the item; the others are the fields of an order.
const orderItem = "item_number"

// tableOf is a table of orders of an audit; nil: it has none.
type tableOf func(*sale.Audit) *sale.Orders

// ordersOf is what the contract reads, bookedOf what the order book holds.
func ordersOf(a *sale.Audit) *sale.Orders { return a.Orders }

func bookedOf(a *sale.Audit) *sale.Orders {
	if a.Booked == nil {
		return nil
	}
	return &a.Booked.Orders
}

// orderTables are the files with a table of orders, and where their rows belong.
var orderTables = []struct {
	file string
	of   tableOf
}{{ordersFile, ordersOf}, {bookedFile, bookedOf}}

// ordersSchema is that of a file of orders for the given fields.
func ordersSchema(fields []string) *parquet.Schema {
	group := parquet.Group{orderItem: parquet.Uint(32)}
	for _, field := range fields {
		group[field] = parquet.Encoded(parquet.String(), &parquet.DeltaLengthByteArray)
	}
	return parquet.NewSchema("order", group)
}

// orderFields are the fields of the first table of orders; false where no audit
// has one.
func orderFields(audits []sale.Audit, of tableOf) ([]string, bool) {
	for i := range audits {
		if table := of(&audits[i]); table != nil {
			return table.Fields, true
		}
	}
	return nil, false
}

// encodeOrders writes the orders of all audits, which have the same fields.
func encodeOrders(audits []sale.Audit, fields []string, of tableOf) ([]byte, error) {
	schema := ordersSchema(fields)
	e := newEncoder[any](schema)
	place := make([]int, len(fields))
	for i, field := range fields {
		leaf, _ := schema.Lookup(field)
		place[i] = leaf.ColumnIndex
	}
	number, _ := schema.Lookup(orderItem)
	row := make(parquet.Row, len(fields)+1)
	for item := range audits {
		table := of(&audits[item])
		if table == nil {
			continue
		}
		for _, order := range table.Rows {
			row[number.ColumnIndex] = parquet.Int32Value(int32(item)).Level(0, 0, number.ColumnIndex)
			for i, value := range order {
				row[place[i]] = parquet.ByteArrayValue([]byte(value)).Level(0, 0, place[i])
			}
			if _, err := e.writer.WriteRows([]parquet.Row{row}); err != nil {
				return nil, err
			}
		}
	}
	return e.finish()
}

// An orderRow is a row of a file of orders.
type orderRow struct {
	item   uint32
	values []string
}

// decodeOrders gives each audit that has a table of orders its rows.
func decodeOrders(file []byte, audits []sale.Audit, fields []string, of tableOf) error {
	var rows []orderRow
	err := new(table).decode(file, maxRows, func(t *table) {
		item := &column{name: orderItem, high: min(int64(len(audits))-1, math.MaxUint16)}
		setInts(t, &rows, item, func(r *orderRow, v int64) {
			r.item, r.values = uint32(v), make([]string, len(fields))
		})
		for i, field := range fields {
			setTexts(t, &rows, wide(field), verbatim, func(r *orderRow, s string) { r.values[i] = s })
		}
	})
	if err != nil {
		return err
	}
	for _, r := range rows {
		orders := of(&audits[r.item])
		if orders == nil {
			return fmt.Errorf("it has an order of item %d, whose audit found no table of them", r.item)
		}
		orders.Rows = append(orders.Rows, r.values)
	}
	return nil
}

// sameOrders refuses audits of one sale of which some have a table of orders and
// others none, unless something could not be read; and tables of different
// fields.
func sameOrders(audits []sale.Audit, of tableOf) error {
	fields, has := orderFields(audits, of)
	if !has {
		return nil
	}
	for i := range audits {
		switch orders := of(&audits[i]); {
		case orders == nil && len(audits[i].Problems) == 0:
			return fmt.Errorf("item %d has no orders, and others have", i)
		case orders != nil && !slices.Equal(orders.Fields, fields):
			return fmt.Errorf("the orders of item %d have other fields than those of others", i)
		}
	}
	return nil
}

// bookFields are those that an order book has, whatever else it has besides.
var bookFields = []string{"buyer", "request", "qty"}

// isBook refuses a table that is none of an order book: the orders in it are held
// against purchases by these fields.
func isBook(audits []sale.Audit) error {
	fields, has := orderFields(audits, bookedOf)
	for i, name := range fields {
		if name == orderItem || slices.Contains(fields[:i], name) {
			return fmt.Errorf("the order book has a field %q too many", name)
		}
	}
	for _, name := range bookFields {
		if has && !slices.Contains(fields, name) {
			return fmt.Errorf("the order book has no field %q", name)
		}
	}
	return nil
}

// wholeQuantities refuses orders whose quantity is no whole number.
func wholeQuantities(audits []sale.Audit) error {
	for i := range audits {
		if audits[i].Booked == nil {
			continue
		}
		orders := &audits[i].Booked.Orders
		at := slices.Index(orders.Fields, "qty")
		for _, row := range orders.Rows {
			if _, err := strconv.ParseInt(row[at], 10, 64); err != nil {
				return fmt.Errorf("an order of %q units: want a whole number", row[at])
			}
		}
	}
	return nil
}
