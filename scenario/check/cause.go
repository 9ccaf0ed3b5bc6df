package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario/history"
)

// What a cause does to a sale decides which rules it can break.
var (
	// keysGone: a missing stock is read as none or as new, a missing ledger
	// forgets its buyers.
	keysGone = []Rule{Oversell, NegativeStock, DuplicateSale, LostSale, StockMismatch, Undersell, FalseSoldOut, FalseStock, FalseReplay, LateSale, OrderMismatch, ScriptError}
	// writesLost: the server went back to an earlier state.
	writesLost = []Rule{Oversell, DuplicateSale, LostSale, StockMismatch, Undersell, FalseSoldOut, FalseDup, FalseStock, FalseReplay, LateSale, OrderMismatch}
	// halfDone: a script ended between two of its writes.
	halfDone = []Rule{DuplicateSale, LostSale, PhantomSale, StockMismatch, Undersell, FalseDup, FalseSoldOut, FalseStock, OrderMismatch, ScriptError, UnmappedReply}
	// sentAgain: a purchase ran twice, and only the second answer was heard.
	sentAgain = []Rule{DuplicateSale, PhantomSale, StockMismatch, FalseDup, FalseStock, OrderMismatch}
	// ranLate: a purchase ran after its buyer had given up.
	ranLate = []Rule{PhantomSale, StockMismatch, FalseStock, LateSale, OrderMismatch}
	// refusedBefore: the server sent words of its own in the place of an answer.
	refusedBefore = []Rule{UnmappedReply, ScriptError}
)

// A mechanism is how faults of some kinds break rules.
type mechanism struct {
	words []string // what the kind of a fault holds
	text  string
	rules []Rule
}

// mechanisms are tried in this order: the first whose word is in the kind of a
// fault counts.
var mechanisms = []mechanism{
	{[]string{"cut"}, "the last writes were cut off the file that the server was started from", writesLost},
	{[]string{"split", "promote", "failover", "replica", "lag"}, "the failover went to a server that had not got every write", writesLost},
	{[]string{"client"}, "connections were cut or held, and what was on its way ran unheard or late", slices.Concat(sentAgain, []Rule{LateSale})},
	{[]string{"kill", "restart", "term", "shutdown", "crash"}, "the server was stopped, and what it had not saved was gone", writesLost},
	{[]string{"evict", "maxmemory", "memory"}, "the server was short of memory and took keys out", keysGone},
	{[]string{"expire", "pexpire", "del", "delete", "unlink", "flushall", "flushdb", "wrong", "rename"}, "a key that the script needs was taken away", keysGone},
	{[]string{"acl", "perm"}, "the server refused a write in the middle of a script", halfDone},
	{[]string{"config"}, "a setting of the server was changed for a while", keysGone},
	{[]string{"delay", "hold", "pause", "stop", "busy", "timeout", "cancel"}, "requests were held up, and ran after their buyers had given up", ranLate},
	{[]string{"reply", "reset"}, "a reply was lost, and the purchase ran again or without its buyer hearing", sentAgain},
}

// mechanismOf finds how a fault works by its first word; nil: nobody knows.
func mechanismOf(f *history.Event) *mechanism {
	kind, _, _ := strings.Cut(strings.ToLower(f.Text), " ")
	parts := strings.FieldsFunc(kind, func(r rune) bool { return r < 'a' || r > 'z' })
	for i := range mechanisms {
		for _, word := range mechanisms[i].words {
			if slices.Contains(parts, word) {
				return &mechanisms[i]
			}
		}
	}
	return nil
}

// causes lists what makes a case of a rule likely: first the faults that it lies
// in or next to, then what the server counted, then the other faults.
func causes(r Rule, h *history.History, near []history.Event) (likely []string) {
	add := func(rules []Rule, text string) {
		if slices.Contains(rules, r) && !slices.Contains(likely, text) {
			likely = append(likely, text)
		}
	}
	byFaults(near, add)
	if h.Tail != nil && h.Tail.Signs != nil {
		bySigns(h.Tail.Signs, add)
	}
	byFaults(faults(h.Events), add)
	return likely
}

func byFaults(of []history.Event, add func([]Rule, string)) {
	for i := range of {
		if m := mechanismOf(&of[i]); m != nil {
			kind, _, _ := strings.Cut(of[i].Text, " ")
			add(m.rules, fmt.Sprintf("%s (fault %s)", m.text, kind))
		}
	}
}

// bySigns reads the server's counts.
func bySigns(s *history.Signs, add func([]Rule, string)) {
	if s.Evicted > 0 {
		add(keysGone, fmt.Sprintf("eviction took keys (evicted_keys %d)", s.Evicted))
	}
	if s.Expired > 0 {
		add(keysGone, fmt.Sprintf("keys expired (expired_keys %d)", s.Expired))
	}
	if s.Restarted {
		add(writesLost, "the server was started again, or another one answered (its run id changed)")
	}
	before, inside := split(s.Errors)
	if inside != "" {
		add(halfDone, "scripts ended in an error between two of their writes (error replies: "+inside+")")
	}
	if before != "" {
		add(refusedBefore, "the server refused commands (error replies: "+before+")")
	}
}

// beforeAnyWrite are the error replies that come before the first write of a
// script, if they come from inside one at all.
var beforeAnyWrite = []string{
	"NOSCRIPT", "READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "MOVED", "ASK", "NOREPLICAS", "MISCONF", "OOM", "BUSY",
	"NOAUTH", "NOPERM", "CROSSSLOT", "WRONGPASS", "UNBLOCKED",
}

// split lists the error replies with their counts: those that come before any
// write, and those that may come after one.
func split(errors map[string]int64) (before, inside string) {
	var early, late []string
	for _, word := range slices.Sorted(maps.Keys(errors)) {
		one := fmt.Sprintf("%s %d", word, errors[word])
		switch {
		case errors[word] <= 0:
		case slices.Contains(beforeAnyWrite, word):
			early = append(early, one)
		default:
			late = append(late, one)
		}
	}
	return strings.Join(early, ", "), strings.Join(late, ", ")
}
