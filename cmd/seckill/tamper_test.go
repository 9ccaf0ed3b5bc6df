package main

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A record that was tampered with does not pass: each copy of a valid one is
// changed in one place.
func TestTamperedRecords(t *testing.T) {
	t.Chdir(t.TempDir())
	if code, out := seckill(t, "run", "--server", "embedded", "--stock", "20", "--buyers", "60", "--attempts", "2", "--out", "r"); code != 0 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	change := func(from, to sale.Outcome) func(*[]history.Attempt) {
		return func(all *[]history.Attempt) {
			for i := range *all {
				if a := &(*all)[i]; a.Outcome == from {
					a.Outcome, a.Granted = to, 0
					if to == sale.OK {
						a.Granted = a.Quantity
					}
					return
				}
			}
			t.Fatalf("no attempt is %s", from)
		}
	}
	for name, tt := range map[string]struct {
		change func(*[]history.Attempt)
		code   int
		says   string
	}{
		"untouched":         {func(*[]history.Attempt) {}, 0, "VALID"},
		"an ok is sold_out": {change(sale.OK, sale.SoldOut), exitInvalid, "phantom-sale"},
		"an ok is lost":     {change(sale.OK, sale.Failed), exitInvalid, "phantom-sale"},
		"a sold_out is ok":  {change(sale.SoldOut, sale.OK), exitInvalid, "oversell"},
		"a duplicate is ok": {change(sale.Duplicate, sale.OK), exitInvalid, "duplicate-sale"},
		"one attempt less":  {func(all *[]history.Attempt) { *all = (*all)[:len(*all)-1] }, exitUnknown, "the record holds"},
		"an ok twice": {func(all *[]history.Attempt) {
			i := slices.IndexFunc(*all, func(a history.Attempt) bool { return a.Outcome == sale.OK })
			*all = append(*all, (*all)[i])
		}, exitInvalid, "duplicate-sale"},
	} {
		dir := strings.ReplaceAll(name, " ", "-")
		copyRecord(t, "r", dir, tt.change)
		if code, out := seckill(t, "check", dir); code != tt.code || !strings.Contains(out, tt.says) {
			t.Errorf("%s: exit code %d, want %d and %q:\n%s", name, code, tt.code, tt.says, out)
		}
	}
}

// seckill runs the program and returns its exit code and what it printed.
func seckill(t *testing.T, args ...string) (int, string) {
	var out bytes.Buffer
	code := Main(t.Context(), t.Context(), args, &out, &out)
	return code, out.String()
}

// copyRecord writes a record anew, with its attempts changed.
func copyRecord(t *testing.T, from, to string, change func(*[]history.Attempt)) {
	h, err := history.Open(filepath.Join(from, "history"))
	if err != nil {
		t.Fatal(err)
	}
	var all []history.Attempt
	for batch, err := range h.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, batch...)
	}
	change(&all)
	folder, err := history.Create(filepath.Join(to, "history"), h.Head)
	if err != nil {
		t.Fatal(err)
	}
	rec := history.NewRecorder(folder)
	for i := range all {
		rec.Put(&all[i])
	}
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	if err := folder.Finish(*h.Tail); err != nil {
		t.Fatal(err)
	}
}
