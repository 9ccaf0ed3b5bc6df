package report

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// pageReads are n reads of the first kind, one every 100 µs, each answered in 300 µs of
// which it waits 100, and three of the second that were not answered.
func pageReads(n int64, texts *history.Texts) []history.Attempt {
	var all []history.Attempt
	for i := range n {
		due := i * 100 * us
		all = append(all, history.Attempt{Due: due, Call: due + 100*us, Return: due + 300*us, Left: sale.Untold, Verb: sale.Read, Outcome: sale.OK})
	}
	failed := history.Attempt{Call: ms, Return: 2 * ms, Left: sale.Untold, Verb: sale.Read, Request: 1, Outcome: sale.Failed, Reply: texts.Keep("WRONGTYPE \x1b[31mno")}
	lost, dropped := failed, failed
	lost.Outcome, lost.Return, lost.Reply = sale.Indeterminate, 900*ms, texts.Keep("i/o timeout")
	dropped.Outcome, dropped.Call, dropped.Return, dropped.Reply = sale.Dropped, history.Never, history.Never, 0
	return append(all, failed, lost, dropped)
}

// besideReads is the run openArrivals with reads beside it, and the same without.
func besideReads(t *testing.T) (with, without *Summary) {
	texts := new(history.Texts)
	reads, bought := pageReads(2000, texts), arrivals(5000, 1000)
	head := testHead(modelOpen, "constant:20000/s")
	head.Objective = "p99<5ms,errors<0.1%,throughput>1000/s"
	without = summarize(t, record(head, measuredTail(bought, 0), texts, bought), validVerdict())
	head.Background = []history.Background{{Read: "stock", Rate: 10000}, {Read: "HGETALL $buyers", Rate: 3}}
	tail := measuredTail(bought, 0)
	tail.Attempts += int64(len(reads))
	all := slices.Concat(reads[:1000], bought, reads[1000:])
	return summarize(t, record(head, tail, texts, all), validVerdict()), without
}

// Reads are in no figure of the sale: whatever is told of it is told as without them,
// but what an attempt took of CPU, for a read is one too.
func TestReadsAreInNoFigureOfTheSale(t *testing.T) {
	with, without := besideReads(t)
	a, b := with.result(), without.result()
	if a.Background == nil || b.Background != nil || *a.Driver.CPUPerAttempt >= *b.Driver.CPUPerAttempt {
		t.Fatalf("background %v and %v, %d and %d ns of CPU an attempt", a.Background, b.Background, *a.Driver.CPUPerAttempt, *b.Driver.CPUPerAttempt)
	}
	if len(with.selfChecks()) > 0 || with.made != with.Recorded+2003 {
		t.Errorf("%v, %d made", with.selfChecks(), with.made)
	}
	a.Background, a.Driver.CPUPerAttempt = nil, b.Driver.CPUPerAttempt
	one, _ := json.MarshalIndent(a, "", " ")
	two, _ := json.MarshalIndent(b, "", " ")
	if !bytes.Equal(one, two) {
		t.Errorf("with reads\n%s\nwithout\n%s", one, two)
	}
	if !reflect.DeepEqual(with.series, without.series) {
		t.Error("the reads are in the timeline")
	}
	live := NewLive(&with.Head)
	live.Append(pageReads(100, new(history.Texts)))
	if s := live.Snapshot(); s.Attempts != 0 || s.Errors != 0 {
		t.Errorf("the reads are in the live view: %+v", s)
	}
}

// A self-check that fails fails beside reads as well.
func TestSelfChecksBesideReads(t *testing.T) {
	with, _ := besideReads(t)
	with.Tail.Links.Sent += 100
	if checks := with.selfChecks(); len(checks) == 0 || !strings.Contains(checks[0], "5,100 attempts were handed to connections") {
		t.Errorf("%v", checks)
	}
}

func TestBackgroundIsReported(t *testing.T) {
	s, _ := besideReads(t)
	doc := decode(t, s)
	list, _ := lookup(doc, "background")
	reads := list.([]any)
	if len(reads) != 2 {
		t.Fatalf("%v", list)
	}
	for i, want := range []map[string]any{
		{"read": "stock", "rate": 1e4, "count": 2000.0, "errors": 0.0, "counts.ok": 2000.0, "response.count": 2000.0, "response.max": float64(300 * us), "service.max": float64(200 * us)},
		{"read": "HGETALL $buyers", "count": 3.0, "errors": 3.0, "counts.failed": 1.0, "counts.indeterminate": 1.0, "counts.dropped": 1.0,
			"response.count": 3.0, "response.not_answered": 3.0, "response.max": nil, "service.not_answered": 2.0},
	} {
		for key := range maps.Keys(want) {
			if got, found := lookup(reads[i], key); !found || got != want[key] {
				t.Errorf("background %d: %s is %v, want %v", i, key, got, want[key])
			}
		}
	}
	var text, html, hlog, metrics bytes.Buffer
	for _, err := range []error{WriteText(&text, s), WriteHTML(&html, s), WriteHlog(&hlog, s), WriteMetrics(&metrics, s)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		"Background stock, 10,000/s asked for: 2,000 reads",
		"Background HGETALL $buyers, 3.00/s asked for: 3 reads, 1 failed, 1 indeterminate, 1 dropped (first: WRONGTYPE",
		"stock (due to return) 2,000 300 µs", "stock (call to return) 2,000 200 µs", "HGETALL $… (due to return) 3 ",
	} {
		if !strings.Contains(strings.Join(strings.Fields(text.String()), " "), want) {
			t.Errorf("the text lacks %q:\n%s", want, text.String())
		}
	}
	if strings.ContainsRune(text.String(), 0x1b) || strings.ContainsRune(html.String(), 0x1b) {
		t.Error("a server's text reaches the terminal as it is")
	}
	for where, want := range map[*bytes.Buffer][]string{
		&html:    {"<dt>Background</dt><dd>stock, 10,000/s asked for: 2,000 reads</dd>", "<h3>stock</h3>", "<th>due to return</th><td>2,000</td>"},
		&hlog:    {"Tag=background.1.response,", "Tag=background.1.service,", "Tag=background.2.response,"},
		&metrics: {`seckill_background_reads_total{read="HGETALL $buyers",outcome="dropped"} 1`, `seckill_background_response_seconds_count{read="stock"} 2000`, `{read="stock",quantile="0.99"} 0.0003`},
	} {
		for _, want := range want {
			if !strings.Contains(where.String(), want) {
				t.Errorf("no %q in what is written", want)
			}
		}
	}
}

// A record may hold reads that its head does not announce, or another tool's verbs; they
// are counted as made, and told nowhere.
func TestReadsOfNoBackground(t *testing.T) {
	stray := pageReads(1, new(history.Texts))[:1]
	stray[0].Request = 9
	s := summarize(t, record(testHead(modelOpen, "constant:1/s"), testTail(1, 1000), nil, stray), validVerdict())
	if s.made != 1 || s.Recorded != 0 || len(s.readFacts())+len(s.readTables()) > 0 {
		t.Errorf("%d made, %d recorded", s.made, s.Recorded)
	}
}
