package history

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// Reads stand in the record as they were made, and the head says what they are.
func TestReadsGoRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	head := headOf(2)
	head.Background, head.Admit = []Background{{"stock", 500}, {"GET $stock", .5}}, 20
	f, err := Create(dir, head)
	if err != nil {
		t.Fatal(err)
	}
	f.reads(new(Texts), new(Receipts))
	want := []Attempt{
		{Verb: sale.Read, Outcome: sale.OK, Due: 1, Call: 2, Return: 3, Left: sale.Untold, Request: 1, Item: 1},
		{Verb: sale.Read, Outcome: sale.Dropped, Due: 1, Call: Never, Return: Never, Left: sale.Untold},
	}
	if err := errors.Join(f.Append(want), f.Flush(), f.Finish(Tail{Ended: EndedDone, Attempts: 2, Audits: slices.Repeat([]sale.Audit{{Ledger: sale.NoLedger}}, 2)})); err != nil {
		t.Fatal(err)
	}
	h, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := all(t, h); !slices.Equal(got, want) || !slices.Equal(h.Head.Background, head.Background) || h.Head.Admit != 20 {
		t.Errorf("%+v of %v, admit %v", got, h.Head.Background, h.Head.Admit)
	}
}

// Somebody waits from due to his place in the line, once, and whoever has not been let
// in has no such time.
func TestWaited(t *testing.T) {
	for _, tt := range []struct {
		reason string
		admit  float64
		a      Attempt
		want   int64
		in     bool
	}{
		{"there is no waiting room", 0, Attempt{Buyer: 7}, 0, true},
		{"the first of all", 10, Attempt{}, 0, true},
		{"as he should", 10, Attempt{Buyer: 3, Start: 300_000}, 300e6, true},
		{"late by the driver", 10, Attempt{Buyer: 3, Start: 301_000}, 300e6, true},
		{"within a microsecond that is cut off", 3, Attempt{Buyer: 1, Start: 333_333}, 333_333_333, true},
		{"still waiting when the doors closed", 10, Attempt{Buyer: 3, Start: 299_999}, 300e6, false},
		{"what he asks for later", 10, Attempt{Buyer: 3, Due: 400e6}, 0, true},
	} {
		head := Head{Admit: tt.admit}
		if got, in := head.Waited(&tt.a); int64(got) != tt.want || in != tt.in {
			t.Errorf("%s: %v, %v", tt.reason, got, in)
		}
	}
}
