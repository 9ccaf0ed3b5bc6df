package history

import (
	"path/filepath"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A buyerRow is a line of buyers.parquet: the ids of buyers that somebody
// listed, in the order of their numbers.
type buyerRow struct {
	ID string `parquet:"id,delta"`
}

func encodeBuyers(ids []string) ([]byte, error) {
	e := newEncoder[buyerRow]()
	rows := make([]buyerRow, 0, rowsAtOnce)
	for i, id := range ids {
		if rows = append(rows, buyerRow{id}); len(rows) == rowsAtOnce || i == len(ids)-1 {
			if err := e.write(rows); err != nil {
				return nil, err
			}
			rows = rows[:0]
		}
	}
	return e.finish()
}

func decodeBuyers(file []byte) (ids []string, err error) {
	var rows []string
	err = new(table).decode(file, maxRows, func(t *table) {
		setTexts(t, &rows, wide("id"), verbatim, func(id *string, s string) { *id = s })
	})
	return rows, err
}

// readBuyers gives a head the ids that stand beside it, where they were listed.
func readBuyers(dir string, head *Head) error {
	if head.BuyerIDs.File == "" {
		return nil
	}
	return readWhole(filepath.Join(dir, buyersFile), func(file []byte) error {
		ids, err := decodeBuyers(file)
		if err != nil {
			return err
		}
		head.BuyerIDs, err = head.BuyerIDs.Listed(ids)
		return err
	})
}

// writeBuyers writes the ids of buyers where they were listed.
func (f *Folder) writeBuyers(ids sale.BuyerIDs) error {
	if ids.List() == nil {
		return nil
	}
	file, err := encodeBuyers(ids.List())
	return f.write(buyersFile, file, err)
}
