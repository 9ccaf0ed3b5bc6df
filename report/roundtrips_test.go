package report

import (
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
)

// Round trips are told where attempts take more than one.
func TestRoundTrips(t *testing.T) {
	for _, test := range []struct {
		reason string
		change func(*history.Links)
		want   *float64
		told   string
	}{
		{"one command each", func(*history.Links) {}, ptr(1.), ""},
		{"a script that was loaded again is no figure", func(l *history.Links) { l.Sent, l.Further = l.Sent+2, 2 }, ptr(1.0001), ""},
		{"one and a half", func(l *history.Links) { l.Sent, l.Further = l.Sent*3/2, l.Sent/2 }, ptr(1.5), "Round trips               1.50 an attempt, in the mean"},
		{"four", func(l *history.Links) { l.Sent, l.Further = 4*l.Sent, 3*l.Sent }, ptr(4.), "Round trips               4.00 an attempt, in the mean"},
	} {
		s := measured(t, func(_ *history.History, tail *history.Tail) { test.change(tail.Links) })
		var text strings.Builder
		if err := WriteText(&text, s); err != nil {
			t.Fatal(err)
		}
		if s.RoundTrips == nil || *s.RoundTrips != *test.want || strings.Contains(text.String(), "Round trips") != (test.told != "") || !strings.Contains(text.String(), test.told) {
			t.Errorf("%s: %v, want %v, and %q in\n%s", test.reason, s.RoundTrips, *test.want, test.told, text.String())
		}
		if got := s.result().RoundTrips; got != s.RoundTrips {
			t.Errorf("%s: result.json has %v", test.reason, got)
		}
	}
	if s := measured(t, func(_ *history.History, tail *history.Tail) { tail.Links = nil }); s.RoundTrips != nil || s.result().RoundTrips != nil {
		t.Errorf("nobody counted: %v", *s.RoundTrips)
	}
	if s := measured(t, func(h *history.History, tail *history.Tail) { h.Batches = record(h.Head, tail, nil, nil).Batches }); s.RoundTrips != nil {
		t.Errorf("nothing was sent: %v", *s.RoundTrips)
	}
}
