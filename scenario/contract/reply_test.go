package contract

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A serverError is an error as a server answers it.
type serverError string

func (e serverError) Error() string { return string(e) }
func (serverError) RedisError()     {}

var answers = []struct {
	reason string
	reply  any
	err    error
	want   sale.Answer
}{
	{"a number by itself", int64(-1), nil, sale.Answer{Outcome: sale.Duplicate, Left: sale.Untold, Raw: "(integer) -1"}},
	{"one of several numbers", int64(-3), nil, sale.Answer{Outcome: sale.SoldOut, Left: sale.Untold, Raw: "(integer) -3"}},
	{"the low end of a range, which tells the stock", int64(0), nil, sale.Answer{Outcome: sale.OK, Left: 0}},
	{"the high end", int64(99), nil, sale.Answer{Outcome: sale.OK, Left: 99}},
	{"just above it", int64(100), nil, sale.Answer{Outcome: sale.Indeterminate, Defect: sale.UnmappedReply, Left: sale.Untold, Raw: "(integer) 100"}},
	{"the text 0 is not the number 0", "0", nil, sale.Answer{Outcome: sale.Refused, Left: sale.Untold, Raw: `"0"`}},
	{"the text -1 is not the number -1", "-1", nil, sale.Answer{Outcome: sale.Indeterminate, Defect: sale.UnmappedReply, Left: sale.Untold, Raw: `"-1"`}},
	{"nil", nil, nil, sale.Answer{Outcome: sale.NotReady, Left: sale.Untold, Raw: "(nil)"}},
	{"an error the contract names", nil, serverError("ERR LIMIT 4"), sale.Answer{Outcome: sale.OverLimit, Left: sale.Untold, Raw: "ERR LIMIT 4"}},
	{"an error it does not name", nil, serverError("WRONGTYPE x"), sale.Answer{Outcome: sale.Indeterminate, Defect: sale.ScriptError, Left: sale.Untold, Raw: "WRONGTYPE x"}},
	{"an error wrapped on its way", nil, fmt.Errorf("call: %w", serverError("WRONGTYPE x")), sale.Answer{Outcome: sale.Indeterminate, Defect: sale.ScriptError, Left: sale.Untold, Raw: "call: WRONGTYPE x"}},
	{"a wire error is no defect of the script", nil, io.EOF, sale.Answer{Outcome: sale.Indeterminate, Left: sale.Untold, Raw: "EOF"}},
	{"a wire error is no error reply, whatever its text", nil, errors.New("ERR LIMIT"), sale.Answer{Outcome: sale.Indeterminate, Left: sale.Untold, Raw: "ERR LIMIT"}},
	{"an array", []any{int64(-1)}, nil, sale.Answer{Outcome: sale.Indeterminate, Defect: sale.UnmappedReply, Left: sale.Untold, Raw: "1) (integer) -1"}},
	{"a truth value of RESP3", true, nil, sale.Answer{Outcome: sale.Indeterminate, Defect: sale.UnmappedReply, Left: sale.Untold, Raw: "(true)"}},
	{"a fraction of RESP3 is no whole number", 0.5, nil, sale.Answer{Outcome: sale.Indeterminate, Defect: sale.UnmappedReply, Left: sale.Untold, Raw: "(double) 0.5"}},
}

func TestAnswer(t *testing.T) {
	c := loaded(t, shop)
	for _, tt := range answers {
		t.Run(tt.reason, func(t *testing.T) {
			if got := c.Answer(tt.reply, tt.err); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("\n got %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestFirstMatchWins(t *testing.T) {
	c := loaded(t, "version: 1\nscript: shop.lua\nkeys: {}\nbuy: {replies: [{max: 5, outcome: sold_out}, {min: 0, outcome: ok}]}\n")
	for reply, want := range map[int64]sale.Outcome{-1: sale.SoldOut, 0: sale.SoldOut, 5: sale.SoldOut, 6: sale.OK} {
		if got := c.Answer(reply, nil).Outcome; got != want {
			t.Errorf("%d is %v, want %v", reply, got, want)
		}
	}
}

func TestAnswerCost(t *testing.T) {
	c := loaded(t, shop)
	for _, reply := range []any{int64(-1), int64(7), "0", nil} {
		got := testing.AllocsPerRun(100, func() {
			if c.Answer(reply, nil).Defect != sale.NoDefect {
				t.Fatal("not named")
			}
		})
		if got > 0 {
			t.Errorf("%v: %v allocations, want none", reply, got)
		}
	}
}

func BenchmarkAnswer(b *testing.B) {
	c, reply := loaded(b, shop), any(int64(7))
	b.ReportAllocs()
	for b.Loop() {
		if c.Answer(reply, nil).Left != 7 {
			b.Fatal("not named")
		}
	}
}

// The texts are what redis-cli 7.0.15 prints.
func TestPrinted(t *testing.T) {
	tests := []struct {
		reason string
		reply  any
		want   string
	}{
		{"a text with what must be escaped", "a\"b\\c\n\r\t\a\b\x00\xe7", `"a\"b\\c\n\r\t\a\b\x00\xe7"`},
		{"an empty text", "", `""`},
		{"an empty array", []any{}, "(empty array)"},
		{"an array", []any{int64(1), "a", nil}, "1) (integer) 1\n2) \"a\"\n3) (nil)"},
		{"an array in an array", []any{[]any{"a", "b"}, "c"}, "1) 1) \"a\"\n   2) \"b\"\n2) \"c\""},
		{"an array of ten", []any{"1", "2", "3", "4", "5", "6", "7", "8", "9", "x"}, " 1) \"1\"\n 2) \"2\"\n 3) \"3\"\n 4) \"4\"\n 5) \"5\"\n 6) \"6\"\n 7) \"7\"\n 8) \"8\"\n 9) \"9\"\n10) \"x\""},
		{"an error in an array", []any{serverError("ERR x")}, "1) (error) ERR x"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			if got := printed(tt.reply); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestPrintedIsBounded(t *testing.T) {
	deep := any("x")
	for range 100_000 {
		deep = []any{deep}
	}
	wide := make([]any, 100_000)
	for reason, reply := range map[string]any{"long": strings.Repeat("x", 1<<20), "deep": deep, "wide": wide} {
		if got := printed(reply); len(got) > maxPrinted+len("…") {
			t.Errorf("%s: %d bytes", reason, len(got))
		}
	}
}
