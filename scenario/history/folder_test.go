package history

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
	"pgregory.net/rapid"
)

var replies = []string{"", "ERR user_script:7: no such thing", "(nil)", "售罄", "\x00\xff"}

// anyAttempt draws an attempt whose numbers reach to their limits. Its reply
// is a number in replies.
func anyAttempt(items int) *rapid.Generator[Attempt] {
	instant := rapid.OneOf(rapid.Just(int64(Never)), rapid.Int64(), rapid.Int64Range(0, 1e9))
	return rapid.Custom(func(t *rapid.T) Attempt {
		return Attempt{
			Due: rapid.Int64().Draw(t, "due"), Call: instant.Draw(t, "call"), Return: instant.Draw(t, "return"),
			Left:  rapid.OneOf(rapid.Just(int64(sale.Untold)), rapid.Int64()).Draw(t, "left"),
			Start: rapid.Uint32().Draw(t, "start"), Buyer: rapid.Uint32().Draw(t, "buyer"),
			Request: rapid.Uint32().Draw(t, "request"), Reply: rapid.Uint16Range(0, uint16(len(replies)-1)).Draw(t, "reply"),
			Quantity: rapid.Int32().Draw(t, "quantity"), Granted: rapid.Int32().Draw(t, "granted"),
			Item: uint16(rapid.IntRange(0, items-1).Draw(t, "item")), Try: rapid.Uint8().Draw(t, "try"),
			Verb:    rapid.SampledFrom([]sale.Verb{sale.Buy, sale.Release, sale.Confirm}).Draw(t, "verb"),
			Outcome: rapid.SampledFrom(sale.Outcomes).Draw(t, "outcome"),
			Defect:  rapid.SampledFrom([]sale.Defect{sale.NoDefect, sale.UnmappedReply, sale.ScriptError}).Draw(t, "defect"),
		}
	})
}

func headOf(items int) Head {
	head := Head{Version: Version, Name: "test", Seed: math.MaxUint64, Started: time.Unix(1, 2).UTC(), Model: "burst"}
	for i := range items {
		head.Items = append(head.Items, sale.Item{ID: fmt.Sprint("item ", i), Stock: int64(i)})
	}
	return head
}

// all reads every attempt, in the order of the record, with each reply's text.
func all(t interface{ Fatal(...any) }, h *History) (attempts []Attempt, texts []string) {
	for batch, err := range h.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range batch {
			texts = append(texts, h.Texts.Text(a.Reply))
			a.Reply = 0
			attempts = append(attempts, a)
		}
	}
	return attempts, texts
}

func TestRecordGoesRoundTrip(t *testing.T) {
	parent := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.IntRange(1, 300).Draw(t, "items")
		attempts := rapid.SliceOfN(anyAttempt(items), 0, 300).Draw(t, "attempts")
		dir, err := os.MkdirTemp(parent, "")
		if err != nil {
			t.Fatal(err)
		}
		f, err := Create(dir, headOf(items))
		if err != nil {
			t.Fatal(err)
		}
		texts := new(Texts)
		numbers := make([]uint16, len(replies))
		for i, reply := range replies {
			numbers[i] = texts.Keep(reply)
		}
		f.reads(texts, new(Receipts))
		for rest := attempts; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "batch")
			batch := slices.Clone(rest[:n])
			for i := range batch {
				batch[i].Reply = numbers[batch[i].Reply]
			}
			if err := errors.Join(f.Append(batch), f.Flush()); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		h, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		got, told := all(t, h)
		again, _ := all(t, h)
		for i, a := range attempts {
			if told[i] != replies[a.Reply] {
				t.Fatalf("reply %q comes back as %q", replies[a.Reply], told[i])
			}
			attempts[i].Reply = 0
		}
		if !slices.Equal(got, attempts) || !slices.Equal(again, attempts) {
			t.Fatalf("put %+v, got %+v, and again %+v", attempts, got, again)
		}
	})
}

func TestHeadTailEventsAndLedgerGoRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "history")
	head := headOf(2)
	head.Server.Config = map[string]*string{"maxmemory": new("0"), "appendonly": nil}
	f, err := Create(dir, head)
	if err != nil {
		t.Fatal(err)
	}
	events := []Event{
		{At: 1, Until: 2, Kind: "reload", Text: "again"},
		{At: -5, Until: Never, Kind: "restock", Item: 1, Units: math.MaxInt64},
	}
	for _, e := range events {
		f.Event(e)
	}
	tail := Tail{
		Finished: time.Unix(3, 4).UTC(), Ended: EndedInterrupted, Reason: "SIGINT", Attempts: 7, Warnings: []string{"slow"},
		Audits: []sale.Audit{
			{Ledger: sale.NoLedger, Problems: []string{"WRONGTYPE"}},
			{Stock: new(int64(-1)), Ledger: sale.Units, Holdings: []sale.Holding{
				{Buyer: "1", Units: 2}, {Buyer: "", Units: -1}, {Buyer: "\xff\x00", Units: math.MaxInt64},
			}, Orders: &sale.Orders{Fields: []string{"buyer", "item"}, Rows: [][]string{{"1", "7"}, {"", "\xff\x00"}}},
				Booked: &sale.Booked{Left: new(int64(9)), Orders: sale.Orders{Fields: []string{"buyer", "request", "qty", "id"}, Rows: [][]string{{"1", "7", "2", ""}, {"\xff", "", "-1", "8"}}}}},
		},
	}
	if err := f.Finish(tail); err != nil {
		t.Fatal(err)
	}
	h, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(h.Head, head) {
		t.Errorf("the head comes back as %+v", h.Head)
	}
	if !reflect.DeepEqual(*h.Tail, tail) {
		t.Errorf("the tail comes back as %+v", *h.Tail)
	}
	if !slices.Equal(h.Events, events) {
		t.Errorf("the events come back as %+v", h.Events)
	}
	if got, _ := all(t, h); len(got) != 0 {
		t.Errorf("%d attempts come from nowhere", len(got))
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*"+part)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A ledger is read into little room: by number whoever is a buyer and holds one
// unit, all others as they stand there.
func TestLedgerIsReadIntoLittleRoom(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	head := headOf(2)
	head.BuyerIDs = sale.BuyerIDs{From: 10}
	f, err := Create(dir, head)
	if err != nil {
		t.Fatal(err)
	}
	first := []sale.Holding{{Buyer: "9", Units: 1}, {Buyer: "010", Units: 1}, {Buyer: "10", Units: 2}, {Buyer: "x", Units: 1}}
	second := slices.Clone(first)
	for n := range uint32(3 * groupSize) {
		second = append(second, sale.Holding{Buyer: head.BuyerIDs.ID(n), Units: 1})
	}
	audits := []sale.Audit{{Ledger: sale.Units, Holdings: first}, {Ledger: sale.Units, Holdings: second}}
	if err := f.Finish(Tail{Ended: EndedDone, Audits: audits}); err != nil {
		t.Fatal(err)
	}
	h, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range audits {
		got := &h.Tail.Audits[i]
		if !slices.Equal(got.Holdings, first) || len(got.Singles.Numbers) != len(want.Holdings)-len(first) {
			t.Errorf("audit %d holds %v and %d by number", i, got.Holdings, len(got.Singles.Numbers))
		}
		if !slices.Equal(slices.Collect(got.All()), want.Holdings) {
			t.Errorf("audit %d is another", i)
		}
	}
}

// Segments are decoded ahead: who stops early leaves nothing running, and a later
// segment that is damaged spoils none before it.
func TestReadingAhead(t *testing.T) {
	dir := writeAttempts(t, realistic(3*segmentSize+10))
	h, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) { // fails if a goroutine is left
		for batch, err := range h.Batches() {
			if err != nil || len(batch) != segmentSize {
				t.Fatalf("%d attempts, %v", len(batch), err)
			}
			break
		}
	})
	path := filepath.Join(dir, fmt.Sprintf(segmentFile, 2))
	if err := os.WriteFile(path, []byte("no file of ours"), 0o644); err != nil {
		t.Fatal(err)
	}
	batches, failed := 0, 0
	for batch, err := range h.Batches() {
		switch {
		case err == nil && len(batch) == segmentSize:
			batches++
		case err != nil && batch == nil && strings.Contains(err.Error(), path):
			failed++
		default:
			t.Errorf("%d attempts, %v", len(batch), err)
		}
	}
	if batches != 2 || failed != 1 {
		t.Errorf("%d batches and %d errors before and at the damage", batches, failed)
	}
}

func TestSegmentsAreClosedBySize(t *testing.T) {
	attempts := realistic(2*segmentSize + 10)
	dir := filepath.Join(t.TempDir(), "history")
	f, err := Create(dir, headOf(1))
	if err != nil {
		t.Fatal(err)
	}
	texts := new(Texts)
	texts.Keep("lost")
	f.reads(texts, new(Receipts))
	if err := f.Append(attempts); err != nil { // in one piece
		t.Fatal(err)
	}
	h, err := Open(dir)
	if err != nil || h.Tail != nil {
		t.Fatalf("a record without a tail: %v, %v", h, err)
	}
	if got, _ := all(t, h); len(got) != 2*segmentSize {
		t.Errorf("%d attempts are on disk before the last segment is", len(got))
	}
	if err := f.Finish(Tail{Ended: EndedDone}); err != nil {
		t.Fatal(err)
	}
	if h, err = Open(dir); err != nil || h.Tail == nil {
		t.Fatalf("a record with a tail: %v, %v", h, err)
	}
	if got, _ := all(t, h); len(got) != len(attempts) || got[len(got)-1].Return != attempts[len(attempts)-1].Return {
		t.Errorf("%d of %d attempts come back", len(got), len(attempts))
	}
}

func TestRecordOnDiskIsASecondBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "history")
		f, err := Create(dir, headOf(1))
		if err != nil {
			t.Fatal(err)
		}
		r := NewRecorder(f)
		defer r.Close()
		for second := range 3 {
			reply := fmt.Sprint("reply ", second)
			r.Put(&Attempt{Verb: sale.Buy, Outcome: sale.OK, Reply: r.Texts.Keep(reply)})
			time.Sleep(beatsToFlush*beat + time.Millisecond)
			synctest.Wait()
			h, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			if _, texts := all(t, h); len(texts) != second+1 || texts[second] != reply {
				t.Errorf("a second after attempt %d the record holds %q", second, texts)
			}
		}
	})
}

// A million attempts are a sixth of their size in memory.
func TestRecordIsSmall(t *testing.T) {
	attempts := realistic(200_000)
	dir := writeAttempts(t, attempts)
	each := float64(sizeOf(t, dir)) / float64(len(attempts))
	t.Logf("%.1f bytes an attempt", each)
	if each > 20 {
		t.Errorf("%.1f bytes an attempt, more than 20", each)
	}
}

func TestFullDiskNamesTheFile(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	for _, name := range []string{"attempts-00000.parquet", eventsFile, ledgerFile, ordersFile, bookedFile, tailFile} {
		dir := filepath.Join(t.TempDir(), "history")
		f, err := Create(dir, headOf(1))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/dev/full", filepath.Join(dir, name+part)); err != nil {
			t.Fatal(err)
		}
		err = f.Append(realistic(1))
		if err == nil {
			err = f.Finish(Tail{Ended: EndedDone, Audits: []sale.Audit{{Ledger: sale.NoLedger, Orders: &sale.Orders{Fields: []string{"buyer"}}, Booked: &sale.Booked{Orders: sale.Orders{Fields: bookFields}}}}})
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s on a full disk: %v", name, err)
		}
		if h, err := Open(dir); err != nil || h.Tail != nil {
			t.Errorf("%s on a full disk: what is left reads as %v, %v", name, h, err)
		}
		if name == "attempts-00000.parquet" && f.Append(realistic(1)) == nil {
			t.Errorf("the folder goes on after a full disk, with a segment missing")
		}
	}
}

func TestCreateRefusesAFolderInUse(t *testing.T) {
	dir := t.TempDir()
	if _, err := Create(dir, headOf(1)); err != nil {
		t.Errorf("an empty folder is refused: %v", err)
	}
	if _, err := Create(dir, headOf(1)); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a record is written over: %v", err)
	}
	file := filepath.Join(dir, headFile)
	if _, err := Create(file, headOf(1)); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file is taken for a folder: %v", err)
	}
}

// What answers captured comes back byte for byte, also over a reader's buffers
// that are used again.
func TestReceiptsGoRoundTrip(t *testing.T) {
	receipts := []map[string]string{{"order": "9007199254740993"}, {"order": "\xff\x00", "a b": "\"售罄\""}, nil, {"": ""}}
	dir := filepath.Join(t.TempDir(), "history")
	f, err := Create(dir, headOf(1))
	if err != nil {
		t.Fatal(err)
	}
	var m Memory
	r := NewRecorder(f, &m)
	for i := range 3 * len(receipts) {
		a := Attempt{Verb: sale.Buy, Outcome: sale.OK, Buyer: uint32(i), Receipt: r.Receipts.Keep(receipts[i%len(receipts)])}
		if r.Put(&a); i%5 == 4 {
			r.closeEarly()
		}
	}
	if err := errors.Join(r.Close(), f.Finish(Tail{Ended: EndedDone})); err != nil {
		t.Fatal(err)
	}
	if n := len(r.Receipts.kept); n != 0 {
		t.Errorf("%d receipts are kept although every sink has seen them", n)
	}
	onDisk, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for where, h := range map[string]*History{"on disk": onDisk, "in memory": m.History(Head{}, nil)} {
		for batch, err := range h.Batches() {
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range batch {
				if got, want := h.Receipt(a.Receipt), receipts[int(a.Buyer)%len(receipts)]; !maps.Equal(got, want) {
					t.Errorf("%s: buyer %d has %q, want %q", where, a.Buyer, got, want)
				}
			}
		}
	}
}

func TestListedBuyersGoRoundTrip(t *testing.T) {
	head := headOf(1)
	head.BuyerIDs.File = "ids.txt"
	var err error
	if head.BuyerIDs, err = head.BuyerIDs.Listed([]string{"9007199254740992", "9007199254740993", "a \"b\"\x00\xff", "0"}); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "history")
	if _, err := Create(dir, head); err != nil {
		t.Fatal(err)
	}
	h, err := Open(dir)
	if err != nil || !slices.Equal(h.Head.BuyerIDs.List(), head.BuyerIDs.List()) {
		t.Errorf("the ids come back as %q, %v", h.Head.BuyerIDs.List(), err)
	}
	os.Remove(filepath.Join(dir, buyersFile))
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), buyersFile) {
		t.Errorf("without the ids: %v", err)
	}
}
