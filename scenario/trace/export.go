package trace

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// Export writes the attempts of a history into a new file, .csv, .jsonl or .parquet
// by its ending, and what was left into another, so that Read and ReadAccount give the
// same sale again. Instants are nanoseconds from the opening of the doors.
//
// What the server counted, how long things took the driver, and what the scenario
// said are not in them: no verdict rests on those.
func Export(path, account string, h *history.History) (err error) {
	write := map[string]func(io.Writer, *history.History) error{csvFile: writeCSV, jsonFile: writeJSON, parquetFile: writeParquet}[strings.ToLower(filepath.Ext(path))]
	if write == nil {
		return fmt.Errorf("%s: want a file whose name ends in %s, %s or %s", path, csvFile, jsonFile, parquetFile)
	}
	if err := exportable(h); err != nil {
		return err
	}
	rows, err := create(path)
	if err != nil {
		return err
	}
	left, err := create(account)
	if err != nil {
		rows.discard()
		return err
	}
	if err = errors.Join(rows.write(func(w io.Writer) error { return write(w, h) }), left.write(func(w io.Writer) error { return writeAccount(w, h) })); err != nil {
		rows.discard()
		left.discard()
	}
	return err
}

// A newFile is a file that was not there before.
type newFile struct{ *os.File }

func create(path string) (newFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return newFile{}, fmt.Errorf("%s exists, and is not written over", path)
	}
	return newFile{f}, err
}

func (f newFile) write(write func(io.Writer) error) error {
	buffered := bufio.NewWriter(f)
	err := write(buffered)
	return errors.Join(err, buffered.Flush(), f.Close())
}

func (f newFile) discard() {
	f.Close()
	os.Remove(f.Name())
}

// exportable refuses what JSON cannot hold.
func exportable(h *history.History) error {
	if h.Tail == nil {
		return nil
	}
	for i := range h.Tail.Audits {
		for holding := range h.Tail.Audits[i].All() {
			if !utf8.ValidString(holding.Buyer) {
				return fmt.Errorf("the id %q in the ledger is no UTF-8, which JSON cannot hold", holding.Buyer)
			}
		}
		if orders := h.Tail.Audits[i].Orders; orders != nil {
			for _, row := range orders.Rows {
				for _, value := range row {
					if !utf8.ValidString(value) {
						return fmt.Errorf("the value %q in an order is no UTF-8, which JSON cannot hold", value)
					}
				}
			}
		}
	}
	return nil
}

func eachRow(h *history.History, do func(*history.TraceRow) error) error {
	for some, err := range h.Batches() {
		if err != nil {
			return err
		}
		for i := range some {
			if some[i].Verb == sale.Read {
				continue // it is none of the sale's
			}
			row := h.TraceRow(&some[i])
			if err := do(&row); err != nil {
				return err
			}
		}
	}
	return nil
}

var csvHeader = []string{"buyer", "request", "item", "verb", "quantity", "try", "due_ns", "call_ns", "return_ns", "outcome", "granted", "left", "defect", "reply", "receipt"}

func writeCSV(w io.Writer, h *history.History) error {
	out := csv.NewWriter(w)
	if err := out.Write(csvHeader); err != nil {
		return err
	}
	number := func(n *int64) string {
		if n == nil {
			return ""
		}
		return strconv.FormatInt(*n, 10)
	}
	err := eachRow(h, func(r *history.TraceRow) error {
		return out.Write([]string{
			r.Buyer, r.Request, r.Item, r.Verb, strconv.Itoa(int(r.Quantity)), strconv.Itoa(int(r.Try)), number(r.Due), number(r.Call), number(r.Return),
			r.Outcome, strconv.Itoa(int(r.Granted)), number(r.Left), r.Defect, r.Reply, r.Receipt,
		})
	})
	out.Flush()
	return errors.Join(err, out.Error())
}

func writeJSON(w io.Writer, h *history.History) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	return eachRow(h, func(r *history.TraceRow) error {
		if !utf8.ValidString(r.Buyer) {
			return fmt.Errorf("the id %q is no UTF-8, which JSON cannot hold; want .csv or .parquet", r.Buyer)
		}
		return out.Encode(r)
	})
}

func writeParquet(w io.Writer, h *history.History) error {
	e := history.NewTraceEncoder()
	var rows []history.TraceRow
	err := eachRow(h, func(r *history.TraceRow) error {
		if rows = append(rows, *r); len(rows) < 256 {
			return nil
		}
		err := e.Write(rows)
		rows = rows[:0]
		return err
	})
	if err == nil {
		err = e.Write(rows)
	}
	if err != nil {
		return err
	}
	file, err := e.Finish()
	if err != nil {
		return err
	}
	_, err = w.Write(file)
	return err
}

// writeAccount writes what was left.
func writeAccount(w io.Writer, h *history.History) error {
	var file accountFile
	for i, item := range h.Head.Items {
		one := itemFile{ID: item.ID, Opened: &h.Head.Items[i].Stock, Opens: item.Opens, Closes: item.Closes}
		if h.Tail != nil && i < len(h.Tail.Audits) {
			one.tells(&h.Tail.Audits[i])
		}
		file.Items = append(file.Items, one)
	}
	for _, e := range h.Events {
		one := eventFile{Kind: e.Kind, At: e.At, Until: &e.Until, Units: e.Units, Text: e.Text}
		if e.Until == history.Never {
			one.Until = nil
		}
		if int(e.Item) < len(h.Head.Items) {
			one.Item = h.Head.Items[e.Item].ID
		}
		file.Events = append(file.Events, one)
	}
	if file.Incomplete = h.Tail == nil; h.Tail != nil {
		reads, err := readsOf(h)
		if err != nil {
			return err
		}
		sent := h.Tail.Attempts - reads
		file.Sent, file.Ended, file.Differ, file.Undone, file.Foreign = &sent, h.Tail.Ended, h.Tail.AuditsDiffer, h.Tail.Undone, h.Tail.Foreign
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	return out.Encode(&file)
}

func (f *itemFile) tells(a *sale.Audit) {
	f.Stock, f.Problems = a.Stock, a.Problems
	if a.Ledger == sale.Units || a.Ledger == sale.Presence {
		f.Buyers = &buyersFile{ledger: a.Ledger}
		for holding := range a.All() {
			f.Buyers.holdings = append(f.Buyers.holdings, holding)
		}
	}
	if a.Orders != nil {
		f.Orders = &ordersFile{*a.Orders}
	}
	if a.Booked != nil {
		f.Booked = &bookedFile{a.Booked.Left, ordersFile{a.Booked.Orders}}
	}
}

// readsOf counts the background reads of a record.
func readsOf(h *history.History) (n int64, err error) {
	for some, err := range h.Batches() {
		if err != nil {
			return 0, err
		}
		for i := range some {
			if some[i].Verb == sale.Read {
				n++
			}
		}
	}
	return n, nil
}
