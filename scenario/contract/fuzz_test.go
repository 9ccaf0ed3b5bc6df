package contract

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// Whatever bytes a contract is made of, it loads and works, or says in a line
// what is wrong with it.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(shop))
	f.Add([]byte("version: 1\nscript: shop.lua\nkeys: {}\nbuy: {replies: [{int: 1, outcome: ok}]}\n"))
	f.Add([]byte("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"))
	f.Add([]byte("{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{"))
	f.Add([]byte("? [a]\n: !!binary x\n<<: {}\n"))
	f.Add([]byte(market))
	for _, tt := range refusals {
		f.Add([]byte(minimal(tt.lines)))
	}
	for _, tt := range brokenContracts {
		f.Add([]byte(strings.Replace(shop, tt.old, tt.new, 1)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Load(shelf(string(text)), "shop.yaml")
		if err != nil {
			if wrong := (*Error)(nil); !errors.As(err, &wrong) || strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("%T %q", err, err)
			}
			return
		}
		if _, err := c.Keys(item); err != nil {
			return // two names for a key of this item
		}
		open, err := opened(c, sale.Took{Buyers: slices.Values([]sale.Purchase{purchase})})
		if err != nil {
			return // a template that fails for this item
		}
		args, err := c.Append(nil, &purchase)
		if err != nil {
			return // or for this purchase
		}
		c.Audit(t.Context(), books{}, item, sale.Took{})
		for _, words := range append(open, args) {
			if slices.ContainsFunc(words, func(w any) bool { _, isText := w.(string); return !isText }) {
				t.Fatalf("%v has a word that is no text", words)
			}
		}
	})
}

// Whatever a server answers, it is filed under one of the outcomes, and what
// no rule names is never a sale.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("i\x00\x00\x00\x00\x00\x00\x00\x01"))
	f.Add([]byte("s\x01" + "0"))
	f.Add([]byte("a\x02n" + "a\x01s\x00"))
	f.Add([]byte("e\x09ERR LIMIT"))
	f.Add([]byte("w\x03EOF"))
	f.Add([]byte("d\x7f\xf8\x00\x00\x00\x00\x00\x01"))
	c := loaded(f, shop)
	f.Fuzz(func(t *testing.T, text []byte) {
		reply, err := decodeReply(&text, 0), error(nil)
		if failed, isError := reply.(error); isError {
			reply, err = nil, failed
		}
		a := c.Answer(reply, err)
		number, isNumber := reply.(int64)
		sold := err == nil && isNumber && number >= 0 && number <= 99
		switch {
		case a.Outcome < sale.OK || a.Outcome > sale.Indeterminate:
			t.Fatalf("%#v is filed as %v", reply, a.Outcome)
		case sold != (a.Outcome == sale.OK):
			t.Fatalf("%#v is %v", reply, a.Outcome)
		case sold && a.Left != number || !sold && a.Left != sale.Untold:
			t.Fatalf("%#v leaves %d", reply, a.Left)
		case a.Defect != sale.NoDefect && a.Outcome != sale.Indeterminate:
			t.Fatalf("%#v is a defect and %v", reply, a.Outcome)
		case len(a.Raw) > maxPrinted+len("…"):
			t.Fatalf("the reply is kept in %d bytes", len(a.Raw))
		}
	})
}

// Whatever a server answers, it is filed in the same way under a contract that
// looks into replies; what is captured is bytes of the reply.
func FuzzAnswerParts(f *testing.F) {
	f.Add([]byte("a\x03s\x02OKi\x00\x00\x00\x00\x00\x00\x00\x05s\x10{\"n\":2,\"id\":\"x\"}"))
	f.Add([]byte("s\x0dLEFT:3:\x00\xff"))
	f.Add([]byte("s\x0a{\"code\":1}"))
	c := loaded(f, market)
	f.Fuzz(func(t *testing.T, text []byte) {
		reply, err := decodeReply(&text, 0), error(nil)
		if failed, isError := reply.(error); isError {
			reply, err = nil, failed
		}
		a := c.Answer(reply, err)
		switch _, captured := a.Receipt["token"]; {
		case a.Outcome < sale.OK || a.Outcome > sale.Indeterminate:
			t.Fatalf("%#v is filed as %v", reply, a.Outcome)
		case captured != (a.Outcome == sale.OK) || a.Outcome == sale.OK && a.Left == sale.Untold:
			t.Fatalf("%#v is %+v", reply, a)
		case a.Granted < 0 || len(a.Raw) > maxPrinted+len("…"):
			t.Fatalf("%#v is %+v", reply, a)
		}
	})
}

// decodeReply makes a reply of bytes: a letter for its kind, then its value.
func decodeReply(text *[]byte, depth int) any {
	take := func(n int) []byte {
		part := (*text)[:min(n, len(*text))]
		*text = (*text)[len(part):]
		return part
	}
	word := func() string { return string(take(int(append(take(1), 0)[0]))) }
	switch kind := append(take(1), 0)[0]; {
	case kind == 'i':
		return int64(binary.BigEndian.Uint64(append(take(8), make([]byte, 8)...)))
	case kind == 's':
		return word()
	case kind == 'e':
		return serverError(word())
	case kind == 'w':
		return errors.New(word())
	case kind == 'b':
		return len(*text)%2 == 0
	case kind == 'd':
		return math.Float64frombits(binary.BigEndian.Uint64(append(take(8), make([]byte, 8)...)))
	case kind == 'a' && depth < 50:
		elements := make([]any, append(take(1), 0)[0])
		for i := range elements {
			elements[i] = decodeReply(text, depth+1)
		}
		return elements
	}
	return nil
}
