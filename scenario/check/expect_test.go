package check

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

func TestParseExpect(t *testing.T) {
	for _, tt := range []struct {
		words []string
		want  []Rule
		wrong string // in the error
	}{
		{nil, nil, ""},
		{[]string{"late-sale", "oversell"}, []Rule{Oversell, LateSale}, ""},
		{[]string{"lost-sale", "loss-allowed"}, []Rule{Oversell, DuplicateSale, LostSale, StockMismatch, LateSale}, ""},
		{[]string{"lost_sale"}, nil, `"lost_sale"`},
		{[]string{"oversell", ""}, nil, `""`},
	} {
		got, err := ParseExpect(tt.words)
		if !slices.Equal(got, tt.want) || (err == nil) != (tt.wrong == "") {
			t.Errorf("%q: %v, %v", tt.words, got, err)
		}
		if err != nil && !(strings.Contains(err.Error(), tt.wrong) && strings.Contains(err.Error(), "lost-sale") && strings.Contains(err.Error(), LossAllowed)) {
			t.Errorf("%q: the error does not name what is wrong and what is expected: %v", tt.words, err)
		}
	}
}

// lossy is a sale in which an acknowledged sale is not stored, and a buyer was
// told duplicate before he had asked.
func lossy(expect ...string) *history.History {
	h := newHistory(head(2, one), attempts{buy(0, 0, 1, sale.OK), buy(1, 0, 1, sale.OK), buy(2, 0, 1, sale.Duplicate)})
	h.Head.Expect = expect
	h.Tail = tail(3, withStock(held(1), 0))
	h.Tail.Ended = history.EndedDuration // not all came, so that nobody was told sold_out means nothing
	return h
}

// quiet is a history of whose server the signs are known.
func quiet(h *history.History, signs history.Signs) *history.History {
	h.Tail.Signs = &signs
	return h
}

func TestExpectedViolations(t *testing.T) {
	right := lossy("loss-allowed")
	right.Batches = newHistory(right.Head, attempts{buy(0, 0, 1, sale.OK), buy(1, 0, 1, sale.OK), buy(2, 0, 1, sale.Failed)}).Batches
	doubtful := lossy("loss-allowed")
	doubtful.Batches = right.Batches
	doubtful.Tail.Audits[0].Problems = []string{"HGETALL refused"}
	for _, tt := range []struct {
		reason  string
		history *history.History
		opinion Opinion
		want    map[Rule]bool // whether expected
	}{
		{"nothing is expected", lossy(), Invalid, map[Rule]bool{LostSale: false, StockMismatch: false, FalseDup: false}},
		{"the loss is expected, the duplicate is not", lossy("loss-allowed"), Invalid, map[Rule]bool{LostSale: true, StockMismatch: true, FalseDup: false}},
		{"a loss is allowed, and nothing happened that loses anything", quiet(lossy("loss-allowed", "false-duplicate"), history.Signs{}), Invalid, map[Rule]bool{LostSale: false, StockMismatch: false, FalseDup: true}},
		{"a server was started again", quiet(lossy("loss-allowed", "false-duplicate"), history.Signs{Restarted: true}), Valid, map[Rule]bool{LostSale: true, StockMismatch: true, FalseDup: true}},
		{"keys were evicted", quiet(lossy("loss-allowed", "false-duplicate"), history.Signs{Evicted: 1}), Valid, map[Rule]bool{LostSale: true, StockMismatch: true, FalseDup: true}},
		{"a part of the loss is expected", lossy("lost-sale", "false-duplicate"), Invalid, map[Rule]bool{LostSale: true, StockMismatch: false, FalseDup: true}},
		{"all is expected", lossy("lost-sale", "false-duplicate", "stock-mismatch"), Valid, map[Rule]bool{LostSale: true, StockMismatch: true, FalseDup: true}},
		{"a word that nobody knows excuses nothing", lossy("all", "false-duplicate"), Invalid, map[Rule]bool{LostSale: false, StockMismatch: false, FalseDup: true}},
		{"the loss is expected, and is all there is", right, Valid, map[Rule]bool{LostSale: true, StockMismatch: true}},
		{"a doubt stays", doubtful, Unknown, map[Rule]bool{LostSale: true, StockMismatch: true}},
	} {
		v := mustCheck(t, tt.history)
		got := map[Rule]bool{}
		for _, b := range v.Violations {
			got[b.Rule] = b.Expected
		}
		if v.Opinion != tt.opinion || !maps.Equal(got, tt.want) {
			t.Errorf("%s: %s, expected %v, want %s, %v; %v", tt.reason, v.Opinion, got, tt.opinion, tt.want, v.Doubts)
		}
		if n := len(v.Expected()) + len(v.Unexpected()); n != len(v.Violations) {
			t.Errorf("%s: %d expected or not of %d", tt.reason, n, len(v.Violations))
		}
	}
}
