package history

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// few is a record of four attempts in two segments.
func few(t testing.TB) (dir string) {
	dir = filepath.Join(t.TempDir(), "history")
	f, err := Create(dir, headOf(1))
	if err != nil {
		t.Fatal(err)
	}
	texts, receipts := new(Texts), new(Receipts)
	texts.Keep("some reply")
	f.reads(texts, receipts)
	for range 2 {
		batch := []Attempt{
			{Verb: sale.Buy, Outcome: sale.OK, Quantity: 1, Granted: 1, Return: 5, Left: 1, Receipt: receipts.Keep(map[string]string{"order": "7"})},
			{Verb: sale.Buy, Outcome: sale.Indeterminate, Call: Never, Return: 9, Left: sale.Untold, Reply: 2},
		}
		if err := errors.Join(f.Append(batch), f.Flush()); err != nil {
			t.Fatal(err)
		}
	}
	audit := sale.Audit{Stock: new(int64(0)), Ledger: sale.Units, Holdings: []sale.Holding{{Buyer: "1", Units: 2}},
		Orders: &sale.Orders{Fields: []string{"buyer", "order"}, Rows: [][]string{{"1", "7"}, {"2", ""}}},
		Booked: &sale.Booked{Left: new(int64(3)), Orders: sale.Orders{Fields: bookFields, Rows: [][]string{{"1", "31415", "20261"}}}}}
	f.Event(Event{Kind: "reload", Text: "once"})
	if err := f.Finish(Tail{Ended: EndedDone, Attempts: 4, Audits: []sale.Audit{audit}}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// readAll opens a record and reads it to its end.
func readAll(dir string) (attempts int, tail *Tail, err error) {
	h, err := Open(dir)
	if err != nil {
		return 0, nil, err
	}
	for batch, err := range h.Batches() {
		if err != nil {
			return attempts, h.Tail, err
		}
		attempts += len(batch)
	}
	return attempts, h.Tail, nil
}

func TestDamageIsAnErrorThatNamesTheFile(t *testing.T) {
	for _, row := range []struct {
		file   string
		damage func(file []byte) []byte
		reason string
	}{
		{"attempts-00000.parquet", cut(1), "the last byte is missing"},
		{"attempts-00001.parquet", cut(500), "the footer is missing"},
		{"attempts-00001.parquet", cut(1 << 20), "empty"},
		{"attempts-00001.parquet", instead("PAR1 hello PAR1"), "no Parquet file"},
		{"attempts-00000.parquet", swap("indeterminate", "INDETERMINATE"), "changed, and the checksum not"},
		{"attempts-00000.parquet", resealed("indeterminate", "INDETERMINATE"), "an outcome that is none"},
		{"attempts-00000.parquet", resealed("buy", "bye"), "a verb that is none"},
		{"attempts-00000.parquet", resealed("due_ns", "due_as"), "a column is missing"},
		{"attempts-00000.parquet", otherFile(t, ledgerFile), "another schema"},
		{eventsFile, cut(1), "cut short"},
		{ledgerFile, cut(1), "cut short"},
		{ledgerFile, otherFile(t, eventsFile), "another schema"},
		{ordersFile, otherFile(t, eventsFile), "another schema"},
		{bookedFile, cut(1), "cut short"},
		{bookedFile, swap("31415", "31416"), "changed, and the checksum not"},
		{bookedFile, resealed("qty", "qtz"), "a column is missing"},
		{bookedFile, otherFile(t, ordersFile), "the orders of the script"},
		{tailFile, swap(`"request",`, `"requesx",`), "a book without requests"},
		{tailFile, swap(`"request",`, `"buyer", "request",`), "a book with two buyers"},
		{tailFile, swap(`"request",`, `"request", "item_number",`), "a field of the name that the number of the item has"},
		{headFile, instead(`{"version": 2}`), "a later version"},
		{headFile, instead(`{"version": 1}`), "no items"},
		{headFile, instead(`{"name": "a"}`), "another program's head.json"},
		{headFile, instead(`[1]`), "another program's head.json"},
		{headFile, cut(20), "cut short"},
		{tailFile, cut(20), "cut short"},
		{tailFile, instead(`null`), "no tail"},
		{tailFile, instead(`{"ended": "done", "audits": [{"ledger": "units"}, {}]}`), "audits of items that are not there"},
		{tailFile, instead(`{"ended": "done", "audits": [{"ledger": "big"}]}`), "an unknown ledger"},
		{tailFile, instead(`{"ended": "done", "attempts": -1}`), "a number that cannot be"},
		{tailFile, swap(`"ended": "done"`, `"ended": "fine"`), "an end that there is not"},
		{headFile, instead(`{"version": 1, "items": [{"id": "a"}, {"id": "a"}]}`), "an item twice"},
	} {
		dir := few(t)
		path := filepath.Join(dir, row.file)
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, row.damage(file), 0o644); err != nil {
			t.Fatal(err)
		}
		_, _, err = readAll(dir)
		if err == nil || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s, %s: %v", row.file, row.reason, err)
		}
	}
}

func cut(n int) func([]byte) []byte {
	return func(file []byte) []byte { return file[:max(0, len(file)-n)] }
}

func instead(text string) func([]byte) []byte {
	return func([]byte) []byte { return []byte(text) }
}

func swap(from, to string) func([]byte) []byte {
	return func(file []byte) []byte { return bytes.ReplaceAll(file, []byte(from), []byte(to)) }
}

// resealed swaps texts and corrects the checksum, as a tool would that knows
// of it. The texts stand in pages too short to be compressed.
func resealed(from, to string) func([]byte) []byte {
	return func(file []byte) []byte {
		file = swap(from, to)(file)
		if place := checksumOf(file); place != nil {
			copy(place, noChecksum)
		}
		seal(file)
		return file
	}
}

func otherFile(t *testing.T, name string) func([]byte) []byte {
	return func([]byte) []byte {
		file, err := os.ReadFile(filepath.Join(few(t), name))
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
}

func TestItemOutOfRangeIsDamage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	f, err := Create(dir, headOf(2))
	if err != nil {
		t.Fatal(err)
	}
	a := realistic(1)[0]
	a.Item = 2
	if err := errors.Join(f.Append([]Attempt{a}), f.Flush()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readAll(dir); err == nil || !strings.Contains(err.Error(), "column item: 2 is out of range") {
		t.Errorf("an attempt on item 2 of 2: %v", err)
	}
}

// Every single bit that flips is either noticed or makes no difference: it can
// only be in the mark by which the checksum is found.
func TestFlippedBits(t *testing.T) {
	path := filepath.Join(few(t), "attempts-00000.parquet")
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := new(segmentReader).read(bytes.Clone(sound), 1, new(Texts))
	if err != nil {
		t.Fatal(err)
	}
	unnoticed := 0
	for i := range sound {
		file := bytes.Clone(sound)
		file[i] ^= 1 << (i % 8)
		got, err := new(segmentReader).read(file, 1, new(Texts))
		if err != nil {
			continue
		}
		unnoticed++
		if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] {
			t.Fatalf("bit %d of byte %d changes what is read", i%8, i)
		}
	}
	if unnoticed > len(sealMark) {
		t.Errorf("%d flipped bits were not noticed", unnoticed)
	}
}

func TestWhatIsNotARecord(t *testing.T) {
	empty, file := t.TempDir(), filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for dir, reason := range map[string]string{
		filepath.Join(empty, "nowhere"): "a folder that does not exist",
		empty:                           "an empty folder",
		file:                            "a file",
	} {
		_, err := Open(dir)
		if err == nil || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", reason, err)
		}
		if missing := errors.Is(err, fs.ErrNotExist); missing != (dir != file) {
			t.Errorf("%s is missing: %v: %v", reason, missing, err)
		}
	}
}

func TestMissingFiles(t *testing.T) {
	for _, row := range []struct {
		remove   string
		attempts int
		complete bool
		fails    bool
		reason   string
	}{
		{"attempts-00000.parquet", 0, false, true, "a segment is missing before another"},
		{"attempts-00001.parquet", 2, true, false, "the last segment's absence shows in the tail's count alone"},
		{eventsFile, 0, false, true, "a complete record has it"},
		{ledgerFile, 0, false, true, "a complete record has it"},
		{tailFile, 4, false, false, "an incomplete record"},
	} {
		dir := few(t)
		path := filepath.Join(dir, row.remove)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		attempts, tail, err := readAll(dir)
		if row.fails {
			if err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("without %s (%s): %v", row.remove, row.reason, err)
			}
		} else if err != nil || attempts != row.attempts || (tail != nil) != row.complete {
			t.Errorf("without %s (%s): %d attempts, complete: %v, %v", row.remove, row.reason, attempts, tail != nil, err)
		}
	}
}

func TestUnfinishedFilesAreIgnored(t *testing.T) {
	dir := few(t)
	for _, name := range []string{"attempts-00002.parquet" + part, eventsFile + part, "attempts-of-mine.parquet", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("PAR1"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if attempts, tail, err := readAll(dir); err != nil || attempts != 4 || tail == nil {
		t.Errorf("%d attempts, tail %v, %v", attempts, tail, err)
	}
}

// Audits are of one contract and one book: orders are read of every item, or of
// none.
func TestOrdersOfSomeItemsOnly(t *testing.T) {
	for name, of := range map[string]tableOf{"orders": ordersOf, "book": bookedOf} {
		ordersOfSome(t, name, of)
	}
}

func ordersOfSome(t *testing.T, name string, of tableOf) {
	orders := func(fields ...string) sale.Audit {
		table := sale.Orders{Fields: fields}
		if name == "orders" {
			return sale.Audit{Ledger: sale.NoLedger, Orders: &table}
		}
		return sale.Audit{Ledger: sale.NoLedger, Booked: &sale.Booked{Orders: table}}
	}
	for _, tt := range []struct {
		reason string
		audits []sale.Audit
		fails  bool
	}{
		{"of every item", []sale.Audit{orders("buyer"), orders("buyer")}, false},
		{"of none", []sale.Audit{{}, {}}, false},
		{"of one", []sale.Audit{orders("buyer"), {}}, true},
		{"of one, where the other could not be read", []sale.Audit{orders("buyer"), {Problems: []string{"WRONGTYPE"}}}, false},
		{"with other fields", []sale.Audit{orders("buyer"), orders("order")}, true},
	} {
		if err := sameOrders(tt.audits, of); (err != nil) != tt.fails {
			t.Errorf("%s, %s: %v", name, tt.reason, err)
		}
	}
}

// An order of an item whose audit found none is not passed over.
func TestAnOrderOfNoTable(t *testing.T) {
	audits := []sale.Audit{{Booked: &sale.Booked{Orders: sale.Orders{Fields: bookFields, Rows: [][]string{{"1", "2", "3"}}}}}}
	file, err := encodeOrders(audits, bookFields, bookedOf)
	if err != nil {
		t.Fatal(err)
	}
	if err := decodeOrders(file, []sale.Audit{{}}, bookFields, bookedOf); err == nil {
		t.Error("an order of no table is passed over")
	}
}

// Some items may not be in the book and others not.
func TestTailWithHalfABook(t *testing.T) {
	const of = `{"ended": "done", "audits": [{"ledger": "none", "booked": {"left": 1, "orders": {"fields": ["buyer", "request", "qty"]}}}, {"ledger": "none"%s}]}`
	for more, fails := range map[string]bool{"": true, `, "problems": ["gone"]`: false} {
		if _, err := parseTail("tail.json", []byte(strings.Replace(of, "%s", more, 1)), 2); (err != nil) != fails {
			t.Errorf("%q: %v", more, err)
		}
	}
}

func TestQuantitiesAreWhole(t *testing.T) {
	for quantity, fails := range map[string]bool{"1": false, "-3": false, "": true, "1.5": true, "1e3": true, "99999999999999999999": true} {
		audits := []sale.Audit{{}, {Booked: &sale.Booked{Orders: sale.Orders{Fields: bookFields, Rows: [][]string{{"1", "2", quantity}}}}}}
		if err := wholeQuantities(audits); (err != nil) != fails {
			t.Errorf("%q: %v", quantity, err)
		}
		dir := filepath.Join(t.TempDir(), "history")
		f, err := Create(dir, headOf(2))
		if err == nil {
			audits[0].Ledger, audits[0].Problems, audits[1].Ledger = sale.NoLedger, []string{"gone"}, sale.NoLedger
			err = f.Finish(Tail{Ended: EndedDone, Audits: audits})
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); (err != nil) != fails {
			t.Errorf("%q in a record: %v", quantity, err)
		}
	}
}
