package check

import (
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

func TestFaultsThatHitNobody(t *testing.T) {
	refused := buy(1, 20, 30, sale.Failed)
	refused.Call = history.Never // the server was not there
	dropped := refused
	dropped.Outcome, dropped.Return = sale.Dropped, history.Never
	for _, tt := range []struct {
		reason   string
		attempts attempts
		faults   []history.Event
		want     []string
	}{
		{"an attempt inside it", attempts{buy(0, 10, 11, sale.OK)}, []history.Event{fault("kill primary", 5, 15)}, nil},
		{"one that was called before and returned after", attempts{buy(0, 0, 20, sale.OK)}, []history.Event{fault("kill primary", 5, 15)}, nil},
		{"one that returned when it began", attempts{buy(0, 0, 5, sale.OK)}, []history.Event{fault("kill primary", 5, 15)}, nil},
		{"one that was called when it ended", attempts{buy(0, 15, 20, sale.OK)}, []history.Event{fault("kill primary", 5, 15)}, nil},
		{"all before and after", attempts{buy(0, 0, 4, sale.OK), buy(1, 16, 20, sale.OK)}, []history.Event{fault("kill primary", 5, 15)},
			[]string{"the fault kill primary, 5.000 ms – 15.000 ms hit nobody: no attempt was open"}},
		{"one that waited for a server that was down", attempts{buy(0, 0, 4, sale.OK), refused}, []history.Event{fault("kill primary", 22, 25)}, nil},
		{"one that was never handed over", attempts{buy(0, 0, 4, sale.OK), dropped}, []history.Event{fault("kill primary", 15, 25)},
			[]string{"the fault kill primary, 15.000 ms – 25.000 ms hit nobody: no attempt was open"}},
		{"one that waited for a server only later", attempts{buy(0, 0, 4, sale.OK), refused}, []history.Event{fault("kill primary", 12, 15)},
			[]string{"the fault kill primary, 12.000 ms – 15.000 ms hit nobody: no attempt was open"}},
		{"of four three are told", attempts{buy(0, 0, 1, sale.OK)}, []history.Event{fault("a", 2, 3), fault("b", 4, 5), fault("c", 6, 7), fault("d", 8, 9)},
			[]string{"the fault a, 2.000 ms – 3.000 ms hit nobody: no attempt was open", "the fault b, 4.000 ms – 5.000 ms hit nobody: no attempt was open",
				"the fault c, 6.000 ms – 7.000 ms hit nobody: no attempt was open", "and 1 more fault hit nobody"}},
		{"a flush matters to whoever comes after", attempts{buy(0, 0, 4, sale.OK), buy(1, 16, 20, sale.OK)}, []history.Event{fault("script-flush", 10, 10)}, nil},
		{"and to nobody who came before", attempts{buy(0, 0, 4, sale.OK)}, []history.Event{fault("script-flush", 10, 10)},
			[]string{"the fault script-flush, at 10.000 ms hit nobody: no attempt was open"}},
		{"a fault that was not healed lasts", attempts{buy(0, 0, 4, sale.OK), buy(1, 16, 20, sale.OK)}, []history.Event{fault("acl", 10, history.Never)}, nil},
		{"but is not felt before it began", attempts{buy(0, 0, 4, sale.OK)}, []history.Event{fault("acl", 10, history.Never)},
			[]string{"the fault acl, from 10.000 ms on and never healed hit nobody: no attempt was open"}},
		{"of many three are told", attempts{buy(0, 0, 1, sale.OK)}, []history.Event{fault("a", 2, 3), fault("b", 4, 5), fault("c", 6, 7), fault("d", 8, 9), fault("e", 0, 9), fault("f", 7, 7)},
			[]string{"the fault a, 2.000 ms – 3.000 ms hit nobody: no attempt was open", "the fault b, 4.000 ms – 5.000 ms hit nobody: no attempt was open",
				"the fault c, 6.000 ms – 7.000 ms hit nobody: no attempt was open", "and 2 more faults hit nobody"}},
		{"no other event has to hit anybody", attempts{buy(0, 0, 1, sale.OK)}, []history.Event{{Kind: history.EventReload, At: 9 * ms, Until: 9 * ms}}, nil},
	} {
		h := newHistory(head(2, one), tt.attempts)
		h.Tail, h.Events = tail(int64(len(tt.attempts)), nothing), tt.faults
		v := mustCheck(t, h)
		if !slices.Equal(v.Doubts, tt.want) {
			t.Errorf("%s: %q, want %q", tt.reason, v.Doubts, tt.want)
		}
		if (v.Opinion == Unknown) != (tt.want != nil) {
			t.Errorf("%s: %s", tt.reason, v.Opinion)
		}
		h.Tail.Attempts++
		if v = mustCheck(t, h); strings.Contains(strings.Join(v.Doubts, " "), "hit nobody") {
			t.Errorf("%s: an attempt that is missing may have been hit: %q", tt.reason, v.Doubts)
		}
	}
}

func TestFaultsOfACase(t *testing.T) {
	kill, pause, flush, acl := fault("kill primary", 10, 20), fault("pause", 15, 40), fault("script-flush", 50, 50), fault("acl -SADD", 60, history.Never)
	for _, tt := range []struct {
		reason    string
		call, ret int64
		faults    []history.Event
		want      []string
	}{
		{"no fault", 1, 2, nil, nil},
		{"inside one", 11, 12, []history.Event{kill, flush}, []string{"during: kill primary, 10.000 ms – 20.000 ms"}},
		{"inside two, told by their begins", 16, 17, []history.Event{pause, kill}, []string{"during: kill primary, 10.000 ms – 20.000 ms", "during: pause, 15.000 ms – 40.000 ms"}},
		{"around an instant", 49, 51, []history.Event{kill, flush}, []string{"during: script-flush, at 50.000 ms"}},
		{"after one", 22, 23, []history.Event{kill, flush}, []string{"2.000 ms after the end of: kill primary, 10.000 ms – 20.000 ms"}},
		{"before one", 47, 48, []history.Event{kill, flush}, []string{"2.000 ms before the begin of: script-flush, at 50.000 ms"}},
		{"inside one that was not healed", 90, 91, []history.Event{kill, acl}, []string{"during: acl -SADD, from 60.000 ms on and never healed"}},
		{"inside many", 100, 900, []history.Event{fault("a", 101, 102), fault("b", 103, 104), fault("c", 105, 106), fault("d", 107, 108), fault("e", 109, 110)},
			[]string{"during: a, 101.000 ms – 102.000 ms", "during: b, 103.000 ms – 104.000 ms", "during: c, 105.000 ms – 106.000 ms", "during 2 more faults"}},
	} {
		h := newHistory(head(3, one), attempts{buy(0, tt.call, tt.ret, sale.OK), buy(1, 0, 1000, sale.SoldOut)})
		h.Tail, h.Events = tail(2, held()), tt.faults
		for _, v := range mustCheck(t, h).Violations {
			if v.Rule == LostSale && !slices.Equal(v.Cases[0].Faults, tt.want) {
				t.Errorf("%s: %q, want %q", tt.reason, v.Cases[0].Faults, tt.want)
			}
		}
	}
}
