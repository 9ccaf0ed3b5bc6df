package main

import (
	"fmt"
	"strings"

	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// A phase is one run of a gate.
type phase struct {
	name string
	// flags are those of seckill run that make it.
	flags string
	// vague: attempts without an answer are the point of it, and may leave
	// something open.
	vague bool
	// why says why the script cannot be asked for it; empty: it can.
	why string
}

// What the small sales of several phases have in common: the wrong answers are
// at the end of a stock, so there are many ends, reached by few buyers and by
// many at once.
const (
	inTurn   = "--conns pool:25 --arrivals closed:1,2,4,25"
	oneByOne = "--conns pool:4 --arrivals closed:1"
	longIDs  = " --buyer-ids from:1234567890123456000"
	patient  = " --timeout 5s"
)

// phases is the plan of a gate for a strategy; ours: nobody else uses the server.
func phases(s *strategy.Strategy, ours bool) []phase {
	q := max(s.Quantity, 1)
	plan := []phase{
		{name: "small", flags: inTurn + longIDs + patient + fmt.Sprintf(
			" --items 200 --stock 1..%d --buyers 2400 --attempts 1..3 --double-click 5%%", 8*q)},
		{name: "burst", flags: "--conns pool:64 --arrivals burst --attempts 2" + longIDs + patient + fmt.Sprintf(
			" --stock %d --buyers 2500", 1000*q)},
		several(s, q, ours),
		lostReplies(s, q),
	}
	plan = append(plan, quantities(s)...)
	return append(plan, mixed(s), holders(s, q), releases(s, q))
}

// several has a few items on sale at the same time, to the same buyers. Their
// ids and those of the buyers are such that keys without a separator collide.
func several(s *strategy.Strategy, q int64, ours bool) phase {
	p := phase{name: "together", flags: "--conns pool:8 --arrivals closed:8 --items 11" + patient + fmt.Sprintf(
		" --stock %d..%d --buyers 60 --attempts 6", 5*q, 15*q)}
	if ours {
		p.flags += " --item 1"
	}
	if !s.Apart {
		p.why = "its keys are the same for every item"
	}
	return p
}

// lostReplies loses some replies, each with its connection, and sends the
// request again where the script promises something for that.
func lostReplies(s *strategy.Strategy, q int64) phase {
	p := phase{name: "lost-replies", vague: true, flags: inTurn + longIDs + " --timeout 1s --lost-replies 2%" + fmt.Sprintf(
		" --items 40 --stock 1..%d --buyers 480 --attempts 1..3", 8*q)}
	if !s.Apart { // each item is then audited by itself, after a timeout
		p.flags = strings.Replace(p.flags, "--items 40", "--items 4", 1) + " --lost-replies 10%"
	}
	if s.Terms.RetrySafe != sale.RetryNone {
		p.flags += " --retries 2"
	}
	return p
}

// quantities sells other quantities a purchase than the contract's own, each in
// sales of its own, with stocks that they do not divide.
func quantities(s *strategy.Strategy) (plan []phase) {
	for _, n := range []int64{1, 2, 3} {
		if n == max(s.Quantity, 1) {
			continue
		}
		p := phase{name: fmt.Sprintf("quantity-%d", n), flags: inTurn + longIDs + patient + fmt.Sprintf(
			" --quantity %d --items 24 --stock 1..%d --buyers 360 --attempts 1..3", n, 8*n+1)}
		if _, err := s.With(n, s.Terms.Limit); err != nil {
			p.why = err.Error()
		}
		plan = append(plan, p)
	}
	return plan
}

// mixed sells different quantities to the same buyers, one call at a time, and
// has some of them give back.
func mixed(s *strategy.Strategy) phase {
	p := phase{name: "mixed", flags: oneByOne + longIDs + patient + " --quantity 1..3 --items 24 --stock 4..20 --buyers 240 --attempts 3"}
	if _, err := s.With(3, s.Terms.Limit); err != nil {
		p.why = err.Error()
	}
	if s.Release != nil {
		p.flags += " --release 30%"
	}
	return p
}

// maxHeld is the most sales that a buyer is made to fill his limit with.
const maxHeld = 50

// holders has few buyers fill their limits and come again, also when nothing is
// left: they are inside together, so that some are still when others are told.
func holders(s *strategy.Strategy, q int64) phase {
	if s.Terms.Partial { // only whole sales tell which test comes first
		q = 1
	}
	m := s.Terms.Limit / q // sales a buyer may hold
	p := phase{name: "holders", flags: "--conns pool:8 --arrivals closed:3,8" + longIDs + patient + fmt.Sprintf(
		" --quantity %d --items 24 --stock %d..%d --buyers 192 --attempts %d", q, m*q, 3*m*q, m+6)}
	_, err := s.With(q, s.Terms.Limit)
	switch {
	case err != nil:
		p.why = err.Error()
	case s.Terms.Limit == 0:
		p.why = "it promises no limit"
	case m == 1:
		p.why = "a buyer may hold one sale: the other runs have holders who come again"
	case m > maxHeld:
		p.why = fmt.Sprintf("its limit of %d units takes too many purchases to fill", s.Terms.Limit)
	}
	return p
}

// releases has buyers give back what they bought, one call at a time.
func releases(s *strategy.Strategy, q int64) phase {
	p := phase{name: "releases", flags: oneByOne + longIDs + patient + fmt.Sprintf(
		" --items 40 --stock 1..%d --buyers 480 --attempts 1..2 --release 50%%", 4*q)}
	if s.Release == nil {
		p.why = "it has no release"
	}
	return p
}
