package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A shape is a kind of large sale of the script once: what it says of n
// attempts decides what judge and reports have to look at.
type shape struct {
	name string
	// stock is the units there are for n attempts.
	stock func(n int) int
	// attempts is how often each buyer comes, lost the share of replies that are
	// lost; such a purchase is sent once more.
	attempts int
	lost     float64
}

func forAll(n int) int { return n }

var shapes = []shape{
	{name: "crowd", stock: forAll, attempts: 1},
	{name: "thousand", stock: func(int) int { return 1000 }, attempts: 1},
	{name: "repeats", stock: forAll, attempts: 10},
	{name: "lost", stock: forAll, attempts: 1, lost: .001},
}

const (
	// inside is how many buyers wait at the same time.
	inside = 5000
	// step is the time between two answers, in ns, and poll that between two
	// readings of the stock.
	step = 4000
	poll = 10_000_000
)

// A largeSale is a sale in a closed loop, as a record sees it: whoever is inside
// may be answered next, and another comes in his place. Nothing runs, no clock
// is read, and the same seed makes the same record.
type largeSale struct {
	shape
	random *rand.Rand
	folder *history.Folder
	batch  []history.Attempt
	waits  []history.Attempt
	// held tells who has bought, comes how often a buyer will come yet.
	held         []bool
	comes        []uint8
	left         int64
	entered      int
	now, written int64
}

// writeLarge writes a results folder with the record of a sale of about n
// attempts.
func writeLarge(dir string, of shape, n int) error {
	buyers := max(n/of.attempts, 1)
	s := &largeSale{shape: of, random: rand.New(rand.NewPCG(1, uint64(n))), held: make([]bool, buyers), comes: make([]uint8, buyers), left: int64(of.stock(n))}
	head := history.Head{
		Version: history.Version, Name: of.name, Seed: 1, Shard: "1/1", Model: "closed", Started: time.Unix(1_700_000_000, 0).UTC(),
		Scenario: "version: 1\ntimeout: 1s\npatience: 0s\n", Command: "seckill run",
		Items: []sale.Item{{ID: "1", Stock: s.left}}, Quantity: 1, Buyers: int64(buyers), BuyerIDs: sale.BuyerIDs{From: 1},
		Terms:  sale.Terms{Limit: 1, Order: sale.DuplicateFirst, RetrySafe: sale.RetryBuyer, Atomic: true},
		Script: history.Script{Name: "once", Call: "evalsha"}, Server: history.Server{Kind: "spawned", Topology: "standalone"},
	}
	var err error
	if s.folder, err = history.Create(filepath.Join(dir, "history"), head); err != nil {
		return err
	}
	if err := s.sell(); err != nil {
		return err
	}
	audit := sale.Audit{Stock: &s.left, Ledger: sale.Presence}
	for u, held := range s.held {
		if held {
			audit.Holdings = append(audit.Holdings, sale.Holding{Buyer: head.BuyerIDs.ID(uint32(u)), Units: 1})
		}
	}
	return s.folder.Finish(history.Tail{Finished: head.Started, Ended: history.EndedDone, Attempts: s.written, Audits: []sale.Audit{audit},
		Driver: history.Driver{Bound: "server"}, Warnings: []string{}})
}

// sell answers whoever is inside, one after another, until nobody is.
func (s *largeSale) sell() error {
	for len(s.waits) < inside && s.enter() {
	}
	for ; len(s.waits) > 0; s.now += step {
		if s.now%poll == 0 {
			s.folder.Event(history.Event{Kind: history.EventStock, At: s.now - 100, Until: s.now, Units: s.left})
		}
		at := s.random.IntN(len(s.waits))
		a := &s.waits[at]
		s.answer(a)
		if err := s.write(*a); err != nil {
			return err
		}
		switch again := &s.comes[a.Buyer]; {
		case a.Outcome == sale.Indeterminate && a.Try == 0:
			a.Due, a.Call, a.Try = a.Return, a.Return, 1
		case int(*again) < s.attempts:
			*again++
			a.Due, a.Call, a.Try, a.Request = a.Return, a.Return+100, 0, uint32(int(a.Request)+len(s.held))
		default:
			s.waits[at] = s.waits[len(s.waits)-1]
			s.waits = s.waits[:len(s.waits)-1]
			s.enter()
		}
	}
	return s.folder.Append(s.batch)
}

// enter lets the next buyer in; false: all have come.
func (s *largeSale) enter() bool {
	if s.entered == len(s.held) {
		return false
	}
	u := uint32(s.entered)
	s.entered++
	s.comes[u]++
	s.waits = append(s.waits, history.Attempt{Due: s.now - 2000, Call: s.now - 1000, Start: 1, Buyer: u, Request: u, Quantity: 1, Verb: sale.Buy})
	return true
}

// answer is what the script says, half a step before the buyer hears it.
func (s *largeSale) answer(a *history.Attempt) {
	a.Return, a.Left, a.Granted = s.now+step/2, sale.Untold, 0
	switch {
	case s.held[a.Buyer]:
		a.Outcome = sale.Duplicate
	case s.left == 0:
		a.Outcome = sale.SoldOut
	default:
		s.left--
		s.held[a.Buyer] = true
		a.Outcome, a.Granted, a.Left = sale.OK, 1, s.left
	}
	if s.lost > 0 && s.random.Float64() < s.lost {
		a.Outcome, a.Granted, a.Left = sale.Indeterminate, 0, sale.Untold
	}
}

func (s *largeSale) write(a history.Attempt) error {
	s.written++
	if s.batch = append(s.batch, a); len(s.batch) < 4096 {
		return nil
	}
	err := s.folder.Append(s.batch)
	s.batch = s.batch[:0]
	return err
}

// recordMain is the command record DIR SHAPE ATTEMPTS: it writes a large record
// in a process of its own, whose memory is nobody else's.
func recordMain() {
	if err := recordLarge(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func recordLarge(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("want DIR SHAPE ATTEMPTS, not %q", args)
	}
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	for _, of := range shapes {
		if of.name == args[1] {
			return writeLarge(args[0], of, n)
		}
	}
	return fmt.Errorf("no shape is called %q", args[1])
}
