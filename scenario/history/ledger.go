package history

import (
	"math"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// maxRows bounds the rows of the files that are not segments.
const maxRows = math.MaxUint32

// An eventRow is an event as events.parquet holds it.
type eventRow struct {
	At    int64  `parquet:"at_ns"`
	Until int64  `parquet:"until_ns"`
	Kind  string `parquet:"kind,dict"`
	Text  string `parquet:"text"`
	Item  uint32 `parquet:"item,dict"`
	Units int64  `parquet:"units"`
}

func rowOf(e *Event) eventRow {
	return eventRow{e.At, e.Until, e.Kind, e.Text, uint32(e.Item), e.Units}
}

func decodeEvents(file []byte) (events []Event, err error) {
	err = new(table).decode(file, maxRows, func(t *table) {
		setInts(t, &events, wide("at_ns"), func(e *Event, v int64) { e.At = v })
		setInts(t, &events, wide("until_ns"), func(e *Event, v int64) { e.Until = v })
		setTexts(t, &events, wide("kind"), verbatim, func(e *Event, s string) { e.Kind = s })
		setTexts(t, &events, wide("text"), verbatim, func(e *Event, s string) { e.Text = s })
		setInts(t, &events, &column{name: "item", high: math.MaxUint16}, func(e *Event, v int64) { e.Item = uint16(v) })
		setInts(t, &events, wide("units"), func(e *Event, v int64) { e.Units = v })
	})
	return events, err
}

// A holdingRow is a line of the server's ledger as ledger.parquet holds it.
type holdingRow struct {
	Item  uint32 `parquet:"item,dict"`
	Buyer string `parquet:"buyer,delta"`
	Units int64  `parquet:"units"`
}

func encodeLedger(audits []sale.Audit) ([]byte, error) {
	e := newEncoder[holdingRow]()
	var rows []holdingRow
	for item, audit := range audits {
		for h := range audit.All() {
			rows = append(rows, holdingRow{uint32(item), h.Buyer, h.Units})
			if len(rows) == rowsAtOnce {
				if err := e.write(rows); err != nil {
					return nil, err
				}
				rows = rows[:0]
			}
		}
	}
	if err := e.write(rows); err != nil {
		return nil, err
	}
	return e.finish()
}

// decodeLedger gives each audit its entries, in as little room as can be: a ledger
// may be as long as the record. So they are taken out a row group at a time.
func decodeLedger(file []byte, audits []sale.Audit, ids sale.BuyerIDs) error {
	var rows []holdingRow
	return new(table).decode(file, maxRows, func(t *table) {
		rows, t.first = rows[:0], 0
		item := &column{name: "item", high: int64(len(audits)) - 1}
		setInts(t, &rows, item, func(r *holdingRow, v int64) { r.Item = uint32(v) })
		setTexts(t, &rows, wide("buyer"), verbatim, func(r *holdingRow, s string) { r.Buyer = s })
		setInts(t, &rows, wide("units"), func(r *holdingRow, v int64) { r.Units = v })
		if t.err != nil {
			return
		}
		for _, r := range rows {
			a := &audits[r.Item]
			if n, known := ids.Number(r.Buyer); known && r.Units == 1 {
				a.Singles.IDs, a.Singles.Numbers = ids, append(a.Singles.Numbers, n)
			} else {
				a.Holdings = append(a.Holdings, sale.Holding{Buyer: r.Buyer, Units: r.Units})
			}
		}
	})
}

// wide is a column that may hold anything.
func wide(name string) *column {
	return &column{name: name, low: math.MinInt64, high: math.MaxInt64}
}

func verbatim(text string) (string, error) { return text, nil }
