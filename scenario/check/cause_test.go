package check

import (
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

func TestCauses(t *testing.T) {
	kill, cut, lost := fault("kill primary", 0, 5), fault("cut-aof 200000 bytes", 90, 91), fault("drop-reply 5% of the replies", 0, 100)
	for _, tt := range []struct {
		reason string
		rule   Rule
		signs  *history.Signs
		events []history.Event
		want   []string // the beginning of each
	}{
		{"no sign and no fault", LostSale, &history.Signs{}, nil, nil},
		{"nobody asked the server", LostSale, nil, nil, nil},
		{"keys were evicted", LostSale, &history.Signs{Evicted: 12}, nil, []string{"eviction took keys (evicted_keys 12)"}},
		{"eviction names no reply", UnmappedReply, &history.Signs{Evicted: 12}, nil, nil},
		{"keys expired, and another server answered", LostSale, &history.Signs{Expired: 2, Restarted: true}, nil, []string{"keys expired (expired_keys 2)", "the server was started again"}},
		{"errors from inside scripts, by their words", LostSale, &history.Signs{Errors: map[string]int64{"WRONGTYPE": 3, "ERR": 7, "OOM": 9}}, nil,
			[]string{"scripts ended in an error between two of their writes (error replies: ERR 7, WRONGTYPE 3)"}},
		{"errors before any write lose nothing", LostSale, &history.Signs{Errors: map[string]int64{"OOM": 9, "NOSCRIPT": 1}}, nil, nil},
		{"but are replies without a name", UnmappedReply, &history.Signs{Errors: map[string]int64{"OOM": 9, "ERR": 0}}, nil, []string{"the server refused commands (error replies: OOM 9)"}},
		{"the fault beside the case comes first, then signs, then other faults", LostSale, &history.Signs{Restarted: true}, []history.Event{cut, kill},
			[]string{"the server was stopped, and what it had not saved was gone (fault kill)", "the server was started again", "the last writes were cut off"}},
		{"a fault that the case does not lie in", LostSale, nil, []history.Event{cut}, []string{"the last writes were cut off"}},
		{"a lost reply loses no sale", LostSale, nil, []history.Event{lost}, nil},
		{"but one sent again is sold twice", DuplicateSale, nil, []history.Event{lost}, []string{"a reply was lost, and the purchase ran again"}},
		{"a kind that nobody knows", LostSale, nil, []history.Event{fault("killjoy", 0, 5)}, nil},
		{"a word of the target is no kind", LostSale, nil, []history.Event{fault("script-flush kill", 0, 5)}, nil},
		{"two of a kind are one cause", LostSale, nil, []history.Event{kill, fault("kill replica", 6, 7)}, []string{"the server was stopped"}},
	} {
		h := newHistory(head(3, one), nil)
		h.Tail, h.Events = tail(0, nothing), tt.events
		h.Tail.Signs = tt.signs
		near, _ := around(h.Events, attempts{buy(0, 1, 2, sale.OK)})
		got := causes(tt.rule, h, near)
		if !slices.EqualFunc(got, tt.want, strings.HasPrefix) {
			t.Errorf("%s: %q, want %q", tt.reason, got, tt.want)
		}
	}
}

// A case says where it lies and what is likely.
func TestCaseIsExplained(t *testing.T) {
	h := lossy()
	h.Events = []history.Event{fault("kill primary", 3, 5)}
	h.Tail.Signs = &history.Signs{Evicted: 1}
	v := mustCheck(t, h)
	i := slices.IndexFunc(v.Violations, func(v Violation) bool { return v.Rule == LostSale })
	c := v.Violations[i].Cases[0]
	want := []string{"the server was stopped, and what it had not saved was gone (fault kill)", "eviction took keys (evicted_keys 1)"}
	if !slices.Equal(c.Faults, []string{"2.000 ms before the begin of: kill primary, 3.000 ms – 5.000 ms"}) || !slices.Equal(c.Causes, want) {
		t.Errorf("%q, %q", c.Faults, c.Causes)
	}
	h.Tail = nil
	if v = mustCheck(t, h); len(v.Violations) != 0 && len(v.Violations[0].Cases[0].Causes) == 0 {
		t.Errorf("a record without its end still names the fault: %+v", v.Violations[0].Cases[0])
	}
}
