package history

import (
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// orderItem is the column of orders.parquet with the number of the item; the
// others are the fields of an order.
const orderItem = "item_number"

// ordersSchema is that of orders.parquet for the given fields.
func ordersSchema(fields []string) *parquet.Schema {
	group := parquet.Group{orderItem: parquet.Uint(32)}
	for _, field := range fields {
		group[field] = parquet.Encoded(parquet.String(), &parquet.DeltaLengthByteArray)
	}
	return parquet.NewSchema("order", group)
}

// orderFields are the fields of the first table of orders; false where no audit
// has one.
func orderFields(audits []sale.Audit) ([]string, bool) {
	for i := range audits {
		if audits[i].Orders != nil {
			return audits[i].Orders.Fields, true
		}
	}
	return nil, false
}

// encodeOrders writes the orders of all audits, which have the same fields.
func encodeOrders(audits []sale.Audit, fields []string) ([]byte, error) {
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
		if audits[item].Orders == nil {
			continue
		}
		for _, order := range audits[item].Orders.Rows {
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

// An orderRow is a row of orders.parquet.
type orderRow struct {
	item   uint32
	values []string
}

// decodeOrders gives each audit that has a table of orders its rows.
func decodeOrders(file []byte, audits []sale.Audit, fields []string) error {
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
		if orders := audits[r.item].Orders; orders != nil && slices.Equal(orders.Fields, fields) {
			orders.Rows = append(orders.Rows, r.values)
		}
	}
	return nil
}
