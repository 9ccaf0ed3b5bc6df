package main

import (
	"slices"

	"github.com/seckill-bench/seckill/lua"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// A bug is one way to get a purchase script wrong that the judge must catch.
type bug struct {
	class string
	// script shows it, twin does the same thing right: each a script of
	// lua/corpus, or a built-in strategy.
	script, twin string
	// must are the rules that must fire on the script. None may on the twin.
	must []check.Rule
	// flags are those of the sale that shows it; wrong are further ones of the
	// script's sale, right of its twin's.
	flags, wrong, right string
	// fault is what goes wrong meanwhile; empty: nothing.
	fault string
	// probed is the class of the cases of a probe that show it; empty: a sale does.
	probed string
	// around is what happens to both beside the sale; misuse is what the caller
	// does wrong with a script that is right. Both may be nil.
	around, misuse change
	// counted: no rule is broken, but the run counts that scripts were reloaded.
	counted bool
	// real: the embedded server does not do what it takes.
	real bool
}

// Sales that many bugs show up in: a dozen small ones under one roof, one after
// the other, with 1, 2, 4 and 25 buyers inside. In repeats everybody comes two
// or three times.
const (
	small    = "--timeout 250ms --conns pool:25 --arrivals closed:1,2,4,25 "
	drained  = small + "--items 12 --stock 1..8 --buyers 240"
	repeats  = drained + " --attempts 2..3"
	inPairs  = small + "--items 12 --stock 1..9 --buyers 240 --quantity 2 --limit 4 --attempts 2..3"
	steady   = "--timeout 250ms --conns pool:25 --arrivals constant:4000/s --stock 1500 --buyers 2400 "
	crowded  = "--timeout 250ms --conns pool:25 --arrivals closed:25 --items 4 --stock 20 --buyers 240"
	together = "--timeout 250ms --conns pool:8 --arrivals closed:8 "
)

// bugs is the corpus: each row was seen in public code or reports.
var bugs = []bug{
	{class: "off-by-one", script: "off-by-one", twin: "once", flags: drained,
		must: []check.Rule{check.Oversell, check.NegativeStock}},
	{class: "quantity-unchecked", script: "quantity-unchecked", twin: "limited", flags: inPairs,
		must: []check.Rule{check.Oversell, check.NegativeStock}},
	{class: "wrong-sign", script: "wrong-sign", twin: "packed", flags: drained,
		must: []check.Rule{check.Oversell, check.StockMismatch}},
	{class: "missing-key-sells", script: "missing-key-sells", twin: "once", flags: drained, around: losingStock,
		must: []check.Rule{check.Oversell}},
	{class: "reinit", script: "reinit", twin: "once", flags: drained, around: losingStock,
		must: []check.Rule{check.Oversell}},
	{class: "zero-init", script: "zero-init", twin: "zero-init-right", flags: drained, around: comingEarly,
		must: []check.Rule{check.Undersell}},
	{class: "string-compare", script: "string-compare", twin: "limited",
		flags: small + "--items 40 --stock 20..130 --buyers 800 --quantity 12 --limit 24",
		must:  []check.Rule{check.Oversell, check.Undersell}},
	{class: "dead", script: "dead-condition", twin: "once", flags: drained,
		must: []check.Rule{check.FalseDup, check.Undersell}},
	{class: "dead", script: "dead-global", twin: "once", flags: drained, real: true,
		must: []check.Rule{check.ScriptError}},
	{class: "dead", script: "dead-type", twin: "once", flags: drained, real: true,
		must: []check.Rule{check.ScriptError}},
	{class: "nil-crash", script: "nil-crash", twin: "once", flags: drained, around: losingStock, real: true,
		must: []check.Rule{check.ScriptError}},
	{class: "silent-ok", script: "silent-ok", twin: "cart", flags: drained,
		must: []check.Rule{check.UnmappedReply}},
	{class: "ambiguous-reply", script: "ambiguous-reply", twin: "packed", flags: drained,
		must: []check.Rule{check.PhantomSale, check.StockMismatch}},
	{class: "negative-drift", script: "negative-drift", twin: "negative-drift-right", flags: drained,
		must: []check.Rule{check.NegativeStock}},
	{class: "no-dedupe", script: "article", twin: "once", flags: repeats,
		must: []check.Rule{check.DuplicateSale, check.StockMismatch}},
	{class: "check-without-write", script: "check-without-write", twin: "tokens", flags: repeats,
		must: []check.Rule{check.DuplicateSale}},
	{class: "timestamped-member", script: "timestamped-member", twin: "once", flags: repeats,
		must: []check.Rule{check.DuplicateSale}},
	{class: "shared-ledger", script: "shared-ledger", twin: "once", misuse: sellingTogether,
		flags: together + "--items 4 --stock 20 --buyers 40 --attempts 4",
		must:  []check.Rule{check.FalseDup}},
	{class: "ledger-expiry", script: "ledger-expiry", twin: "once", around: pausing, real: true,
		flags: small + "--items 3 --stock 8 --buyers 12 --attempts 2",
		must:  []check.Rule{check.DuplicateSale}},
	{class: "refused-after-write", script: "refused-after-write", twin: "course", flags: repeats,
		must: []check.Rule{check.StockMismatch}},
	{class: "partial-effect", script: "partial-effect", twin: "course", flags: drained, real: true,
		must: []check.Rule{check.StockMismatch, check.ScriptError}},
	{class: "reservation-lost", script: "reservation-expires", twin: "reservation-right", around: auditingLate, real: true,
		flags: drained + " --abandon 0.5",
		must:  []check.Rule{check.StockMismatch}},
	{class: "reservation-lost", script: "reservation-overwritten", twin: "limited",
		flags: small + "--items 12 --stock 20..39 --buyers 96 --quantity 2 --limit 4 --attempts 2..3",
		must:  []check.Rule{check.StockMismatch}},
	{class: "release-twice", script: "release-twice", twin: "reservation-right",
		flags: small + "--items 12 --stock 1..8 --buyers 480 --release 0.7 --double-click 1",
		must:  []check.Rule{check.StockMismatch, check.Oversell}},
	{class: "fragmentation", script: "fragmentation", twin: "buckets",
		flags: small + "--items 12 --stock 8 --buyers 120",
		must:  []check.Rule{check.Undersell}},
	{class: "trimmed-orders", script: "trimmed-orders", twin: "course",
		flags: small + "--items 12 --stock 6..9 --buyers 240",
		must:  []check.Rule{check.OrderMismatch}},
	{class: "big-id", script: "big-id", twin: "course", flags: drained + " --buyer-ids from:1234567890123456789",
		must: []check.Rule{check.PhantomSale, check.FalseDup, check.OrderMismatch}},
	{class: "odd-quantity", script: "odd-quantity", twin: "limited", probed: "odd-quantity",
		must: []check.Rule{check.Oversell}},
	{class: "cluster-derived", script: "cluster-derived", twin: "once", probed: "cluster", misuse: promisingCluster, real: true,
		must: []check.Rule{check.ScriptError, check.StockMismatch}},
	{class: "item-mix", script: "item-mix", twin: "buckets",
		flags: together + "--item 1 --items 11 --stock 20 --buyers 30 --attempts 30",
		must:  []check.Rule{check.FalseDup, check.StockMismatch}},
	// What is wrong here is no script but the library that calls it.
	{class: "retry-unsafe", script: "once", twin: "once", flags: drained + " --lost-replies 0.3",
		wrong: "--client-retries 3", right: "--retries 3", must: []check.Rule{check.FalseDup}},
	{class: "retry-unsafe", script: "negative-drift-right", twin: "negative-drift-right", flags: drained + " --lost-replies 0.3",
		wrong: "--client-retries 3", must: []check.Rule{check.StockMismatch}},
	{class: "outside-steps", script: "once", twin: "once", flags: small + "--items 12 --stock 20..39 --buyers 480 --orders sqlite",
		wrong: "--abandon 0.3", must: []check.Rule{check.OrderMismatch}},
	// What is wrong here is no script but the server it runs on.
	{class: "failover-loss", script: "once", twin: "once", flags: steady + "--topology replicas:1", fault: "promote at=250ms lag=100ms", real: true,
		right: "--wait 1 --sample 0s", must: []check.Rule{check.LostSale, check.Oversell}},
	{class: "crash-loss", script: "once", twin: "once", flags: steady, fault: "kill at=250ms for=20ms", real: true,
		right: "--server-config appendonly=yes", must: []check.Rule{check.LostSale}},
	{class: "eviction", script: "once", twin: "once", flags: steady, fault: "config-set at=250ms for=20ms set=maxmemory=1", real: true,
		wrong: "--server-config maxmemory-policy=allkeys-random", right: "--server-config maxmemory-policy=noeviction",
		must: []check.Rule{check.LostSale}},
	// Nor are these scripts: strategies in Go, of several commands.
	{class: "naive", script: "naive", twin: "decr", flags: crowded,
		must: []check.Rule{check.Oversell}},
	{class: "lock-expiry", script: "lock-short-lease", twin: "lock", flags: crowded, real: true,
		must: []check.Rule{check.Oversell}},
	{class: "sadd-decr-undo", script: "sadd-decr", twin: "once", flags: drained + " --double-click 1",
		must: []check.Rule{check.FalseDup}},
	{class: "watch-starved", script: "watch", twin: "watch", around: givingUpSoon, misuse: sayingSoldOut,
		flags: small + "--items 4 --stock 25 --buyers 100",
		must:  []check.Rule{check.Undersell}},
	{class: "noscript", script: "once", twin: "once", flags: drained, around: forgettingScripts, counted: true},
}

// seller returns the strategy of a script of the corpus, or a built-in one.
func seller(script string) (strategy.Strategy, error) {
	if slices.Contains(strategy.Names(), script) {
		return strategy.Find(script, "")
	}
	c, err := contract.Load(lua.Files, "corpus/"+script+".yaml")
	if err != nil {
		return strategy.Strategy{}, err
	}
	return strategy.Script(c), nil
}
