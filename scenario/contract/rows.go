package contract

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// readLines takes an order from each line that is not empty.
func (r *ordersReader) readLines(text io.Reader, orders *sale.Orders) error {
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, maxJSON)
	number := 0
	for lines.Scan() {
		number++
		if line := lines.Text(); strings.TrimSpace(line) != "" {
			if err := r.row(orders, nil, line); err != nil {
				return fmt.Errorf("line %d: %w", number, err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("line %d: want at most %d KiB", number+1, maxJSON>>10)
	}
	return nil
}

// readCSV takes an order from each record (RFC 4180). Columns are known by number,
// or by the names in the first line.
func (r *ordersReader) readCSV(text io.Reader, orders *sale.Orders) error {
	records := csv.NewReader(text)
	records.FieldsPerRecord, records.ReuseRecord = -1, true
	columns, err := r.columns(records)
	if err != nil {
		return err
	}
	for {
		record, err := records.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return wordedCSV(err)
		}
		row := make([]string, len(columns))
		for i, column := range columns {
			if column >= len(record) {
				line, _ := records.FieldPos(0)
				return fmt.Errorf("line %d: want column %s for %s, and there are %d columns", line, r.named[i], r.fields[i], len(record))
			}
			row[i] = record[column]
		}
		orders.Rows = append(orders.Rows, row)
	}
}

// columns are the places of the columns, from 0.
func (r *ordersReader) columns(records *csv.Reader) ([]int, error) {
	columns := make([]int, len(r.named))
	if columnNumber(r.named[0]) > 0 {
		for i, name := range r.named {
			columns[i] = columnNumber(name) - 1
		}
		return columns, nil
	}
	header, err := records.Read()
	if err == io.EOF {
		return nil, errors.New("there is nothing, not even a line with the names of the columns")
	}
	if err != nil {
		return nil, wordedCSV(err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff") // spreadsheets write it
	for i, name := range r.named {
		columns[i] = slices.Index(header, name)
		if columns[i] < 0 || slices.Contains(header[columns[i]+1:], name) {
			return nil, fmt.Errorf("line 1: want one column %s for %s; there are: %s", quoted(name), r.fields[i], quoted(strings.Join(header, ",")))
		}
	}
	return columns, nil
}

func wordedCSV(err error) error {
	if wrong := (*csv.ParseError)(nil); errors.As(err, &wrong) {
		return fmt.Errorf("line %d: is no CSV: %w", wrong.Line, wrong.Err)
	}
	return err
}

// columnNumber is the number of a column, from 1; 0: the text is a name.
func columnNumber(text string) int {
	n, whole := wholeNumber(text)
	if !whole || n < 1 || n > 9999 {
		return 0
	}
	return int(n)
}
