package scenario

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// queueing sells by one script, and has the caller queue the order by another.
const queueing = `version: 1
name: queueing
script: buy.lua
keys: {stock: "{q:{{item}}}:stock", buyers: "{q:{{item}}}:buyers", orders: "{q:{{item}}}:orders"}
open: [[SET, $stock, "{{stock}}"]]
buy:
  keys: [stock, buyers]
  args: ["{{buyer}}"]
  replies:
    - {int: -1, outcome: duplicate}
    - {int: -2, outcome: sold_out}
    - {re: "^T(?P<token>.*)$", outcome: ok}
after:
  script: queue.lua
  keys: [orders]
  args: ["{{buyer}}", "{{token}}"]
  replies: [{min: 1, outcome: ok}]
audit:
  stock:  {get: stock}
  buyers: {smembers: buyers}
  orders: {lrange: orders, json: {buyer: $.b, token: $.t}}
promises: {limit: 1, order: duplicate_first, retry_safe: buyer}
`

const queueingBuy = `if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return -1 end
if tonumber(redis.call('GET', KEYS[1])) < 1 then return -2 end
redis.call('DECR', KEYS[1]) redis.call('SADD', KEYS[2], ARGV[1])
return 'Tk' .. ARGV[1]`

const queueingAfter = `return redis.call('RPUSH', KEYS[1], '{"b":"' .. ARGV[1] .. '","t":"' .. ARGV[2] .. '"}')`

// runQueueing runs a sale of that, and judges it.
func runQueueing(t *testing.T, change func(*Spec)) ([]history.Attempt, Spec, check.Verdict) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"buy.yaml": queueing, "buy.lua": queueingBuy, "queue.lua": queueingAfter} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := strategy.Find(filepath.Join(dir, "buy.lua"), "")
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.Open(t.Context(), server.Options{Server: "embedded"})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	planned, err := New(t.Context(), "test", good(func(s *Spec) {
		s.Timeout = time.Minute // a slow machine is no lost answer
		change(s)
	}), s, srv)
	if err != nil {
		t.Fatal(err)
	}
	var kept history.Memory
	var attempts []history.Attempt
	rec := history.NewRecorder((*all)(&attempts), &kept)
	tail, err := planned.Run(t.Context(), rec, func(history.Event) {})
	if rec.Close(); err != nil {
		t.Fatal(err)
	}
	v, err := check.Check(kept.History(planned.Head, &tail))
	if err != nil {
		t.Fatal(err)
	}
	return attempts, planned.spec, v
}

// The caller does once what comes after each grant, with what the grant captured.
func TestAfterEachGrant(t *testing.T) {
	for _, conns := range []string{"pool:4", "pipelined:2"} {
		attempts, _, v := runQueueing(t, func(s *Spec) {
			comesFor(100, 40)(s)
			s.Attempts, s.DoubleClick = exactly(2), 0.3
			if err := s.Conns.UnmarshalText([]byte(conns)); err != nil {
				t.Fatal(err)
			}
		})
		bought, after := map[uint32]int64{}, map[uint32]int{}
		for _, a := range attempts {
			if a.Verb == sale.Buy && a.Outcome == sale.OK {
				bought[a.Request] = a.Return
			}
		}
		for _, a := range attempts {
			if a.Verb == sale.After {
				after[a.Request]++
				if a.Outcome != sale.OK || a.Due < bought[a.Request] || a.Call < a.Due {
					t.Errorf("%s: after a grant told at %d: %+v", conns, bought[a.Request], a)
				}
			}
		}
		for request := range bought {
			if after[request] != 1 {
				t.Errorf("%s: request %d has %d afters", conns, request, after[request])
			}
		}
		if len(bought) != 40 || len(after) != 40 || v.Opinion != check.Valid {
			t.Errorf("%s: %d bought, %d after, %s %v %v", conns, len(bought), len(after), v.Opinion, v.Violations, v.Doubts)
		}
	}
}

// Whose caller dies on the way has no order.
func TestCallersThatDieBeforeWhatComesAfter(t *testing.T) {
	attempts, spec, v := runQueueing(t, func(s *Spec) {
		comesFor(200, 150)(s)
		s.Abandon = 0.2
	})
	died, after := int64(0), 0
	for _, a := range attempts {
		dies := spec.habitsOf(a.Buyer, &spec.everyone()[0]).abandons
		if a.Verb == sale.Buy && a.Outcome == sale.OK && dies {
			died++
		}
		if a.Verb == sale.After {
			if after++; dies {
				t.Errorf("buyer %d died, and went on", a.Buyer)
			}
		}
	}
	if died == 0 || after != 150-int(died) || len(v.Violations) != 1 || v.Violations[0].Rule != check.OrderMismatch || v.Violations[0].Count != died {
		t.Errorf("%d died, %d after: %v", died, after, v.Violations)
	}
}

// What comes after is owed: it is done though the doors have closed, and though the
// buyer has no patience left.
func TestAfterThoughTheDoorsClose(t *testing.T) {
	for name, change := range map[string]func(*Spec){
		"the doors close": func(s *Spec) { s.Duration = 30 * time.Millisecond },
		"he has left":     func(s *Spec) { s.Patience = 30 * time.Millisecond },
	} {
		attempts, _, v := runQueueing(t, func(s *Spec) {
			comesFor(3000, 3000)(s)
			s.Conns = conn.Pool(4)
			change(s)
		})
		ok, after := 0, 0
		for _, a := range attempts {
			switch {
			case a.Verb == sale.Buy && a.Outcome == sale.OK:
				ok++
			case a.Verb == sale.After && a.Outcome == sale.OK:
				after++
			case a.Verb == sale.After:
				t.Errorf("%s: %+v", name, a)
			}
		}
		if ok != after || v.Opinion == check.Invalid {
			t.Errorf("%s: %d bought, %d did what comes after, %s %v", name, ok, after, v.Opinion, v.Violations)
		}
	}
}
