package trace

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"strconv"
	"strings"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// answer reads what came of an attempt: by the mapping if there is one, else by our
// word for it, else by the reply. Of a row that tells none of them nothing is known.
func (r *reader) answer(w *row, a *history.Attempt) error {
	is, err := r.outcomeOf(w)
	if err != nil {
		return err
	}
	if is == 0 {
		if err := r.readReply(w, a); err != nil {
			return err
		}
	} else {
		a.Outcome = is
		text := w.of(reply).Text
		if text == "" {
			text = w.of(failure).Text
		}
		a.Reply = r.t.texts.Keep(bounded(text))
		if a.Outcome == sale.OK {
			a.Granted = a.Quantity
		}
	}
	return r.details(w, a)
}

// outcomeOf is the outcome of a row where it does not take the reply to tell it.
func (r *reader) outcomeOf(w *row) (sale.Outcome, error) {
	if r.mapping != nil {
		is, err := r.mapping.of(w.of(status).Text)
		if err != nil {
			return 0, r.wrong(w, status, fmt.Errorf("%s %w", r.mapping.column, err))
		}
		return is, nil
	}
	word := w.of(outcome).Text
	if word == "" {
		return 0, nil
	}
	var is sale.Outcome
	if err := is.UnmarshalText([]byte(word)); err != nil {
		return 0, r.wrong(w, outcome, fmt.Errorf("%w; --outcome %s=VALUE:OUTCOME,… says what other words mean", err, w.columns[w.b.at[outcome]]))
	}
	return is, nil
}

// details reads what a row may tell beside its outcome.
func (r *reader) details(w *row, a *history.Attempt) (err error) {
	units, err := r.number(w, granted, int64(a.Granted), 0, math.MaxInt32)
	if err != nil {
		return err
	}
	if a.Outcome != sale.OK && units != 0 {
		return r.wrong(w, granted, fmt.Errorf("an attempt with outcome %s was granted %d units", a.Outcome, units))
	}
	a.Granted = int32(units)
	if a.Left, err = r.number(w, left, a.Left, math.MinInt64+1, math.MaxInt64); err != nil {
		return err
	}
	if c := w.of(defect); c.Text != "" {
		if err := a.Defect.UnmarshalText([]byte(c.Text)); err != nil {
			return r.wrong(w, defect, err)
		}
	}
	if c := w.of(receipt); c.Text != "" {
		captured, err := history.ParseReceipt(c.Text)
		if err != nil {
			return r.wrong(w, receipt, err)
		}
		r.keep(a, captured)
	}
	return nil
}

func (r *reader) keep(a *history.Attempt, captured map[string]string) {
	if len(captured) > 0 {
		r.t.receipts = append(r.t.receipts, captured)
		a.Receipt = uint32(len(r.t.receipts))
	}
}

// readReply has the contract say what the reply means.
func (r *reader) readReply(w *row, a *history.Attempt) error {
	c := w.of(reply)
	if !c.Given || c.Text == "" && w.of(failure).Text != "" {
		a.Outcome = sale.Indeterminate
		a.Reply = r.t.texts.Keep(bounded(w.of(failure).Text))
		return nil
	}
	if r.Reply == nil {
		return r.wrong(w, reply, errors.New("there is no contract to read a reply by; want --contract, or --outcome"))
	}
	p := sale.Purchase{
		Verb: a.Verb, Item: sale.Item{ID: r.t.Items[a.Item], Index: int(a.Item)}, Buyer: r.t.Buyers[a.Buyer], Request: w.of(request).Text, Quantity: int64(a.Quantity),
		BuyerIndex: a.Buyer, RequestIndex: a.Request, Attempt: uint32(a.Try),
	}
	answer := r.meaning(&p, c)
	a.Outcome, a.Defect, a.Left = answer.Outcome, answer.Defect, answer.Left
	if answer.Outcome == sale.OK {
		a.Granted = int32(answer.Granted)
	}
	a.Reply = r.t.texts.Keep(answer.Raw)
	r.keep(a, answer.Receipt)
	return nil
}

// meaning is what a reply means. A file does not tell a number from a text that looks
// like one: the first reading that the contract names counts.
func (r *reader) meaning(p *sale.Purchase, c history.Cell) (first sale.Answer) {
	for i, one := range readings(c) {
		answer := r.Reply(p, one.value, one.err)
		if answer.Defect == sale.ScriptError && r.NotRun != nil && r.NotRun(one.err) {
			answer.Outcome, answer.Defect = sale.Failed, sale.NoDefect
		}
		if answer.Defect != sale.UnmappedReply {
			return answer
		}
		if i == 0 {
			first = answer
		}
	}
	return first
}

// A reading is a reply as a client library would have it.
type reading struct {
	value any
	err   error
}

// replyError is an error reply.
type replyError string

func (e replyError) Error() string { return string(e) }
func (replyError) RedisError()     {}

// readings are what a reply may be: as redis-cli prints it, or as it is.
func readings(c history.Cell) []reading {
	text := c.Text
	if rest, is := strings.CutPrefix(text, "(error) "); is {
		return []reading{{err: replyError(rest)}}
	}
	if rest, is := strings.CutPrefix(text, "(integer) "); is {
		if n, err := strconv.ParseInt(rest, 10, 64); err == nil {
			return []reading{{value: n}}
		}
	}
	switch text {
	case "(nil)":
		return []reading{{value: nil}}
	case "(empty array)", "(empty list or set)":
		return []reading{{value: []any{}}}
	}
	if len(text) > 1 && text[0] == '"' {
		if plain, err := strconv.Unquote(text); err == nil {
			return []reading{{value: plain}, {value: text}}
		}
	}
	all := []reading{{value: text}}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		all = []reading{{value: n}, {value: text}}
	} else if list, is := listOf(text); is {
		all = append(all, reading{value: list})
	}
	return all
}

// listOf reads a JSON list of numbers and texts, as a reply of several values is
// written down.
func listOf(text string) ([]any, bool) {
	if text == "" || text[0] != '[' {
		return nil, false
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var list []any
	if decoder.Decode(&list) != nil {
		return nil, false
	}
	return list, wholeNumbers(list)
}

// wholeNumbers makes numbers of a list those of a reply; false where it holds what no
// reply does.
func wholeNumbers(list []any) bool {
	for i, v := range list {
		switch v := v.(type) {
		case json.Number:
			n, err := v.Int64()
			if err != nil {
				return false
			}
			list[i] = n
		case []any:
			if !wholeNumbers(v) {
				return false
			}
		case string, nil:
		default:
			return false
		}
	}
	return true
}

// maxText bounds a text that is kept, in bytes.
const maxText = 200

func bounded(text string) string {
	if len(text) > maxText {
		return text[:maxText] + "…"
	}
	return text
}

var seed = maphash.MakeSeed()

// hash tells rows apart by what is in them.
func hash(w *row) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for i := range w.cells {
		if w.cells[i].Given { // of JSON, later lines may have more
			maphash.WriteComparable(&h, i)
			h.WriteString(w.cells[i].Text)
			h.WriteByte(0xff)
		}
	}
	return h.Sum64()
}
