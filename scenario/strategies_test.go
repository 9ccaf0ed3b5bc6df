package scenario

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/fault"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// judged sells by a strategy to a small crowd on a server, and judges the sale.
func judged(t *testing.T, srv *server.Server, name string, change func(*Spec)) (*ran, check.Verdict) {
	t.Helper()
	planned, err := New(t.Context(), "test", good(func(s *Spec) {
		arrivals("closed:16")(s)
		s.Stock, s.Buyers, s.Items, s.Attempts = exactly(10), new(int64(160)), new(int64(4)), exactly(1)
		s.Conns, s.Timeout = conn.Pool(16), time.Minute
		change(s)
	}), scriptOf(t, name), srv)
	if err != nil {
		t.Fatal(err)
	}
	var kept history.Memory
	rec := history.NewRecorder(&kept)
	out := &ran{head: planned.Head}
	out.tail, err = planned.Run(t.Context(), rec, kept.Event)
	if closeErr := rec.Close(); err != nil || closeErr != nil {
		t.Fatal(err, closeErr)
	}
	h := kept.History(planned.Head, &out.tail)
	for batch := range h.Batches() {
		out.attempts = append(out.attempts, batch...)
	}
	verdict, err := check.Check(h)
	if err != nil {
		t.Fatal(err)
	}
	return out, verdict
}

// mustSellRightly holds a sale of a strategy that is right against its promise.
func mustSellRightly(t *testing.T, name string, r *ran, v check.Verdict) {
	t.Helper()
	if v.Opinion != check.Valid || r.count(sale.OK) != 40 {
		t.Errorf("%s: %d sold, %+v", name, r.count(sale.OK), v)
	}
	if l := r.tail.Links; l.Sent-l.Further != int64(len(r.attempts)) {
		t.Errorf("%s: %d attempts, and the connections count %+v", name, len(r.attempts), l)
	}
}

// Every strategy that is to be compared sells as it promises, over whatever
// connections; the two that are wrong are caught.
func TestStrategiesOverAllConnections(t *testing.T) {
	srv := realServer(t)
	for _, conns := range []conn.Mode{conn.Pool(16), conn.Dedicated, conn.Pipelined(2)} {
		for _, name := range strategy.Compared {
			r, v := judged(t, srv, name, func(s *Spec) { s.Conns = conns })
			if name != "naive" && name != "lock-short-lease" {
				mustSellRightly(t, name+" over "+conns.String(), r, v)
				continue
			}
			if !slices.ContainsFunc(v.Violations, func(v check.Violation) bool { return v.Rule == check.Oversell }) {
				t.Errorf("%s over %s is not caught: %+v", name, conns, v)
			}
		}
	}
}

// All commands of an attempt go to the node that has its keys.
func TestStrategiesOnACluster(t *testing.T) {
	realServer(t) // there is a redis-server, or this is no place for it
	srv, err := server.Open(t.Context(), server.Options{Server: "redis-server", Topology: server.Masters(3)})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	for _, conns := range []conn.Mode{conn.Pool(16), conn.Pipelined(1)} {
		for _, name := range []string{"decr", "sadd-decr", "watch", "lock", "bitfield"} {
			r, v := judged(t, srv, name, func(s *Spec) { s.Conns, s.Topology = conns, server.Masters(3) })
			mustSellRightly(t, name+" over "+conns.String(), r, v)
		}
	}
}

// WAIT comes after the last command of an attempt, over the same connection.
func TestStrategiesWaitForReplicas(t *testing.T) {
	realServer(t)
	srv, err := server.Open(t.Context(), server.Options{Server: "redis-server", Topology: server.Replicas(1)})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	for _, tt := range []struct {
		name    string
		further int64 // commands of a sale beside its first, at least
	}{{"decr", 1}, {"sadd-decr", 2}, {"watch", 5}, {"lock", 4}} {
		r, v := judged(t, srv, tt.name, func(s *Spec) { s.Wait, s.Topology = 1, server.Replicas(1) })
		mustSellRightly(t, tt.name, r, v)
		if r.tail.Links.Further < 40*tt.further {
			t.Errorf("%s: 40 sales took %d further commands", tt.name, r.tail.Links.Further)
		}
	}
}

// What cannot be had of a strategy in Go is refused in a sentence.
func TestWhatStrategiesInGoRefuse(t *testing.T) {
	srv, err := server.Open(t.Context(), server.Options{Server: server.Embedded})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	var expire fault.Fault
	if err := expire.UnmarshalText([]byte("expire-key target=stock")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(*Spec)
		want   string // empty: it can be had
	}{
		{"decr", func(s *Spec) { s.Quantity = One(2) }, "decr sells 1 a purchase and cannot be told 2"},
		{"decr", func(s *Spec) { s.Release = 1 }, "--release: decr has no release"},
		{"decr", func(s *Spec) { s.Abandon = 1 }, "--abandon: decr has no confirm"},
		{"decr", func(s *Spec) { s.Restock = Restocks{{1, 0}} }, "--restock: decr does not say how"},
		{"decr", func(s *Spec) { s.Retries = 1 }, "--retries: decr promises nothing for a request that is sent again"},
		{"sadd-decr", func(s *Spec) { s.Retries = 1 }, ""},
		{"lock", func(s *Spec) { s.ClientRetries = 1 }, ""},
		{"watch", func(s *Spec) { s.ClientRetries = 1 }, "--client-retries: the commands of watch belong to one connection"},
		{"watch", func(s *Spec) { s.Conns = conn.Pipelined(1) }, ""},
		{"lock", func(s *Spec) { s.Faults = []fault.Fault{expire} }, "a strategy in Go has no contract that names its keys"},
	} {
		_, err := New(t.Context(), "test", good(tt.change), scriptOf(t, tt.name), srv)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
	}
}

// Over shared connections each attempt that needs one for itself takes one beside
// them, and the server has to admit as many.
func TestPinnedConnectionsMustFitTheServer(t *testing.T) {
	srv := realServer(t)
	crowd := good(func(s *Spec) {
		arrivals("closed:20000")(s)
		s.Conns, s.Buyers = conn.Pipelined(1), new(int64(20000))
	})
	if _, err := New(t.Context(), "test", crowd, scriptOf(t, "lock"), srv); err != nil {
		t.Error(err)
	}
	if _, err := New(t.Context(), "test", crowd, scriptOf(t, "watch"), srv); err == nil || !strings.Contains(err.Error(), "20000 connections do not fit into the server") {
		t.Error(err)
	}
}
