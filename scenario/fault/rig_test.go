package fault

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/server"
)

// A bench is a rig on a server of its own, with all it noted.
type bench struct {
	*Rig
	mu       sync.Mutex
	happened []Happened
}

func newBench(t *testing.T, topology server.Topology, config ...string) *bench {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil && os.Getenv("CI") == "" {
		t.Skip("no redis-server on PATH")
	}
	srv, err := server.Open(t.Context(), server.Options{Server: "redis-server", MaxClients: 64, Topology: topology, Config: config, HoldableReplication: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	b := &bench{}
	zero := time.Now()
	b.Rig = &Rig{
		Server: srv, Wire: conn.NewWire(1), Haste: new(Haste), Key: "{item}:stock",
		Keys: func(name string) ([]string, error) {
			if name != "stock" {
				return nil, fmt.Errorf("no key %q", name)
			}
			return []string{"{item}:stock"}, nil
		},
		Now: func() int64 { return int64(time.Since(zero)) },
		Note: func(h Happened) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.happened = append(b.happened, h)
		},
	}
	return b
}

// do sends a command to whoever owns the key, and returns the reply or what was
// wrong.
func (b *bench) do(ctx context.Context, args ...any) string {
	to, err := b.owner(ctx, b.Key)
	if err != nil {
		return err.Error()
	}
	reply, err := to.Do(ctx, args...)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(reply)
}

// A look is something to be seen on a bench, sooner or later.
type look func(context.Context, *bench) bool

// says wants a reply to hold a text.
func says(want string, command ...any) look {
	return func(ctx context.Context, b *bench) bool { return strings.Contains(b.do(ctx, command...), want) }
}

// silent wants no reply.
func silent(ctx context.Context, b *bench) bool {
	ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	return strings.Contains(b.do(ctx, "GET", b.Key), "i/o timeout")
}

// A stage is one fault: what is seen of it while it goes on, and when it is over.
type stage struct {
	text          string
	config        []string
	during, after look
	// noted is what the note of it holds.
	noted string
}

// long is how long a fault goes on that is looked at meanwhile.
const long = " for=1h"

var aof = []string{"appendonly yes"}

var stages = []stage{
	{text: "kill" + long, during: says("refused", "GET", "{item}:stock"), after: says("nil", "GET", "{item}:stock"), noted: "kill the server"},
	{text: "kill" + long, config: aof, during: says("refused", "PING"), after: says("7", "GET", "{item}:stock")},
	{text: "term" + long, config: aof, during: says("refused", "PING"), after: says("7", "GET", "{item}:stock"), noted: "term the server"},
	{text: "restart", config: aof, after: says("7", "GET", "{item}:stock"), noted: "restart the server"},
	{text: "pause" + long, during: silent, after: says("7", "GET", "{item}:stock"), noted: "pause the server"},
	{text: "cut-aof bytes=300" + long, config: aof, during: says("refused", "PING"), after: says("nil", "GET", "{item}:stock"), noted: "bytes"},
	{text: "client-pause for=2s", during: silent, after: says("7", "GET", "{item}:stock"), noted: "client-pause"},
	{text: "script-flush", after: says("NOSCRIPT", "EVALSHA", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", 0), noted: "script-flush"},
	{text: "function-flush", after: says("[]", "FUNCTION", "LIST")},
	{text: "config-set for=1h set=maxmemory=1", during: says("OOM", "SET", "{item}:stock", 8), after: says("OK", "SET", "{item}:stock", 8), noted: "config-set maxmemory=1"},
	{text: "acl for=1h set=-set -get", during: says("NOPERM", "GET", "{item}:stock"), after: says("7", "GET", "{item}:stock"), noted: "acl -set -get"},
	{text: "acl for=1h set=-@all", during: says("NOPERM", "GET", "{item}:stock"), after: says("7", "GET", "{item}:stock"), noted: "acl -@all"},
	{text: "busy-script" + long, during: says("BUSY", "GET", "{item}:stock"), after: says("7", "GET", "{item}:stock")},
	{text: "expire-key target=stock", after: says("0", "EXISTS", "{item}:stock"), noted: "expire-key stock (1 key)"},
	{text: "delete-key target=stock", after: says("nil", "GET", "{item}:stock"), noted: "delete-key stock (1 key)"},
	{text: "wrong-type target=stock", after: says("WRONGTYPE", "GET", "{item}:stock")},
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within ten seconds: %s", what)
		}
	}
}

func TestServersAreHarmedAndHealed(t *testing.T) {
	for _, st := range stages {
		t.Run(st.text+" "+strings.Join(st.config, " "), func(t *testing.T) {
			t.Parallel()
			st.play(t, newBench(t, server.Standalone, st.config...))
		})
	}
}

// primaryIs wants the key's primary to be another node than at the start, or the
// first one again, and the others to follow.
func primaryIs(name string) look {
	return func(ctx context.Context, b *bench) bool {
		primary, err := b.Server.PrimaryOf(ctx, b.Key)
		return err == nil && primary.Name() == name && primary.Up()
	}
}

// follows wants a node to be a replica whose link is up.
func follows(n int) look {
	return func(ctx context.Context, b *bench) bool {
		reply, err := b.Server.Nodes()[n-1].Do(ctx, "INFO", "replication")
		return err == nil && strings.Contains(fmt.Sprint(reply), "role:slave") && strings.Contains(fmt.Sprint(reply), "master_link_status:up")
	}
}

func TestReplicasTakeOver(t *testing.T) {
	for _, st := range []stage{
		{text: "promote lag=10ms" + long, during: primaryIs("node 2"), after: follows(1), noted: "of node 2 after the kill of node 1, replication held for 10ms"},
		{text: "split-brain for=100ms", after: follows(1), noted: "between node 1, where the buyers stay, and node 2"},
		{text: "pause for=1h target=replica", during: func(ctx context.Context, b *bench) bool { return b.Server.Nodes()[1].Paused() }, after: follows(2), noted: "pause node 2"},
		{text: "kill for=1h target=node:2", during: func(ctx context.Context, b *bench) bool { return !b.Server.Nodes()[1].Up() }, after: follows(2), noted: "kill node 2"},
		{text: "kill" + long, during: says("refused", "PING"), after: follows(2), noted: "kill primary (node 1)"},
	} {
		t.Run(st.text, func(t *testing.T) {
			t.Parallel()
			st.play(t, newBench(t, server.Replicas(1)))
		})
	}
}

func TestAReplicaOfAClusterTakesOver(t *testing.T) {
	t.Parallel()
	b := newBench(t, server.Masters(3))
	first, err := b.Server.PrimaryOf(t.Context(), b.Key)
	if err != nil {
		t.Fatal(err)
	}
	st := stage{text: "cluster-failover lag=10ms" + long, noted: "after the kill of " + first.Name(), after: says("7", "GET", b.Key),
		during: func(ctx context.Context, b *bench) bool {
			now, err := b.Server.PrimaryOf(ctx, b.Key)
			return err == nil && now != first && now.Up()
		}}
	st.play(t, b)
	eventually(t, "the old master follows", func() bool {
		reply, err := first.Do(t.Context(), "ROLE")
		return err == nil && strings.Contains(fmt.Sprint(reply), "slave")
	})
}

// A fault that is due when the sale is over, or whose target is not there, did
// not happen, and that is told.
func TestWhatDidNotHappenIsTold(t *testing.T) {
	t.Parallel()
	b := newBench(t, server.Standalone)
	ctx, cancel := context.WithCancel(t.Context())
	faults := []Fault{{Do: "kill", At: time.Hour}, {Do: "pause", Target: "node:2"}, {Do: "delete-key", Target: "sotck"}}
	go func() {
		defer cancel()
		eventually(t, "two fail", func() bool { return len(b.Undone()) == 2 })
	}()
	b.Run(ctx, faults, make(chan struct{}))
	undone := strings.Join(b.Undone(), "; ")
	for _, want := range []string{"the sale was over before kill at=1h", "pause target=node:2 could not be done: target=node:2: there are node:1 to node:1", `no key "sotck"`} {
		if !strings.Contains(undone, want) {
			t.Errorf("undone: %s, want %q", undone, want)
		}
	}
	if len(b.notes()) > 0 {
		t.Errorf("noted %+v", b.notes())
	}
}

// A fault with every happens again and again, each time from beginning to end.
func TestFaultsComeAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, server.Standalone)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() {
		b.Run(ctx, []Fault{{Do: "script-flush", Every: 5 * time.Millisecond}}, make(chan struct{}))
	})
	eventually(t, "three times", func() bool { return len(b.notes()) >= 3 })
	for i, h := range b.notes()[:3] {
		if i > 0 && h.From < b.notes()[i-1].Until {
			t.Errorf("the %d. time came too early: %+v", i+1, b.notes()[:3])
		}
	}
}

// Nobody waits for a server that was closed to be healed.
func TestHealingEndsWithTheServer(t *testing.T) {
	t.Parallel()
	b := newBench(t, server.Standalone)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan struct{})
	go func() {
		b.Run(ctx, []Fault{{Do: "client-pause", For: 10 * time.Second}}, make(chan struct{}))
		close(ended)
	}()
	eventually(t, "the server is silent", func() bool { return silent(t.Context(), b) })
	b.Server.Close()
	cancel()
	eventually(t, "the rig gives up", func() bool {
		select {
		case <-ended:
			return true
		default:
			return false
		}
	})
	if undone := strings.Join(b.Undone(), "; "); !strings.Contains(undone, "client-pause for=10s could not be healed") {
		t.Errorf("undone: %s", undone)
	}
}

// Of the buyers in haste a share leaves, at a time or at any moment up to it.
func TestHaste(t *testing.T) {
	h := &Haste{Seed: 1}
	if _, left := h.Cut(0, 0); left != nil {
		t.Error("somebody is in haste without a reason")
	}
	r := &Rig{Haste: h}
	const share, within, n = 0.25, time.Second, 4000
	for do, drawn := range map[string]bool{"tiny-timeout": false, "cancel": true} {
		e, err := r.hurry(t.Context(), &deed{Fault: &Fault{Do: do, Share: share, Delay: within}})
		if err != nil {
			t.Fatal(err)
		}
		count, sum := 0, time.Duration(0)
		for request := range uint32(n) {
			if wait, left := h.Cut(request, 1); left != nil {
				left()
				count++
				sum += wait
				if wait > within || !drawn && wait != within {
					t.Fatalf("%s: one waits %s", do, wait)
				}
			}
		}
		if count < n/5 || count > n/3 || drawn && (sum/time.Duration(count) < 400*time.Millisecond || sum/time.Duration(count) > 600*time.Millisecond) {
			t.Errorf("%s: %d of %d leave, after %s in the mean", do, count, n, sum/time.Duration(count))
		}
		if text, err := e.heal(t.Context()); err != nil || text != fmt.Sprintf("%d attempts", count) {
			t.Errorf("%s: told as %q, %v", do, text, err)
		}
		if _, left := h.Cut(0, 0); left != nil {
			t.Errorf("%s goes on", do)
		}
	}
}

// play lets the fault happen once.
func (st *stage) play(t *testing.T, b *bench) {
	t.Helper()
	for _, command := range [][]any{{"SET", b.Key, 7}, {"SCRIPT", "LOAD", "return 1"}, {"FUNCTION", "LOAD", "#!lua name=shop\nredis.register_function('buy', function() return 1 end)"}} {
		b.do(t.Context(), command...)
	}
	var f Fault
	if err := f.UnmarshalText([]byte(st.text)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		b.Run(ctx, []Fault{f}, make(chan struct{}))
		close(ended)
	}()
	if st.during != nil {
		eventually(t, "the fault shows", func() bool { return st.during(t.Context(), b) })
	} else {
		eventually(t, "the fault is over", func() bool { return len(b.notes()) == 1 })
	}
	cancel()
	<-ended
	eventually(t, "it is healed, or has left its mark", func() bool { return st.after(t.Context(), b) })
	happened := slices.DeleteFunc(b.notes(), func(h Happened) bool { return strings.HasPrefix(h.Text, "lag ") })
	if lags := len(b.notes()) - len(happened); (f.Lag > 0) != (lags == 1) {
		t.Errorf("%d lags noted: %+v", lags, b.notes())
	}
	if len(b.Undone()) > 0 || len(happened) != 1 || !happened[0].Healed || b.On() {
		t.Errorf("undone %q, happened %+v, on %v", b.Undone(), happened, b.On())
	} else if h := happened[0]; !strings.HasPrefix(h.Text, f.Do) || !strings.Contains(h.Text, st.noted) || h.Until < h.From {
		t.Errorf("noted %+v, want %q", h, st.noted)
	}
}

func (b *bench) notes() []Happened {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.happened)
}
