package trace

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// The kinds of file that are read, by their endings.
const (
	csvFile     = ".csv"
	jsonFile    = ".jsonl"
	parquetFile = ".parquet"
)

// Read reads the rows of one sale out of files: .csv (.jtl), .jsonl (.ndjson) and
// .parquet, or folders and patterns of them. An error names the file, the line (of
// Parquet the row) and the column, and what was expected.
func Read(paths []string, o Options) (*Trace, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	r := &reader{Options: o, t: &Trace{texts: new(history.Texts), itemless: o.Item == ""}, buyers: map[string]uint32{}, requests: map[string]uint32{}, items: map[string]uint16{}}
	var err error
	if r.assigned, err = parseColumns(o.Columns); err != nil {
		return nil, err
	}
	if o.Outcome != "" {
		if r.mapping, err = parseMapping(o.Outcome); err != nil {
			return nil, err
		}
	}
	files, err := expand(paths)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if err := r.read(file); err != nil {
			return nil, err
		}
	}
	return r.finish(files)
}

// expand lists the files that paths, patterns and folders stand for.
func expand(paths []string) (files []string, err error) {
	for _, path := range paths {
		some := []string{path}
		info, err := os.Stat(path)
		switch {
		case err == nil && info.IsDir():
			if some, _ = filepath.Glob(filepath.Join(path, "*"+parquetFile)); len(some) == 0 {
				return nil, fmt.Errorf("%s: there is no file whose name ends in %s in this folder", path, parquetFile)
			}
		case err != nil && strings.ContainsAny(path, "*?["):
			if some, err = filepath.Glob(path); err != nil || len(some) == 0 {
				return nil, fmt.Errorf("%s: there is no such file", path)
			}
		case err != nil:
			return nil, err
		}
		files = append(files, some...)
	}
	for i, file := range files {
		if slices.Contains(files[:i], file) {
			return nil, fmt.Errorf("%s is named twice", file)
		}
	}
	return files, nil
}

// A reader turns rows into attempts.
type reader struct {
	Options
	assigned []assignment
	mapping  *mapping
	t        *Trace

	file  string
	files int64
	bound *binding
	fine  fineness

	buyers   map[string]uint32
	requests map[string]uint32
	items    map[string]uint16
	// nameless is whether a row named no request, and plain whether all that did
	// named a number as we count them.
	nameless, unplain bool
	next              uint32
	// seen are the rows that were there, by what is in them.
	seen map[uint64]uint64
}

func (r *reader) read(file string) (err error) {
	r.file, r.bound, r.fine = file, nil, fineness{}
	switch strings.ToLower(filepath.Ext(file)) {
	case csvFile, ".jtl":
		err = r.readCSV(file)
	case jsonFile, ".ndjson":
		err = r.readJSON(file)
	case parquetFile:
		err = r.readParquet(file)
	default:
		return fmt.Errorf("%s: want a file whose name ends in %s, %s or %s", file, csvFile, jsonFile, parquetFile)
	}
	r.files++
	r.t.Told.Resolution = max(r.t.Told.Resolution, r.fine.error())
	return err
}

// finish numbers what could not be numbered before all was read.
func (r *reader) finish(files []string) (*Trace, error) {
	t := r.t
	if len(t.Attempts) == 0 {
		what := "there is no row"
		if t.Told.Skipped > 0 {
			what = fmt.Sprintf("none of the %d rows is of item %s", t.Told.Skipped, r.Item)
		}
		return nil, fmt.Errorf("%s: %s", strings.Join(files, ", "), what)
	}
	t.Told.Files, t.Told.Rows = files, int64(len(t.Attempts))
	t.Told.ClockError = int64(r.ClockError) + t.Told.Resolution
	t.Quantity = int64(t.Attempts[0].Quantity)
	for i := range t.Attempts {
		if int64(t.Attempts[i].Quantity) != t.Quantity {
			t.Quantity = 0
		}
	}
	r.numberRequests()
	return t, nil
}

// numberRequests keeps the numbers that requests have of their own, if all have one.
func (r *reader) numberRequests() {
	if len(r.requests) == 0 {
		return
	}
	ids := make([]string, r.next)
	for id, n := range r.requests {
		ids[n] = id
	}
	if r.nameless || r.unplain {
		r.t.requests = ids
		return
	}
	for i := range r.t.Attempts {
		a := &r.t.Attempts[i]
		n, _ := strconv.ParseUint(ids[a.Request], 10, 64)
		a.Request = uint32(n - 1)
	}
}

// isPlain reports whether an id is the number that we would give a request.
func isPlain(id string) bool {
	n, err := strconv.ParseUint(id, 10, 64)
	return err == nil && n >= 1 && n-1 <= math.MaxUint32 && strconv.FormatUint(n, 10) == id
}

// A row is one line of a table.
type row struct {
	columns []string
	cells   []history.Cell
	line    int64
	// place is where a column begins in the line, from 1; 0: it has no place.
	place func(column int) int
	b     *binding
}

// of is what a row has for a role.
func (w *row) of(r role) history.Cell {
	if at := w.b.at[r]; at >= 0 && at < len(w.cells) {
		return w.cells[at]
	}
	return history.Cell{}
}

// wrong says where in a row something is wrong.
func (r *reader) wrong(w *row, what role, err error) error {
	if at := w.b.at[what]; at >= 0 && at < len(w.columns) {
		if place := w.place(at); place > 0 {
			return fmt.Errorf("%s:%d:%d: %w", r.file, w.line, place, err)
		}
		return fmt.Errorf("%s:%d:%s: %w", r.file, w.line, w.columns[at], err)
	}
	return fmt.Errorf("%s:%d: %w", r.file, w.line, err)
}

// add reads a row.
func (r *reader) add(w *row) error {
	w.b = r.bound
	a := history.Attempt{Due: history.Never, Call: history.Never, Return: history.Never, Left: sale.Untold, Verb: sale.Buy}
	id := w.of(item).Text
	if r.Item != "" && id != "" && id != r.Item {
		r.t.Told.Skipped++
		return nil
	}
	if len(r.t.Attempts) == math.MaxUint32 {
		return fmt.Errorf("%s:%d: more than %d rows are not supported", r.file, w.line, uint32(math.MaxUint32))
	}
	for _, step := range []func(*row, *history.Attempt) error{r.who, r.asks, r.times} {
		if err := step(w, &a); err != nil {
			return err
		}
	}
	if copied, err := r.isCopy(w, &a); copied || err != nil {
		return err
	}
	if err := r.item(w, &a, id); err != nil {
		return err
	}
	if err := r.answer(w, &a); err != nil {
		return err
	}
	if a.Outcome == sale.Indeterminate {
		r.t.Pending++
	}
	r.t.Attempts = append(r.t.Attempts, a)
	return nil
}

// who reads the buyer.
func (r *reader) who(w *row, a *history.Attempt) error {
	id := w.of(buyer).Text
	if id == "" {
		return r.wrong(w, buyer, errors.New("the buyer is missing"))
	}
	n, known := r.buyers[id]
	if !known {
		n = uint32(len(r.t.Buyers))
		id = strings.Clone(id)
		r.buyers[id] = n
		r.t.Buyers = append(r.t.Buyers, id)
	}
	a.Buyer = n
	return nil
}

// asks reads what is asked for, and under which request.
func (r *reader) asks(w *row, a *history.Attempt) error {
	if c := w.of(verb); c.Text != "" {
		if err := a.Verb.UnmarshalText([]byte(c.Text)); err != nil {
			return r.wrong(w, verb, err)
		}
		if a.Verb == sale.Read {
			return r.wrong(w, verb, errors.New("a read is none of the sale's: leave it out"))
		}
		r.t.ordered = r.t.ordered || a.Verb == sale.PlaceOrder
	}
	units, err := r.number(w, quantity, r.Quantity, math.MinInt32, math.MaxInt32)
	if err != nil {
		return err
	}
	tries, err := r.number(w, try, 0, 0, math.MaxUint8)
	if err != nil {
		return err
	}
	a.Quantity, a.Try = int32(units), uint8(tries)
	id := w.of(request).Text
	if id == "" {
		if a.Verb != sale.Buy {
			return r.wrong(w, request, fmt.Errorf("a row that is to %s something needs the request that bought it", a.Verb))
		}
		a.Request, r.nameless = r.next, true
		r.next++
		return nil
	}
	n, known := r.requests[id]
	if !known {
		n, id = r.next, strings.Clone(id)
		r.requests[id] = n
		r.next++
		r.unplain = r.unplain || !isPlain(id)
	}
	a.Request = n
	return nil
}

// number reads a whole number; without one it is none.
func (r *reader) number(w *row, what role, none, least, most int64) (int64, error) {
	c := w.of(what)
	if c.Text == "" {
		return none, nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(c.Text), 10, 64)
	if err != nil || n < least || n > most {
		return 0, r.wrong(w, what, fmt.Errorf("%s %q: want a whole number from %d to %d", what, c.Text, least, most))
	}
	return n, nil
}

// item numbers the item.
func (r *reader) item(w *row, a *history.Attempt, id string) error {
	r.t.itemless = r.t.itemless && id == ""
	if id == "" {
		if id = r.Item; id == "" {
			id = "1"
		}
	}
	n, known := r.items[id]
	if !known {
		if len(r.t.Items) > math.MaxUint16 {
			return r.wrong(w, item, fmt.Errorf("more than %d items are not supported", math.MaxUint16+1))
		}
		n, id = uint16(len(r.t.Items)), strings.Clone(id)
		r.items[id] = n
		r.t.Items = append(r.t.Items, id)
	}
	a.Item = n
	return nil
}

// times reads when the attempt was due, called and answered.
func (r *reader) times(w *row, a *history.Attempt) error {
	var ignored, length int64
	for _, t := range []struct {
		role role
		into *int64
		fine *int64
	}{{due, &a.Due, &ignored}, {call, &a.Call, &r.fine.call}, {returned, &a.Return, &r.fine.returned}, {elapsed, &length, &r.fine.elapsed}} {
		c := w.of(t.role)
		if c.Text == "" {
			continue
		}
		read := instantOf
		if t.role == elapsed {
			read = lengthOf
		}
		ns, step, err := read(c, r.bound.unit[t.role])
		if err != nil {
			return r.wrong(w, t.role, unreadable(t.role, c.Text, err))
		}
		*t.into = ns
		finest(t.fine, step)
	}
	if w.of(elapsed).Text != "" {
		if a.Call != history.Never && a.Return == history.Never {
			a.Return = a.Call + length
		} else if a.Return != history.Never && a.Call == history.Never {
			a.Call = a.Return - length
		}
	}
	return r.inOrder(w, a)
}

// inOrder refuses an attempt that was answered before it was called, by more than the
// clocks are said to be off. By less the two change places: both are as far off.
func (r *reader) inOrder(w *row, a *history.Attempt) error {
	if a.Call == history.Never || a.Return == history.Never || a.Return >= a.Call {
		return nil
	}
	off := a.Call - a.Return
	if off > 2*(int64(r.ClockError)+r.fine.error()) {
		return r.wrong(w, returned, fmt.Errorf("it was answered %.3f ms before it was called; where the two are of different clocks, --clock-error says by how much they may be off", float64(off)/1e6))
	}
	a.Call, a.Return = a.Return, a.Call
	return nil
}

// isCopy reports whether a row is left out because an equal one was there. Rows
// without instants are never equal: whoever clicks twice leaves two alike.
func (r *reader) isCopy(w *row, a *history.Attempt) (bool, error) {
	if r.Copies == "keep" || a.Call == history.Never || a.Return == history.Never {
		return false, nil
	}
	if r.seen == nil {
		r.seen = map[uint64]uint64{}
	}
	key := hash(w)
	here := uint64(r.files)<<40 | uint64(w.line)
	first, is := r.seen[key]
	switch {
	case !is:
		r.seen[key] = here
		return false, nil
	case r.Copies == "drop":
		r.t.Told.Copies++
		return true, nil
	}
	where := fmt.Sprintf("line %d", first&(1<<40-1))
	if int64(first>>40) != r.files {
		where += " of an earlier file"
	}
	return false, fmt.Errorf("%s:%d: the row is the same as %s; want --copies drop where a log was written twice, --copies keep where both were sent", r.file, w.line, where)
}
