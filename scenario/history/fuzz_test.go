package history

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// seed adds the files of a record that match the pattern, and a few wrecks.
func seed(f *testing.F, pattern string) {
	paths, err := filepath.Glob(filepath.Join(few(f), pattern))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no %s: %v", pattern, err)
	}
	for _, path := range paths {
		file, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
		f.Add(file[:len(file)/2])
		f.Add(bytes.ReplaceAll(file, []byte(sealMark), bytes.ToUpper([]byte(sealMark)))) // the seal is not found
	}
	f.Add([]byte(nil))
	f.Add([]byte("PAR1\x00\x00\x00\x00PAR1"))
	f.Add([]byte("{}"))
}

func FuzzSegment(f *testing.F) {
	seed(f, segments)
	f.Fuzz(func(t *testing.T, file []byte) {
		texts := new(Texts)
		batch, err := new(segmentReader).read(bytes.Clone(file), 3, texts)
		if err != nil {
			return
		}
		for _, a := range batch {
			if a.Item >= 3 || a.Outcome < sale.OK || a.Outcome > sale.Dropped || a.Verb < sale.Buy || a.Verb > sale.Confirm || a.Defect > sale.ScriptError {
				t.Fatalf("an attempt that cannot be: %+v", a)
			}
		}
	})
}

func FuzzEvents(f *testing.F) {
	seed(f, eventsFile)
	f.Fuzz(func(t *testing.T, file []byte) { decodeEvents(bytes.Clone(file)) })
}

func FuzzLedger(f *testing.F) {
	seed(f, ledgerFile)
	f.Fuzz(func(t *testing.T, file []byte) {
		decodeLedger(bytes.Clone(file), make([]sale.Audit, 2), sale.BuyerIDs{From: 1})
	})
}

func FuzzOrders(f *testing.F) {
	seed(f, ordersFile)
	f.Fuzz(func(t *testing.T, file []byte) {
		audits := []sale.Audit{{}, {Orders: &sale.Orders{Fields: []string{"buyer", "order"}}}}
		if decodeOrders(bytes.Clone(file), audits, audits[1].Orders.Fields, ordersOf) != nil {
			return
		}
		for _, row := range audits[1].Orders.Rows {
			if len(row) != 2 {
				t.Fatalf("an order with %d fields of 2", len(row))
			}
		}
	})
}

func FuzzBooked(f *testing.F) {
	seed(f, bookedFile)
	f.Fuzz(func(t *testing.T, file []byte) {
		audits := []sale.Audit{{Booked: &sale.Booked{Orders: sale.Orders{Fields: bookFields}}}}
		if decodeOrders(bytes.Clone(file), audits, bookFields, bookedOf) != nil || wholeQuantities(audits) != nil {
			return
		}
		for _, row := range audits[0].Booked.Orders.Rows {
			if _, err := strconv.ParseInt(row[2], 10, 64); len(row) != 3 || err != nil {
				t.Fatalf("an order %q", row)
			}
		}
	})
}

func FuzzReceipt(f *testing.F) {
	for _, text := range []string{"", "{}", `{"a":"b","c":{"base64":"/w=="}}`, `{"a":1}`, `{"a":{"base64":"!"}}`, "[", "null"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		receipt, err := decodeReceipt(text)
		if err != nil {
			return
		}
		if again, err := decodeReceipt(encodeReceipt(receipt)); err != nil || !maps.Equal(receipt, again) {
			t.Fatalf("%q comes back as %q, %v", receipt, again, err)
		}
	})
}

func FuzzHead(f *testing.F) {
	seed(f, headFile)
	f.Fuzz(func(t *testing.T, text []byte) {
		var head Head
		if parseHead("head.json", text, &head) == nil && (head.Version != Version || len(head.Items) == 0) {
			t.Fatalf("a head that cannot be: %+v", head)
		}
	})
}

func FuzzTail(f *testing.F) {
	seed(f, tailFile)
	f.Fuzz(func(t *testing.T, text []byte) {
		if tail, err := parseTail("tail.json", text, 1); err == nil && (tail.Ended == "" || len(tail.Audits) > 1) {
			t.Fatalf("a tail that cannot be: %+v", tail)
		}
	})
}
