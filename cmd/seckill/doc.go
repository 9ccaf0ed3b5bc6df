// Seckill drives flash sales on Redis: it sends thousands of buyers at an item
// through a Lua script, measures how long each had to wait, and proves from
// what they were told that nobody was oversold or served twice.
//
// # A first sale
//
// Without further words it sells 1,000 units to 5,000 buyers who all come when
// the doors open, on a private redis-server. Here on the embedded server, which
// is slower and not Redis, but always there:
//
//	$ seckill run --server embedded --seed 1 --out first
//	VALID  flash-sale, script once on miniredis …: no rule broken; 1,000 of 1,000 units
//	       acknowledged as sold, 0 left
//	…
//	Results: first  (open report.html)
//
// The folder holds the record of every attempt, and everything that can be made
// of it: first/report.html is where to look, first/result.json what a program
// reads.
//
// # A script that is wrong
//
// The built-in script article sells to the same buyer again. It takes buyers
// who come again to see it:
//
//	$ seckill run --server embedded --script article --attempts 3 --buyers 500 --seed 1 --out second
//	INVALID  flash-sale, script article on miniredis …: duplicate-sale, stock-mismatch broken;
//	         1,000 of 1,000 units acknowledged as sold, 0 left
//	…
//	  duplicate-sale, broken … times
//	…
//	  stock-mismatch, broken once
//	…
//
// The exit code is 1 when a rule was broken, 2 when the run did not come to
// pass, 3 when nothing is proved, 4 when an objective of --slo was missed, and
// else 0: a pipeline needs no more.
//
// # Objectives
//
// An objective bounds a figure: a percentile, a share, a rate or an instant. It is
// met, missed, or inconclusive where the run cannot tell:
//
//	$ seckill run --server embedded --seed 1 --out goals --slo 'all_answered<5m,ok>19%,service.p99<5s'
//	VALID  flash-sale, script once on miniredis …
//	…
//	  Objectives
//	    all_answered<5m  …
//	    ok>19%           … 20% of 5,000 attempts…
//	    service.p99<5s   …
//	…
//	Results: goals  (open report.html)
//
// # Judging again
//
// The record alone is enough to judge a sale again, without a server:
//
//	$ seckill check first
//	VALID  flash-sale, script once on miniredis …
//	…
//
//	$ seckill report first
//	Wrote the reports into first; open first/report.html.
//
// # One buyer at a time
//
// Most bugs of a script need no load. Probe plays small sales with one buyer at
// a time, looks at every key around every step, and prints the lines that repeat
// what it found by hand. It starts a server of its own, and a cluster of three;
// the embedded server shows what it can:
//
//	$ seckill probe article --server embedded --seed 1 --out fourth
//	INVALID  probe, script article on miniredis …: 3 findings in … cases, one buyer at a time
//	…
//	  1. same-again: sells twice to one buyer (duplicate-sale, stock-mismatch)
//	…
//	  2. missing-stock: re-initialises a missing stock, or sells without one (…
//	…
//	  3. big-ids: loses the last digits of long ids (…
//	…
//	Results: fourth  …
//
// # A gate for a pipeline
//
// Run gate plays those cases, and then many small sales, a burst, lost replies,
// releases and other quantities, with each script it is given. It takes a real
// server to show that a script runs on a cluster, so here it proves too little:
//
//	$ seckill run gate --script once --server embedded --out fifth
//	UNKNOWN  gate, script once on miniredis …: no rule seen broken, and that proves too little; …
//	…
//	    - cluster: true was not put to the test: …
//	…
//	Results: fifth
//
// # The tool tried itself
//
// Selftest sells with scripts that are wrong on purpose. Each must be caught by
// the rules that name its fault, and a right script beside it by none:
//
//	$ seckill selftest --server embedded --only off-by-one
//	CLASS       MUST FIRE                 FIRED  FALSE ALARMS
//	off-by-one  oversell, negative-stock  all    none
//	…
//	1 of 1 caught, 0 of 1 twins accused.
//
// # What is built in
//
//	$ seckill scripts
//	SCRIPT …
//	article …
//	…
//	once …
//	…
//
//	STRATEGY …
//	naive …
//	…
//
//	SCENARIO …
//	…
//
//	COMPARISON …
//	…
//
//	FAULT …
//	kill …
//	…
//
// # Which is better
//
// Compare runs variants of a scenario in turn, each once a round with the same
// seed, on a server and for an item of its own, and says what the rounds show.
// --vary names a flag of run and its values; the first is what the others are
// compared with:
//
//	$ seckill compare --server embedded --buyers 300 --stock 50 --vary script=once,packed --rounds 6 --seed 1 --out seventh
//	…
//	Results: seventh  (open compare.html)
//
// A scenario file may have a list of variants instead, each with a name and the
// fields that it sets. Values that hold commas are joined by |, as in --vary
// 'server-config=appendonly=no|appendonly=yes,appendfsync=always'. Two keys are
// every value of one with every of the other. Variants that do not sell the same
// to the same buyers are refused.
//
// With --max-regression 5% the exit code is 4 where a variant is worse than the
// first by more, 3 where that cannot be decided, and else 0. Fewer than six
// rounds decide nothing:
//
//	$ seckill compare --server embedded --buyers 300 --stock 50 --vary script=once,packed --rounds 1 --seed 1 --out eighth
//	INCONCLUSIVE …
//	…
//	Results: eighth  (open compare.html)
//
// Runs that were made before are compared by their folders, each the results of
// one run or holding those of several:
//
//	$ seckill compare seventh/round-01/once seventh/round-01/packed
//	INCONCLUSIVE …
//	…
//
// # A hostile world
//
// A fault happens to the sale at a time, and is healed. Of 5% of the requests
// the reply is lost; the buyers ask again, and nobody is sold twice:
//
//	$ seckill run --server embedded --retries 3 --arrivals closed:16 --lost-replies 5% --seed 1 --out sixth
//	VALID  flash-sale, script once on miniredis …
//	…
//
// Kills, failovers and the like take a private redis-server. The scenarios
// named after what they do have them built in.
//
// # How much it carries
//
// Capacity searches for the highest rate of arrivals that holds an objective:
// while every attempt is granted, and while there is nothing to sell. Here it may
// go no higher than 500/s, and so ends at once:
//
//	$ seckill capacity --server embedded --figure selling --slo 'p90<30s' --timeout 60s --from 500/s --to 500/s --step 200ms --confirm 200ms --seed 1 --out capacity
//	FOUND  flash-sale, script once on miniredis …: the highest rate that holds p90<30s
//
//	  Selling:   500/s holds p90<30s (4 of … steps of … ms); the objective was met at the highest rate
//	…
//	Results: capacity  (open capacity.html)
//
// # Scenarios
//
// Every flag of run is a key of a scenario file, with _ for -. The file needs
// the line "version: 1"; flags go over it. Each run writes the one it ran:
//
//	$ seckill run first/scenario.yaml --buyers 20 --stock 5 --out third
//	VALID  scenario, script once on miniredis …: no rule broken; 5 of 5 units acknowledged as sold,
//	       0 left
//	…
//
// # Mistakes
//
// A mistake is one line, and leaves nothing behind:
//
//	$ seckill run --arrivals constant:fast
//	seckill: --arrivals: arrivals "constant:fast": "fast" is not a rate like 20000/s …
package main
