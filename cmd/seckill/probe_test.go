package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/probe"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// probeBug is a script that is wrong, and where a probe must see what.
type probeBug struct {
	script, twin string
	// class is that of the cases in which the rules must be broken.
	class string
	must  []check.Rule
}

// probeBugs are the rows of the corpus that show one buyer at a time.
var probeBugs = []probeBug{
	{"off-by-one", "once", "drain", []check.Rule{check.Oversell, check.NegativeStock}},
	{"quantity-unchecked", "limited", "above-stock", []check.Rule{check.Oversell, check.NegativeStock}},
	{"wrong-sign", "packed", "drain", []check.Rule{check.Oversell, check.StockMismatch}},
	{"missing-key-sells", "once", "missing-stock", []check.Rule{check.Oversell}},
	{"reinit", "once", "missing-stock", []check.Rule{check.Oversell}},
	{"zero-init", "zero-init-right", "early", []check.Rule{check.Undersell}},
	{"string-compare", "limited", "string-compare", []check.Rule{check.Oversell, check.Undersell}},
	{"dead-condition", "once", "first", []check.Rule{check.FalseDup, check.Undersell}},
	{"dead-global", "once", "first", []check.Rule{check.ScriptError}},
	{"dead-type", "once", "first", []check.Rule{check.ScriptError}},
	{"nil-crash", "once", "missing-stock", []check.Rule{check.ScriptError}},
	{"silent-ok", "cart", "first", []check.Rule{check.UnmappedReply}},
	{"ambiguous-reply", "packed", "drain", []check.Rule{check.PhantomSale, check.StockMismatch}},
	{"negative-drift", "negative-drift-right", "drain", []check.Rule{check.NegativeStock}},
	{"article", "once", "same-again", []check.Rule{check.DuplicateSale, check.StockMismatch}},
	{"article", "once", "missing-stock", []check.Rule{check.Oversell}},
	{"article", "once", "big-ids", []check.Rule{check.PhantomSale, check.LostSale}},
	{"check-without-write", "tokens", "same-again", []check.Rule{check.DuplicateSale}},
	{"timestamped-member", "once", "same-again", []check.Rule{check.DuplicateSale}},
	{"shared-ledger", "once", "two-items", []check.Rule{check.FalseDup}},
	{"refused-after-write", "course", "same-again", []check.Rule{check.StockMismatch}},
	{"partial-effect", "course", "drain", []check.Rule{check.StockMismatch, check.ScriptError}},
	{"reservation-overwritten", "limited", "same-again", []check.Rule{check.StockMismatch}},
	{"release-twice", "reservation-right", "release-twice", []check.Rule{check.StockMismatch, check.Oversell}},
	{"release-twice", "reservation-right", "release-stranger", []check.Rule{check.StockMismatch, check.Oversell}},
	{"fragmentation", "buckets", "drain", []check.Rule{check.Undersell}},
	{"trimmed-orders", "course", "string-compare", []check.Rule{check.OrderMismatch}},
	{"big-id", "course", "big-ids", []check.Rule{check.PhantomSale, check.FalseDup, check.OrderMismatch}},
	{"odd-quantity", "request", "odd-quantity", []check.Rule{check.Oversell, check.ForeignWrite}},
	{"item-mix", "buckets", "item-mix", []check.Rule{check.FalseDup, check.StockMismatch}},
}

// Every wrong script is caught in the cases that are there for it, and no right
// one accused or left in doubt.
func TestProbeFindsBugs(t *testing.T) {
	srv := privateServer(t)
	twins := map[string]bool{}
	seen := map[string]map[string][]check.Rule{}
	for _, row := range probeBugs {
		if seen[row.script] == nil {
			seen[row.script] = brokenIn(t, probeOn(t, srv, mustSell(t, row.script), false))
		}
		for _, rule := range row.must {
			if !slices.Contains(seen[row.script][row.class], rule) {
				t.Errorf("%s: %s did not fire in %s; fired: %v", row.script, rule, row.class, seen[row.script])
			}
		}
		if twins[row.twin] {
			continue
		}
		twins[row.twin] = true
		p := probeOn(t, srv, mustSell(t, row.twin), false)
		if broken := brokenIn(t, p); len(broken) > 0 || p.Opinion() != check.Valid {
			t.Errorf("%s is %s, accused of %v; in doubt: %q", row.twin, p.Opinion(), broken, p.doubts())
		}
	}
}

// On a cluster a key that the script makes itself may be on another node. That
// breaks a promise only where there is one.
func TestProbeOnCluster(t *testing.T) {
	derived := mustSell(t, "cluster-derived")
	promisingCluster(&derived)
	for _, tt := range []struct {
		reason  string
		strat   strategy.Strategy
		broken  bool
		warning string
	}{
		{"a key of another node, and a promise that there is none", derived, true, "touches keys of another node that it does not declare, "},
		{"the same without the promise", mustSell(t, "cluster-derived"), false, "touches keys of another node that it does not declare, "},
		{"what is passed as a key and is none lies in a slot too", mustSell(t, "tokens"), false, "keys not in one slot (CROSSSLOT), 20 of 20 items"},
		{"an error that comes up anywhere says nothing of clusters", mustSell(t, "dead-type"), false, ""},
		{"a library, and one slot for all keys", mustSell(t, "cart"), false, ""},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			p := probeOn(t, privateServer(t), tt.strat, true)
			broken := brokenIn(t, p)
			for _, class := range []string{"cluster", "undeclared-keys"} {
				if got := slices.Contains(broken[class], check.ScriptError); got != tt.broken && tt.strat.Name != "dead-type" {
					t.Errorf("script-error in %s: %v; fired: %v", class, got, broken)
				}
			}
			warned := slices.ContainsFunc(p.warnings(), func(w string) bool { return strings.HasPrefix(w, "cluster: will break") })
			if tt.warning == "" && len(p.warnings()) > 0 {
				t.Errorf("warned of %q", p.warnings())
			}
			if said := strings.Join(p.warnings(), "\n"); warned != (tt.warning != "") || !strings.Contains(said, tt.warning) {
				t.Errorf("warnings %q, want %q", said, tt.warning)
			}
		})
	}
}

// A probe of a script that never sells proves nothing, whatever it refuses with.
func TestProbeOfNothingIsUnknown(t *testing.T) {
	p := probeOn(t, privateServer(t), scriptOf(t, "return 7", `{int: 7, outcome: not_ready}, {int: 1, outcome: ok}`), false)
	if p.Opinion() != check.Unknown || len(p.doubts()) == 0 || p.ExitCode() != exitUnknown {
		t.Errorf("a script that sells nothing is %s, accused of %v, in doubt: %q", p.Opinion(), brokenIn(t, p), p.doubts())
	}
	for _, doubt := range p.doubts() {
		if !strings.HasPrefix(doubt, "drain: ") {
			t.Errorf("a case that is no whole sale is doubted: %s", doubt)
		}
	}
}

// The lines of a case, run by a shell on an empty server, leave what the case
// left.
func TestByHandDoesTheSame(t *testing.T) {
	srv, mine := privateServer(t), privateServer(t)
	real, err := exec.LookPath("redis-cli")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip(err)
	}
	port := mine.Address[strings.LastIndex(mine.Address, ":")+1:]
	bin := t.TempDir()
	client := "#!/bin/sh\nexec " + real + " -p " + port + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "redis-cli"), []byte(client), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	for _, script := range []string{"article", "cart", "odd-quantity"} {
		p := probeOn(t, srv, mustSell(t, script), false)
		if err := p.save(); err != nil {
			t.Fatal(err)
		}
		for _, c := range p.cases {
			if len(c.Steps) > 0 {
				checkByHand(t, mine, filepath.Join(p.dir, c.Name, "by-hand.sh"), script, c.Case)
			}
		}
	}
}

func checkByHand(t *testing.T, srv *server.Server, sh, script string, c *probe.Case) {
	want := server.Keyspace{}
	for _, step := range c.Steps {
		for _, change := range step.Changes {
			if want[change.Key] = change.After; change.After == (server.Value{}) {
				delete(want, change.Key)
			}
		}
	}
	if out, err := exec.Command("redis-cli", "FLUSHALL").CombinedOutput(); err != nil {
		t.Fatal(string(out), err)
	}
	out, err := exec.Command("sh", sh).CombinedOutput()
	if err != nil {
		t.Errorf("%s, %s: %v\n%s", script, c.Name, err, out)
	}
	got, err := srv.Keyspace(t.Context())
	if changes := want.Changes(got); err != nil || len(changes) > 0 {
		t.Errorf("%s, %s by hand differs: %v %v\n%s", script, c.Name, changes, err, out)
	}
}

// What is written is judged again with the same result.
func TestProbeFolderIsJudgedAlike(t *testing.T) {
	srv := privateServer(t)
	for _, script := range []string{"article", "course", "release-twice"} {
		p := probeOn(t, srv, mustSell(t, script), false)
		if err := p.save(); err != nil {
			t.Fatal(err)
		}
		for _, c := range p.cases {
			if c.History == nil {
				continue
			}
			summary, err := judge(filepath.Join(p.dir, c.Name))
			if err != nil {
				t.Fatal(script, c.Name, err)
			}
			if got, want := written(t, filepath.Join(p.dir, c.Name)), listed(t, c.History); got != want {
				t.Errorf("%s, %s: written\n%s\nplayed\n%s", script, c.Name, got, want)
			}
			if got, want := rulesOf(&summary.Verdict), rulesOf(c.verdict); !slices.Equal(got, want) {
				t.Errorf("%s, %s: judged again %v, before %v", script, c.Name, got, want)
			}
		}
		if broken := len(brokenIn(t, p)) > 0; broken == (script == "course") {
			t.Errorf("%s is broken: %v, so the wrong thing was compared", script, broken)
		}
	}
}

func written(t *testing.T, dir string) string {
	h, err := history.Open(filepath.Join(dir, "history"))
	if err != nil {
		t.Fatal(err)
	}
	return listed(t, h)
}

// listed is every attempt with its reply and its receipt, and every event.
func listed(t *testing.T, h *history.History) string {
	var text strings.Builder
	for batch, err := range h.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range batch {
			reply, receipt := h.Texts.Text(a.Reply), h.Receipt(a.Receipt)
			a.Reply, a.Receipt = 0, 0
			fmt.Fprintln(&text, a, reply, receipt)
		}
	}
	fmt.Fprintln(&text, h.Events, h.Tail.Foreign, h.Head.BuyerIDs.List())
	return text.String()
}

// Every line that is not to be pasted fits a terminal.
func TestProbeTextFits(t *testing.T) {
	var out bytes.Buffer
	if err := probeOn(t, privateServer(t), mustSell(t, "article"), false).write(&out); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if pasted := strings.HasPrefix(strings.TrimSpace(line), "redis-cli") || strings.Contains(line, "printf"); !pasted && len([]rune(line)) > textWidth+1 {
			t.Errorf("%d columns: %s", len([]rune(line)), line)
		}
	}
	for _, want := range []string{
		"INVALID  probe, script article on redis: 3 findings in ", "The same rules are broken in further cases\n    - lost-sale, stock-mismatch: odd-ids\n", " same-again: sells twice to one buyer (duplicate-sale", "missing-stock: re-initialises a missing stock",
		"big-ids: loses the last digits of long ids (lost-sale", `       redis-cli EVAL "$(cat article.lua)" 2 seckill:`, "  Not tried\n", "article.lua:19: ",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
}

// probeOn probes a strategy into a folder of the test's.
func probeOn(t *testing.T, srv *server.Server, strat strategy.Strategy, cluster bool) *probed {
	t.Helper()
	p := &probed{strat: &strat, dir: t.TempDir(), on: "redis"}
	p.Name, p.Script, p.Seed = "probe", strat.Name, 1
	if err := p.play(t.Context(), srv, probe.Options{Seed: 1, NoCluster: !cluster}); err != nil {
		t.Fatalf("%s: %v", strat.Name, err)
	}
	return p
}

// brokenIn are the rules that are broken in each class.
func brokenIn(t *testing.T, p *probed) map[string][]check.Rule {
	t.Helper()
	broken := map[string][]check.Rule{}
	for _, c := range p.cases {
		if c.verdict != nil {
			if rules := rulesOf(c.verdict); len(rules) > 0 {
				broken[c.Class] = append(broken[c.Class], rules...)
			}
		}
	}
	return broken
}

func rulesOf(v *check.Verdict) (rules []check.Rule) {
	for _, broken := range v.Violations {
		rules = append(rules, broken.Rule)
	}
	return rules
}

func mustSell(t *testing.T, script string) strategy.Strategy {
	t.Helper()
	s, err := seller(script)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// scriptOf is a script of one stock key, with what its replies mean.
func scriptOf(t *testing.T, source, replies string) strategy.Strategy {
	t.Helper()
	const text = "version: 1\nscript: mine.lua\nkeys: {stock: \"s:{{item}}\"}\nopen: [[SET, $stock, \"{{stock}}\"]]\n" +
		"buy: {keys: [stock], args: [\"{{buyer}}\"], replies: [REPLIES]}\naudit: {stock: {get: stock}}\npromises: {limit: 0, missing_stock: refuse}\n"
	dir := t.TempDir()
	for name, content := range map[string]string{"mine.lua": source, "mine.yaml": strings.ReplaceAll(text, "REPLIES", replies)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, err := contract.Load(os.DirFS(dir), "mine.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return strategy.Script(c)
}

// What was seen before a case that could not be played stands; with nothing
// seen there is no result.
func TestProbeThatBreaksOff(t *testing.T) {
	srv := privateServer(t)
	for _, tt := range []struct {
		script string
		opens  int
		want   check.Opinion // empty: an error
	}{{"once", 0, ""}, {"once", 4, check.Unknown}, {"article", 4, check.Invalid}} {
		s, err := strategy.Find(tt.script, "")
		if err != nil {
			t.Fatal(err)
		}
		open, left := s.OpenFor, tt.opens
		s.OpenFor = func(ctx context.Context, do strategy.Doer, item sale.Item, took sale.Took) error {
			if left--; left < 0 {
				return errors.New("the server is gone")
			}
			return open(ctx, do, item, took)
		}
		p := &probed{strat: &s}
		err = p.play(t.Context(), srv, probe.Options{Seed: 1, NoCluster: true})
		switch {
		case tt.want == "" && err == nil:
			t.Errorf("%s: a probe without a case has a result", tt.script)
		case tt.want != "" && (err != nil || p.Opinion() != tt.want || !strings.Contains(strings.Join(p.AllDoubts(), " "), "the server is gone")):
			t.Errorf("%s: %v, %s %q", tt.script, err, p.Opinion(), p.AllDoubts())
		}
	}
}
