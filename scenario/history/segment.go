package history

import (
	"encoding"
	"math"
	"slices"

	"github.com/seckill-bench/seckill/scenario/sale"
)

const (
	// segmentSize is the number of attempts after which a segment is closed.
	segmentSize = 100_000
	// maxSegment bounds what is allocated on the word of a file.
	maxSegment = 1 << 17
	// rowsAtOnce is the number of attempts turned into rows before they are
	// encoded: few enough to stay in the cache.
	rowsAtOnce = 256
)

// An attemptRow is an attempt as a segment holds it. A nil is a null, and so is
// the empty text in an optional column.
type attemptRow struct {
	Due      int64  `parquet:"due_ns"`
	Start    uint32 `parquet:"start_us"`
	Call     *int64 `parquet:"call_ns"`
	Return   *int64 `parquet:"return_ns"`
	Buyer    uint32 `parquet:"buyer"`
	Request  uint32 `parquet:"request"`
	Try      uint32 `parquet:"try,dict"`
	Verb     string `parquet:"verb,dict"`
	Item     uint32 `parquet:"item,dict"`
	Quantity int32  `parquet:"quantity,dict"`
	Granted  int32  `parquet:"granted,dict"`
	Left     *int64 `parquet:"left"`
	Outcome  string `parquet:"outcome,dict"`
	Defect   string `parquet:"defect,optional,dict"`
	Reply    string `parquet:"reply,optional,dict"`
	Receipt  string `parquet:"receipt,optional,delta"`
}

// A segmentWriter turns attempts into segments.
type segmentWriter struct {
	encoder *encoder[attemptRow]
	rows    [rowsAtOnce]attemptRow
	count   int
}

func newSegmentWriter() *segmentWriter {
	return &segmentWriter{encoder: newEncoder[attemptRow]()}
}

// write adds attempts to the open segment.
func (w *segmentWriter) write(batch []Attempt, texts *Texts, receipts *Receipts) error {
	for len(batch) > 0 {
		n := min(len(batch), len(w.rows))
		for i := range n {
			w.rows[i].fill(&batch[i], texts, receipts)
		}
		if err := w.encoder.write(w.rows[:n]); err != nil {
			return err
		}
		w.count += n
		batch = batch[n:]
	}
	return nil
}

// fill sets every field; the row then points into the attempt.
func (r *attemptRow) fill(a *Attempt, texts *Texts, receipts *Receipts) {
	r.Due, r.Start = a.Due, a.Start
	r.Call, r.Return, r.Left = unless(Never, &a.Call), unless(Never, &a.Return), unless(sale.Untold, &a.Left)
	r.Buyer, r.Request, r.Try, r.Item = a.Buyer, a.Request, uint32(a.Try), uint32(a.Item)
	r.Quantity, r.Granted = a.Quantity, a.Granted
	r.Verb, r.Outcome, r.Defect, r.Reply = a.Verb.String(), a.Outcome.String(), a.Defect.String(), ""
	if a.Reply != 0 {
		r.Reply = texts.Text(a.Reply)
	}
	if r.Receipt = ""; a.Receipt != 0 {
		r.Receipt = encodeReceipt(receipts.receipt(a.Receipt))
	}
}

// unless returns v, or nil where it stands for nothing.
func unless(nothing int64, v *int64) *int64 {
	if *v == nothing {
		return nil
	}
	return v
}

// finish returns the segment as a file and begins another.
func (w *segmentWriter) finish() ([]byte, error) {
	w.count = 0
	return w.encoder.finish()
}

// attemptNumbers are the columns of numbers of a segment, and where they go.
var attemptNumbers = []struct {
	column
	set func(*Attempt, int64)
}{
	{column{name: "due_ns", low: math.MinInt64, high: math.MaxInt64}, func(a *Attempt, v int64) { a.Due = v }},
	{column{name: "start_us", high: math.MaxUint32}, func(a *Attempt, v int64) { a.Start = uint32(v) }},
	{column{name: "call_ns", nullable: true, null: Never, low: Never + 1, high: math.MaxInt64}, func(a *Attempt, v int64) { a.Call = v }},
	{column{name: "return_ns", nullable: true, null: Never, low: Never + 1, high: math.MaxInt64}, func(a *Attempt, v int64) { a.Return = v }},
	{column{name: "buyer", high: math.MaxUint32}, func(a *Attempt, v int64) { a.Buyer = uint32(v) }},
	{column{name: "request", high: math.MaxUint32}, func(a *Attempt, v int64) { a.Request = uint32(v) }},
	{column{name: "try", high: math.MaxUint8}, func(a *Attempt, v int64) { a.Try = uint8(v) }},
	{column{name: "item", high: math.MaxUint16}, func(a *Attempt, v int64) { a.Item = uint16(v) }},
	{column{name: "quantity", low: math.MinInt32, high: math.MaxInt32}, func(a *Attempt, v int64) { a.Quantity = int32(v) }},
	{column{name: "granted", low: math.MinInt32, high: math.MaxInt32}, func(a *Attempt, v int64) { a.Granted = int32(v) }},
	{column{name: "left", nullable: true, null: sale.Untold, low: sale.Untold + 1, high: math.MaxInt64}, func(a *Attempt, v int64) { a.Left = v }},
}

// A segmentReader turns segments into attempts. It reuses its buffers.
type segmentReader struct {
	table table
	rows  []Attempt
	// receipts are those of the rows, by their numbers less one.
	receipts []map[string]string
}

// read returns the attempts of a segment, valid until the next call. Items are
// numbered below items; replies are kept in texts.
func (r *segmentReader) read(file []byte, items int, texts *Texts) ([]Attempt, error) {
	r.rows, r.receipts = r.rows[:0], nil
	err := r.table.decode(file, maxSegment, func(t *table) {
		r.rows = slices.Grow(r.rows, t.rows-t.first)
		for _, n := range attemptNumbers {
			if n.name == "item" {
				n.high = int64(items) - 1
			}
			setInts(t, &r.rows, &n.column, n.set)
		}
		setTexts(t, &r.rows, &column{name: "verb"}, name[sale.Verb], func(a *Attempt, v sale.Verb) { a.Verb = v })
		setTexts(t, &r.rows, &column{name: "outcome"}, name[sale.Outcome], func(a *Attempt, o sale.Outcome) { a.Outcome = o })
		setTexts(t, &r.rows, &column{name: "defect", nullable: true}, name[sale.Defect], func(a *Attempt, d sale.Defect) { a.Defect = d })
		keep := func(reply string) (uint16, error) { return texts.Keep(reply), nil }
		setTexts(t, &r.rows, &column{name: "reply", nullable: true}, keep, func(a *Attempt, n uint16) { a.Reply = n })
		r.readReceipts(t)
	})
	return r.rows, err
}

// readReceipts reads what answers captured. A copy that another tool wrote may
// lack the column.
func (r *segmentReader) readReceipts(t *table) {
	if !t.has("receipt") {
		setZero(r.rows[t.first:])
		return
	}
	setTexts(t, &r.rows, &column{name: "receipt", nullable: true}, decodeReceipt, func(a *Attempt, receipt map[string]string) {
		if a.Receipt = 0; receipt != nil {
			r.receipts = append(r.receipts, receipt)
			a.Receipt = uint32(len(r.receipts))
		}
	})
}

// setZero clears what an earlier segment left in rows that are used again.
func setZero(rows []Attempt) {
	for i := range rows {
		rows[i].Receipt = 0
	}
}

// name parses a name from a closed list.
func name[V any, P interface {
	*V
	encoding.TextUnmarshaler
}](text string) (v V, err error) {
	err = P(&v).UnmarshalText([]byte(text))
	return v, err
}
