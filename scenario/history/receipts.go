package history

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"
	"unicode/utf8"
)

// Receipts is a table of what answers captured, as long as the sinks have not
// seen it. Number 0 is nothing. It is safe for use by many goroutines; the zero
// Receipts is ready.
type Receipts struct {
	mu   sync.Mutex
	next uint32
	kept map[uint32]map[string]string
}

// Keep returns the number of a receipt, which nobody may change from then on.
func (r *Receipts) Keep(receipt map[string]string) uint32 {
	if len(receipt) == 0 {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil {
		r.kept = map[uint32]map[string]string{}
	}
	if r.next++; r.next == 0 { // four billion later the first are long forgotten
		r.next = 1
	}
	r.kept[r.next] = receipt
	return r.next
}

// receipt returns the receipt with number n; nil where there is none.
func (r *Receipts) receipt(n uint32) map[string]string {
	if r == nil || n == 0 {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept[n]
}

// forget drops the receipts of attempts that every sink has seen.
func (r *Receipts) forget(batch []Attempt) {
	for i := range batch {
		if n := batch[i].Receipt; n != 0 {
			r.mu.Lock()
			delete(r.kept, n)
			r.mu.Unlock()
		}
	}
}

// A receiptBytes stands in a receipt for a value that is no UTF-8, which JSON
// cannot hold.
type receiptBytes struct {
	Base64 string `json:"base64"`
}

// encodeReceipt writes a receipt as the record holds it: a JSON object of
// texts. Nothing is the empty text.
func encodeReceipt(receipt map[string]string) string {
	if len(receipt) == 0 {
		return ""
	}
	object := make(map[string]any, len(receipt))
	for name, value := range receipt {
		if object[name] = value; !utf8.ValidString(value) {
			object[name] = receiptBytes{base64.StdEncoding.EncodeToString([]byte(value))}
		}
	}
	text, _ := json.Marshal(object) // texts cannot fail
	return string(text)
}

// decodeReceipt reads what encodeReceipt wrote.
func decodeReceipt(text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return nil, fmt.Errorf("a receipt is no JSON object: %w", err)
	}
	receipt := make(map[string]string, len(object))
	for name, raw := range object {
		var value string
		if json.Unmarshal(raw, &value) != nil {
			var coded receiptBytes
			if err := json.Unmarshal(raw, &coded); err != nil {
				return nil, fmt.Errorf("a receipt has no text for %q", name)
			}
			plain, err := base64.StdEncoding.DecodeString(coded.Base64)
			if err != nil {
				return nil, fmt.Errorf("a receipt has no text for %q: %w", name, err)
			}
			value = string(plain)
		}
		receipt[name] = value
	}
	return receipt, nil
}
