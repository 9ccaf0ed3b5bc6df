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
// # What is built in
//
//	$ seckill scripts
//	SCRIPT   PROMISES
//	article  1 a buyer; …
//	…
//	once     1 a buyer; …
//	…
//
//	SCENARIO    ABOUT
//	flash-sale  A thousand units, five thousand buyers, everyone at once.
//	gate        For CI: …
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
