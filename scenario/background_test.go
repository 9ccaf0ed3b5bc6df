package scenario

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

func TestBackgroundText(t *testing.T) {
	for text, want := range map[string]string{
		"stock rate=500/s":               "stock, 500/s",
		"  GET   $stock   rate=0.5/s ":   "GET $stock, 0.5/s",
		"HGET h:{{item}} rate rate=1/s":  "HGET h:{{item}} rate, 1/s",
		"stock":                          "!want what is read and how often",
		"":                               "!want what is read and how often",
		"rate=1/s":                       "!want what is read and how often",
		"rate=1/s stock":                 "!want what is read and how often",
		"stock rate=1":                   "!rate: \"1\" is not a rate",
		"stock rate=":                    "!want how often",
		"stock rate=0/s":                 "!a rate of 0 is none",
		"DEL $stock rate=1/s":            "!DEL is not among the commands",
		"EVALSHA x 1 $stock rate=1/s":    "!EVALSHA is not",
		"CONFIG GET maxmemory rate=1/s":  "!CONFIG is not",
		"SUBSCRIBE stock rate=1/s":       "!SUBSCRIBE is not",
		"XREAD BLOCK 0 STREAMS rate=1/s": "!XREAD is not",
	} {
		var b, c, d Background
		err := b.UnmarshalText([]byte(text))
		if wrong, fails := strings.CutPrefix(want, "!"); fails {
			if err == nil || !strings.Contains(err.Error(), wrong) {
				t.Errorf("%q: %v, want %s", text, err, wrong)
			}
			continue
		}
		if got := b.Read + ", " + b.Rate.String(); err != nil || got != want {
			t.Errorf("%q: %s, %v, want %s", text, got, err, want)
		}
		written, err := yaml.Marshal(b)
		if err != nil || yaml.Unmarshal(written, &c) != nil || yaml.Unmarshal([]byte("'"+text+"'"), &d) != nil || c != b || d != b {
			t.Errorf("%q is written as %q and read as %v and %v", text, written, c, d)
		}
	}
}

func TestBackgroundThatCannotBe(t *testing.T) {
	for _, tt := range []struct {
		list   []Background
		change func(*Spec)
		script string
		want   string
	}{
		{[]Background{{"stock", 1}}, nil, "once", ""},
		{slices.Repeat([]Background{{"stock", 1}}, 101), nil, "once", "101 reads are more than the 100"},
		{[]Background{{"stock", 1}}, func(s *Spec) { arrivals("closed:1,1")(s); s.Items = new(int64(2)) }, "once", "not with --arrivals closed:1,1"},
		{[]Background{{"stock", 1}, {"", 1}}, nil, "once", "it does not say what is read"},
		{[]Background{{"stock", -1}}, nil, "once", "want how often"},
		{[]Background{{"INCR x", 1}}, nil, "once", "INCR is not among"},
		{[]Background{{"GET $stok", 1}}, nil, "once", "--background GET $stok: $stok: the contract of once"},
		{[]Background{{"GET $stock", 1}}, nil, "decr", "there is no contract"},
	} {
		spec := good(tt.change)
		spec.Background = tt.list
		_, err := spec.Filled(scriptOf(t, tt.script))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%v: %v, want %q", tt.list[0], err, tt.want)
		}
	}
	spec, blind := good(nil), scriptOf(t, "once")
	spec.Background, blind.Stock = []Background{{"stock", 1}}, nil
	if err := (&spec).suits(&blind); err == nil || !strings.Contains(err.Error(), "the contract of once does not say how the stock is read") {
		t.Errorf("%v", err)
	}
}

// What Redis flags as a write, as waiting or as hard on all others is not let through,
// and what is let through Redis flags as a read.
func TestReadsAreReads(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil && os.Getenv("CI") == "" {
		t.Skip("no redis-server")
	}
	srv, err := server.Open(t.Context(), server.Options{Server: "redis-server"})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	reply, err := srv.Do(t.Context(), "COMMAND")
	commands, isList := reply.([]any)
	if err != nil || !isList {
		t.Fatal(reply, err)
	}
	let := 0
	for _, command := range commands {
		about := command.([]any)
		name, flags := fmt.Sprint(about[0]), about[2].([]any)
		if contract.MustRead(name) != nil {
			continue
		}
		let++
		has := func(flag string) bool {
			return slices.ContainsFunc(flags, func(f any) bool { return fmt.Sprint(f) == flag })
		}
		if !has("readonly") && name != "ping" || has("write") || has("blocking") || has("admin") || has("dangerous") || has("pubsub") {
			t.Errorf("%s is let through, and its flags are %v", name, flags)
		}
	}
	if let < 60 {
		t.Errorf("%d commands are let through", let)
	}
}

// Reads are in the record under a verb of their own, with the number of what was read;
// they go round the items, begin with the doors, end with the last buyer, and are asked
// at instants that the seed decides.
func TestBackgroundIsRecorded(t *testing.T) {
	drive := func() (byRead [2][]history.Attempt, r *ran) {
		r = run(t, t.Context(), "once", func(s *Spec) {
			arrivals("constant:500/s*400ms")(s)
			s.Items, s.Stock, s.Timeout = new(int64(2)), exactly(20), time.Minute
			s.Background = []Background{{"stock", 300}, {"GET $stock", 100}}
		}, nil)
		for _, a := range r.attempts {
			if a.Verb == sale.Read {
				byRead[a.Request] = append(byRead[a.Request], a)
			}
		}
		for i := range byRead {
			slices.SortFunc(byRead[i], func(a, b history.Attempt) int { return int(a.Due - b.Due) })
		}
		return byRead, r
	}
	byRead, r := drive()
	bought := 0
	for _, a := range r.attempts {
		if a.Verb == sale.Buy {
			bought++
		}
	}
	if want := []history.Background{{Read: "stock", Rate: 300}, {Read: "GET $stock", Rate: 100}}; !slices.Equal(r.head.Background, want) || bought != 200 {
		t.Errorf("head has %v, %d bought", r.head.Background, bought)
	}
	for number, of := range byRead {
		if len(of) < 10 {
			t.Errorf("read %d came %d times in 400 ms", number, len(of))
		}
		for n, a := range of {
			if a.Outcome != sale.OK && a.Outcome != sale.Dropped || int(a.Item) != n%2 || a.Granted != 0 || a.Buyer != 0 || a.Due < 0 {
				t.Errorf("read %d, the %d-th: %+v", number, n, a)
			}
			if start := a.Due + int64(a.Start)*1000; a.Outcome == sale.OK && (start > a.Call || a.Call > a.Return) {
				t.Errorf("start %d, call %d, return %d are out of order", start, a.Call, a.Return)
			}
		}
	}
	again, _ := drive()
	for number := range byRead {
		for i := range min(len(byRead[number]), len(again[number])) {
			if one, two := byRead[number][i].Due, again[number][i].Due; one != two {
				t.Fatalf("read %d, the %d-th, is due at %d and with the same seed at %d", number, i, one, two)
			}
		}
	}
	if one, two := 3*byRead[0][0].Due, byRead[1][0].Due; -10 < one-two && one-two < 10 {
		t.Error("both reads are due at the same instants of a process, one three times as fast")
	}
}

// How a read that got no stock is filed.
func TestHowReadsAreFiled(t *testing.T) {
	wrongType := serverError("WRONGTYPE Operation against a key holding the wrong kind of value")
	dial := errors.New("dial")
	for _, tt := range []struct {
		reason string
		ends   []error
		err    error // of the strategy, which understands none
		want   sale.Outcome
		called bool
	}{
		{"answered", []error{nil}, nil, sale.OK, true},
		{"answered with an error", []error{wrongType}, nil, sale.Failed, true},
		{"answered with what is no stock", []error{nil}, errors.New("no number"), sale.Failed, true},
		{"nothing was asked", nil, dial, sale.Failed, false},
		{"no answer", []error{io.EOF}, nil, sale.Indeterminate, true},
		{"no answer to the second of two", []error{nil, io.EOF}, nil, sale.Indeterminate, true},
		{"nobody waited", []error{conn.ErrLeft}, nil, sale.Dropped, false},
	} {
		spec := good(nil)
		spec.Background = []Background{{"stock", 1}}
		var seen all
		d, stop := driveOf(t, spec, &seen)
		d.readers = &readers{links: oneLink{&canned{ends: tt.ends}}, questions: []question{
			func(ctx context.Context, do strategy.Doer, _ sale.Item) (err error) {
				for range tt.ends {
					if _, failed := do.Do(ctx, "GET"); failed != nil {
						err = failed
					}
				}
				return errors.Join(err, tt.err)
			}}}
		d.readOnce(t.Context(), 0, 0, 0)
		stop()
		a := seen[0]
		if a.Outcome != tt.want || (a.Call != history.Never) != tt.called || (a.Reply != 0) != (tt.want == sale.Failed || tt.want == sale.Indeterminate) {
			t.Errorf("%s: %v, called at %d, reply %d", tt.reason, a.Outcome, a.Call, a.Reply)
		}
		if d.doubtful.Load() || d.lost.Load() || d.further.Load() != 0 || d.health.failures.Load() != 0 || d.readers.under.Load() != -1 {
			t.Errorf("%s: a read is taken for a purchase", tt.reason)
		}
	}
}

// oneLink hands out the same link.
type oneLink struct{ conn.Link }

func (l oneLink) Take(ctx context.Context) (conn.Link, error) { return l.Link, ctx.Err() }
func (oneLink) Give(conn.Link)                                {}
func (oneLink) Sweep()                                        {}
func (oneLink) Load() conn.Load                               { return conn.Load{} }
func (oneLink) Close() error                                  { return nil }
func (oneLink) Declines(string) error                         { return nil }

// A read that cannot work ends the sale before the doors open, and leaves nothing.
func TestReadsAreTriedFirst(t *testing.T) {
	srv, err := server.Open(t.Context(), server.Options{Server: "embedded"})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	planned, err := New(t.Context(), "test", good(func(s *Spec) { s.Background = []Background{{"stock", 1}, {"SMEMBERS $stock", 1}} }), scriptOf(t, "once"), srv)
	if err != nil {
		t.Fatal(err)
	}
	var seen all
	rec := history.NewRecorder(&seen)
	_, err = planned.Run(t.Context(), rec, func(history.Event) {})
	rec.Close()
	if err == nil || !strings.Contains(err.Error(), "--background SMEMBERS $stock: trying it: WRONGTYPE") || len(seen) > 0 {
		t.Errorf("%v, %d attempts", err, len(seen))
	}
	if left, err := srv.Do(t.Context(), "DBSIZE"); left != int64(0) || err != nil {
		t.Errorf("%v keys are left, %v", left, err)
	}
}
