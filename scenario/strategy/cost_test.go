package strategy

import (
	"context"
	"slices"
	"testing"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A canned server answers every command with the same reply, and costs nothing.
type canned struct {
	reply any
	seen  []any
}

func (c *canned) Do(_ context.Context, args ...any) (any, error) {
	c.seen = args
	return c.reply, nil
}

// plainContracts are the built-in contracts of plain values with a reply that
// sells, and what a call may cost beyond that of a bare client.
var plainContracts = []struct {
	script string
	reply  any
	beyond float64
	reason string
}{
	{"article", int64(1), 2, "two keys, two values"},
	{"once", int64(7), 2, "two keys, one id"},
	{"limited", int64(7), 2, "two keys, an id, two numbers"},
}

// bare calls as a program does that has its words ready: it puts those of the
// purchase into interfaces, and all of them into a slice.
func bare(do Doer, words []string) (any, error) {
	args := make([]any, 0, len(words))
	for _, word := range words {
		args = append(args, word)
	}
	return do.Do(context.Background(), args...)
}

// callOf returns a purchase of a built-in script, and its words.
func callOf(tb testing.TB, script string, reply any) (s Strategy, p *sale.Purchase, do *canned, words []string) {
	s, err := Find(script, "")
	if err != nil {
		tb.Fatal(err)
	}
	do = &canned{reply: reply}
	p = &sale.Purchase{Verb: sale.Buy, Item: sale.Item{ID: "7", Stock: 3}, Buyer: "1234567890123456789", Request: "4711", Quantity: max(s.Quantity, 1)}
	if a := s.Call(tb.Context(), do, p); a.Outcome != sale.OK {
		tb.Fatalf("%s: %v is %+v", script, reply, a)
	}
	for _, word := range do.seen {
		words = append(words, word.(string))
	}
	return s, p, do, words
}

// The words that are the same for every purchase are put into interfaces once;
// what a bare client pays for those of the purchase is the least there is.
func TestCallCostsLittleMoreThanABareClient(t *testing.T) {
	for _, tt := range plainContracts {
		s, p, do, words := callOf(t, tt.script, tt.reply)
		own := slices.Index(words, p.Buyer)
		if own < 0 {
			t.Fatalf("%s: %q does not tell the buyer", tt.script, words)
		}
		least := testing.AllocsPerRun(200, func() { bare(do, words[own:own+1]) })
		got := testing.AllocsPerRun(200, func() { s.Call(context.Background(), do, p) })
		if got > least+tt.beyond {
			t.Errorf("%s (%s): %v allocations, %v of a bare client", tt.script, tt.reason, got, least)
		}
	}
}

func BenchmarkCall(b *testing.B) {
	for _, tt := range plainContracts {
		s, p, do, words := callOf(b, tt.script, tt.reply)
		b.Run(tt.script+"/bare", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bare(do, words)
			}
		})
		b.Run(tt.script+"/contract", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Call(context.Background(), do, p)
			}
		})
	}
}
