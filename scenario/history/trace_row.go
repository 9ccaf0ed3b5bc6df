package history

import "github.com/seckill-bench/seckill/scenario/sale"

// A TraceRow is an attempt as it is handed to others: ids as texts, instants in
// nanoseconds from the opening of the doors. A nil is nothing.
type TraceRow struct {
	Buyer    string `parquet:"buyer,delta" json:"buyer"`
	Request  string `parquet:"request,delta" json:"request"`
	Item     string `parquet:"item,dict" json:"item"`
	Verb     string `parquet:"verb,dict" json:"verb"`
	Quantity int32  `parquet:"quantity,dict" json:"quantity"`
	Try      uint32 `parquet:"try,dict" json:"try"`
	Due      *int64 `parquet:"due_ns" json:"due_ns"`
	Call     *int64 `parquet:"call_ns" json:"call_ns"`
	Return   *int64 `parquet:"return_ns" json:"return_ns"`
	Outcome  string `parquet:"outcome,dict" json:"outcome"`
	Granted  int32  `parquet:"granted,dict" json:"granted"`
	Left     *int64 `parquet:"left" json:"left"`
	Defect   string `parquet:"defect,optional,dict" json:"defect,omitempty"`
	Reply    string `parquet:"reply,optional,dict" json:"reply,omitempty"`
	Receipt  string `parquet:"receipt,optional,delta" json:"receipt,omitempty"`
}

// TraceRow is an attempt of the latest batch as others may read it.
func (h *History) TraceRow(a *Attempt) TraceRow {
	r := TraceRow{
		Buyer: h.Head.BuyerIDs.ID(a.Buyer), Request: h.Head.RequestID(a.Request), Item: h.Head.Items[a.Item].ID, Verb: a.Verb.String(),
		Quantity: a.Quantity, Try: uint32(a.Try), Due: unless(Never, &a.Due), Outcome: a.Outcome.String(), Granted: a.Granted,
		Defect: a.Defect.String(), Reply: h.Texts.Text(a.Reply),
	}
	if a.Timed() {
		r.Call, r.Return = unless(Never, &a.Call), unless(Never, &a.Return)
	}
	r.Left = unless(sale.Untold, &a.Left)
	if h.Receipt != nil {
		r.Receipt = encodeReceipt(h.Receipt(a.Receipt))
	}
	return r
}

// ParseReceipt reads the text of TraceRow.Receipt.
func ParseReceipt(text string) (map[string]string, error) { return decodeReceipt(text) }

// A TraceEncoder turns rows into one Parquet file in memory.
type TraceEncoder struct{ rows *encoder[TraceRow] }

// NewTraceEncoder returns one without rows.
func NewTraceEncoder() *TraceEncoder { return &TraceEncoder{newEncoder[TraceRow]()} }

// Write adds rows; they may be changed afterwards.
func (e *TraceEncoder) Write(rows []TraceRow) error { return e.rows.write(rows) }

// Finish returns the file.
func (e *TraceEncoder) Finish() ([]byte, error) { return e.rows.finish() }
