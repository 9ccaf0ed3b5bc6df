package report

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// crowdHistory is a burst of 2,000 buyers of three kinds on 500 units, of whom each
// of the bots clicks twice more; one answer of ten of the impatient is lost and
// asked for again.
func crowdHistory() *history.History {
	head := testHead(modelOpen, "constant:20000/s")
	head.Buyers = 2000
	head.Crowd = sale.Crowd{Seed: 1, Kinds: []sale.Kind{{Name: "honest", Share: 0.6}, {Name: "impatient", Share: 0.3}, {Name: "bot", Share: 0.1}}}
	var all []history.Attempt
	for i, a := range arrivals(2000, 500) {
		kind := head.Crowd.KindOf(a.Buyer)
		first := a
		if kind == 1 && i%10 == 0 {
			first.Outcome, first.Granted, first.Left = sale.Indeterminate, 0, sale.Untold
			a.Try, a.Due, a.Call, a.Return = 1, first.Return+ms, first.Return+ms, first.Return+2*ms
			all = append(all, a)
		}
		all = append(all, first)
		for n := range int64(2 * (kind / 2)) {
			click := first
			click.Request += uint32(n+1) * 10_000
			click.Due, click.Call, click.Return = first.Return+(n+1)*ms, first.Return+(n+1)*ms, first.Return+(n+1)*ms+int64(kind)*ms
			click.Outcome, click.Granted, click.Left = sale.Duplicate, 0, sale.Untold
			all = append(all, click)
		}
	}
	tail := testTail(int64(len(all)), 0)
	tail.Kinds = []history.KindCount{{}, {Renewed: 3, Withheld: 17}, {}}
	return record(head, tail, nil, all)
}

// What the kinds have add up to what all have, and each is what the record says
// of its buyers.
func TestKindsAddUp(t *testing.T) {
	h := crowdHistory()
	s := summarize(t, h, validVerdict())
	var buyers, attempts, resends, granted int64
	units := 0.0
	for i := range s.kinds {
		k := &s.kinds[i]
		wanted := kindFigures{}
		came := map[uint32]bool{}
		for batch := range h.Batches() {
			for _, a := range batch {
				if h.Head.Crowd.KindOf(a.Buyer) != i {
					continue
				}
				came[a.Buyer] = true
				wanted.counts[a.Outcome]++
				wanted.granted += int64(a.Granted)
				wanted.resends += int64(oneIf(a.Try > 0))
			}
		}
		if k.buyers != int64(len(came)) || k.counts != wanted.counts || k.granted != wanted.granted || k.resends != wanted.resends {
			t.Errorf("%s: %d buyers, %v, %d units, %d resends; want %d, %v, %d, %d", k.Name, k.buyers, k.counts, k.granted, k.resends, len(came), wanted.counts, wanted.granted, wanted.resends)
		}
		if k.response.count() != k.attempts()-k.silent() || k.response.missed() != k.silent() {
			t.Errorf("%s: %d times and %d without one, of %d attempts", k.Name, k.response.count(), k.response.missed(), k.attempts())
		}
		buyers, attempts, resends, granted = buyers+k.buyers, attempts+k.attempts(), resends+k.resends, granted+k.granted
		units += *s.unitShare(k)
	}
	if buyers != 2000 || attempts != s.Attempts || resends != s.Resends || granted != s.Granted || math.Abs(units-1) > 1e-9 {
		t.Errorf("the kinds have %d buyers, %d attempts, %d resends, %d units; all have 2000, %d, %d, %d; shares sum to %g", buyers, attempts, resends, granted, s.Attempts, s.Resends, s.Granted, units)
	}
	if s.kinds[1].again() != s.kinds[1].resends+3 || *s.kinds[1].withheld() != 17 || s.kinds[1].resends == 0 {
		t.Errorf("impatient: %d resends of %d by the record, %v withheld", s.kinds[1].again(), s.kinds[1].resends, s.kinds[1].withheld())
	}
	if fast, _ := s.kinds[0].response.quantile(.5); fast >= ms {
		t.Errorf("the honest waited %d in the median, and nobody made them", fast)
	}
	if slow, _ := s.kinds[2].response.quantile(.5); slow < 2*ms {
		t.Errorf("the bots waited %d in the median, and their clicks took 2 ms", slow)
	}
}

func TestKindsInEveryReport(t *testing.T) {
	h := crowdHistory()
	s := summarize(t, h, validVerdict())
	written := map[string]string{}
	for name, write := range map[string]Writer{"text": WriteText, "json": WriteJSON, "html": WriteHTML, "markdown": WriteMarkdown} {
		var out bytes.Buffer
		if err := write(&out, s); err != nil {
			t.Fatal(err)
		}
		written[name] = out.String()
	}
	bots := thousands(s.kinds[2].attempts())
	for name, want := range map[string][]string{
		"text": {
			"kinds of buyers        buyers   attempts    resends         ok   sold out  no answer      units", "    bot      ", " " + bots + " ",
			"  response of bot ", "Resends that the budget of their kind did not allow: 17 of impatient.", "60% of them honest, 30% of them impatient, 10% of them bot",
		},
		"html":     {"<h2>Kinds of buyers</h2>", "<th>bot</th>", "<td>" + bots + "</td>", "<td>17</td>", "response by kind (due to return)"},
		"markdown": {"| kind of buyers | buyers |", "| bot |", "| " + bots + " |", "| 17 |"},
	} {
		for _, part := range want {
			if !strings.Contains(written[name], part) {
				t.Errorf("the %s has no %q:\n%s", name, part, written[name])
			}
		}
	}
	for line := range strings.Lines(written["text"]) {
		if len(strings.TrimRight(line, "\n")) > width+2 { // µ is two bytes
			t.Errorf("a line of the text is too long: %s", line)
		}
	}
	var result struct {
		ByKind map[string]struct {
			Share                               float64
			Buyers, Attempts, Resends, Withheld int64
			Counts                              map[string]int64
			Response                            struct{ Count, P50 int64 }
		} `json:"by_kind"`
	}
	if err := json.Unmarshal([]byte(written["json"]), &result); err != nil {
		t.Fatal(err)
	}
	if k := result.ByKind["impatient"]; len(result.ByKind) != 3 || k.Share != 0.3 || k.Withheld != 17 || k.Resends != s.kinds[1].again() || k.Counts["indeterminate"] != s.kinds[1].silent() ||
		k.Attempts != s.kinds[1].attempts() || k.Response.Count != k.Attempts || k.Response.P50 == 0 {
		t.Errorf("result.json has %+v", result.ByKind)
	}
}

// Without a crowd no report speaks of kinds; without a tail nobody knows what was
// withheld.
func TestNoKinds(t *testing.T) {
	var out bytes.Buffer
	s := validBurst(t)
	for _, write := range []Writer{WriteText, WriteJSON, WriteHTML, WriteMarkdown} {
		if err := write(&out, s); err != nil {
			t.Fatal(err)
		}
	}
	for _, word := range []string{"kinds of buyers", "kind of buyers", "Kinds of buyers", "by_kind", "by kind"} {
		if strings.Contains(out.String(), word) {
			t.Errorf("without a crowd a report says %q", word)
		}
	}
	h := crowdHistory()
	h.Tail = nil
	s = summarize(t, h, validVerdict())
	if k := &s.kinds[1]; k.withheld() != nil || k.again() != k.resends || s.withheldLine() != "" || withheldCell(k) != "-" {
		t.Errorf("without a tail %v were withheld", k.withheld())
	}
}

// A percentile of a kind with patience of its own is not claimed to lie beyond the
// timeout.
func TestImpatientKindsAreNotClaimedToHaveWaited(t *testing.T) {
	h := crowdHistory()
	h.Head.Scenario = strings.Replace(h.Head.Scenario, "timeout: 1s", "timeout: 9s", 1)
	s := summarize(t, h, validVerdict())
	if got := s.unanswered(s.response); got == "> 9 s" || got == "> 9.00 s" {
		t.Errorf("what was not answered is said to be %s", got)
	}
	h.Head.Crowd = sale.Crowd{}
	if s = summarize(t, h, validVerdict()); !strings.HasPrefix(s.unanswered(s.response), "> 9") {
		t.Errorf("without a crowd it is said to be %s", s.unanswered(s.response))
	}
}
