package conn_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
)

// A question keeps what came of it.
type question struct {
	words []any
	err   error
	over  chan conn.Exchange
}

func asked(words ...any) *question { return &question{words: words, over: make(chan conn.Exchange, 2)} }

func (q *question) Words(room []any) ([]any, error) { return append(room, q.words...), q.err }
func (q *question) Over(x conn.Exchange)            { q.over <- x }

// put asks over a turn of its own.
func put(t *testing.T, links conn.Links, q *question) *question {
	t.Helper()
	link, err := links.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	link.(conn.Asker).Ask(q)
	return q
}

// Of thousands who ask at the same time each hears his own reply, by both ways
// to ask and whatever the others hear.
func TestEachHearsHisOwn(t *testing.T) {
	srv := privateServer(t)
	for _, n := range []int{1, 3} {
		links := open(t, srv, conn.Pipelined(n), time.Minute)
		inParallel(2*1024, func() {
			for range 5 {
				mine := strconv.Itoa(rand.IntN(1 << 30))
				if rand.IntN(10) == 0 { // an error in between moves nobody's reply
					if x := do(t, links, "EVAL", "return redis.error_reply('"+mine+"')", "0"); x.Err == nil || x.Err.Error() != "ERR "+mine && x.Err.Error() != mine {
						t.Errorf("asked for the error %s and heard %v, %v", mine, x.Reply, x.Err)
					}
					continue
				}
				if x := do(t, links, "ECHO", mine); x.Err != nil || x.Reply != mine {
					t.Errorf("said %s and heard %v, %v", mine, x.Reply, x.Err)
				}
				if x := <-put(t, links, asked("ECHO", mine)).over; x.Err != nil || x.Reply != mine || x.Read < x.Sent {
					t.Errorf("asked %s and heard %v, %v", mine, x.Reply, x.Err)
				}
			}
		})
	}
}

// What gathers while a batch is out leaves after it: its time in the queue is
// no service.
func TestQueueIsNotService(t *testing.T) {
	const takes = 20 * time.Millisecond
	links := open(t, fakeServer(t), conn.Pipelined(1), time.Minute)
	first := put(t, links, asked("SLEEP", takes.String(), "first"))
	for links.Load().InFlight == 0 { // it has left
		time.Sleep(time.Millisecond)
	}
	second := put(t, links, asked("SLEEP", takes.String(), "second"))
	one, two := <-first.over, <-second.over
	if two.Sent < one.Read {
		t.Errorf("the second was sent %v before the first was read", time.Duration(one.Read-two.Sent))
	}
	for _, x := range []conn.Exchange{one, two} {
		if x.Err != nil || time.Duration(x.Read-x.Sent) < takes {
			t.Errorf("%v took %v (%v)", x.Reply, time.Duration(x.Read-x.Sent), x.Err)
		}
	}
}

// After a timeout the late reply is read and thrown away: the connection stays,
// and those behind it hear what is theirs.
func TestTimeoutOfAShared(t *testing.T) {
	srv := fakeServer(t)
	links := open(t, srv, conn.Pipelined(1), 100*time.Millisecond)
	late := put(t, links, asked("SLEEP", "300ms", "late"))
	x := <-late.over
	if conn.FateOf(x.Err) != conn.Maybe || conn.IsReply(x.Err) || x.Err == nil {
		t.Fatalf("after the timeout: %v, %v", x.Reply, x.Err)
	}
	behind := put(t, links, asked("SLEEP", "0s", "behind"))
	if x := <-behind.over; x.Err == nil && x.Reply != "behind" {
		t.Errorf("who was behind it heard %v", x.Reply)
	}
	for range 5 {
		if x := do(t, links, "SLEEP", "0s", "mine"); x.Err == nil && x.Reply != "mine" {
			t.Errorf("the next heard %v", x.Reply)
		}
	}
	if x := do(t, links, "PEERS"); x.Err == nil && x.Reply != int64(1) {
		t.Errorf("the server has %v connections: the late reply cost one", x.Reply)
	}
	select {
	case x := <-late.over:
		t.Errorf("the late reply is told: %v", x.Reply)
	default:
	}
}

// Whoever does not wait for the connection was never there; whoever does not
// wait for the reply may have been heard.
func TestPatienceBeforeAndAfter(t *testing.T) {
	links := open(t, fakeServer(t), conn.Pipelined(1), time.Minute)
	soon, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	x := doUntil(t, links, soon, "SLEEP", "300ms", "late")
	if conn.FateOf(x.Err) != conn.Maybe || x.Sent == conn.Unsent || x.Err == nil {
		t.Errorf("after it was sent: %v, %v", x.Reply, x.Err)
	}
	x = doUntil(t, links, soon, "SLEEP", "0s", "never")
	if conn.FateOf(x.Err) != conn.NotRun || x.Sent != conn.Unsent || !errors.Is(x.Err, conn.ErrLeft) {
		t.Errorf("before it was sent: %+v", x)
	}
	if x := do(t, links, "SLEEP", "0s", "mine"); x.Reply != "mine" {
		t.Errorf("the next one hears %v, %v", x.Reply, x.Err)
	}
	link, err := links.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer links.Give(link)
	link.RoundTrip(t.Context(), []any{"SLEEP", "0s", "half a purchase"})
	put(t, links, asked("SLEEP", "300ms", "in the way"))
	for links.Load().InFlight == 0 {
		time.Sleep(time.Millisecond)
	}
	soon, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if x := link.RoundTrip(soon, []any{"SLEEP", "0s", "the other half"}); x.Sent != conn.Unsent {
		t.Errorf("the other half: %+v", x)
	}
}

func doUntil(t *testing.T, links conn.Links, ctx context.Context, args ...any) conn.Exchange {
	t.Helper()
	link, err := links.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer links.Give(link)
	return link.RoundTrip(ctx, args)
}

// A sweep has nobody sent who waits for his turn, and disturbs nobody else.
func TestSweep(t *testing.T) {
	links := open(t, fakeServer(t), conn.Pipelined(1), time.Minute)
	begun, err := links.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	begun.RoundTrip(t.Context(), []any{"SLEEP", "0s", "half"})
	first := put(t, links, asked("SLEEP", "100ms", "out"))
	for links.Load().InFlight == 0 {
		time.Sleep(time.Millisecond)
	}
	waits := put(t, links, asked("SLEEP", "0s", "never"))
	other := make(chan conn.Exchange)
	go func() { other <- begun.RoundTrip(t.Context(), []any{"SLEEP", "0s", "the other half"}) }()
	links.Sweep()
	if x := <-waits.over; x.Sent != conn.Unsent || conn.FateOf(x.Err) != conn.NotRun {
		t.Errorf("who waited: %+v", x)
	}
	if x := <-first.over; x.Reply != "out" {
		t.Errorf("who was out hears %v, %v", x.Reply, x.Err)
	}
	if x := <-other; x.Reply != "the other half" {
		t.Errorf("who had begun hears %v, %v", x.Reply, x.Err)
	}
	if x := do(t, links, "SLEEP", "0s", "mine"); x.Reply != "mine" {
		t.Errorf("who comes later hears %v, %v", x.Reply, x.Err)
	}
}

// Sweeps, and buyers who leave in the middle of them, do not disturb each other.
func TestSweepsAmongLeavers(t *testing.T) {
	links := open(t, fakeServer(t), conn.Pipelined(1), time.Minute)
	put(t, links, asked("SLEEP", "100ms", "in the way"))
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			soon, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Millisecond/2)
			defer cancel()
			if x := doUntil(t, links, soon, "SLEEP", "0s", "mine"); x.Err == nil && x.Reply != "mine" {
				t.Errorf("heard %v", x.Reply)
			}
		})
	}
	for range 50 {
		links.Sweep()
		time.Sleep(time.Millisecond)
	}
	all.Wait()
	if x := do(t, links, "SLEEP", "0s", "mine"); x.Reply != "mine" {
		t.Errorf("afterwards: %v, %v", x.Reply, x.Err)
	}
}

// What cannot be put into words is not sent, and keeps nobody else's reply.
func TestNoWords(t *testing.T) {
	links := open(t, fakeServer(t), conn.Pipelined(1), time.Minute)
	put(t, links, asked("SLEEP", "50ms", "in the way"))
	var all []*question
	for i := range 9 {
		q := asked("SLEEP", "0s", fmt.Sprint(i))
		if i%3 == 1 {
			q.err = errors.New("no words")
		}
		all = append(all, put(t, links, q))
	}
	for i, q := range all {
		x := <-q.over
		if wrong := i%3 == 1; wrong && (conn.FateOf(x.Err) != conn.NotRun || !errors.Is(x.Err, q.err)) || !wrong && x.Reply != fmt.Sprint(i) {
			t.Errorf("%d: %v, %v", i, x.Reply, x.Err)
		}
	}
}

// A connection that answers nothing is given up in the end, and the next batch
// goes over another.
func TestSilentConnectionIsGivenUp(t *testing.T) {
	links := open(t, fakeServer(t), conn.Pipelined(1), 20*time.Millisecond)
	put(t, links, asked("SLEEP", "2s", "never"))
	for range 1000 {
		if x := do(t, links, "SLEEP", "0s", "mine"); x.Err == nil {
			if x.Reply != "mine" {
				t.Errorf("heard %v", x.Reply)
			}
			return
		}
	}
	t.Error("nobody is heard any more")
}

// Both who are out and who wait are told when the links are closed.
func TestCloseTellsEverybody(t *testing.T) {
	links := open(t, fakeServer(t), conn.Pipelined(1), time.Minute)
	first := put(t, links, asked("SLEEP", "2s", "out"))
	for links.Load().InFlight == 0 {
		time.Sleep(time.Millisecond)
	}
	waits := put(t, links, asked("SLEEP", "0s", "never"))
	later, err := links.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	links.Close()
	after := asked("SLEEP", "0s", "after")
	later.(conn.Asker).Ask(after)
	for _, row := range []struct {
		*question
		fate conn.Fate
	}{{first, conn.Maybe}, {waits, conn.NotRun}, {after, conn.NotRun}} {
		if x := <-row.over; x.Err == nil || conn.FateOf(x.Err) != row.fate {
			t.Errorf("%v: %v, %v", row.words, x.Reply, x.Err)
		}
	}
}

// A transaction goes over a connection of its own, in between the others.
func TestPinnedTransaction(t *testing.T) {
	links := open(t, privateServer(t), conn.Pipelined(1), time.Minute)
	link, err := links.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer links.Give(link)
	own, free, err := link.(conn.Pinner).Pin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer free()
	var others sync.WaitGroup
	for range 100 {
		others.Go(func() {
			if x := do(t, links, "INCR", "n"); x.Err != nil || x.Reply == "QUEUED" {
				t.Errorf("beside it: %v, %v", x.Reply, x.Err)
			}
		})
	}
	var x conn.Exchange
	for _, word := range []string{"MULTI", "PING", "PING", "EXEC"} {
		if x = own.RoundTrip(t.Context(), []any{word}); x.Err != nil {
			t.Fatal(word, x.Err)
		}
	}
	if list, _ := x.Reply.([]any); !slices.Equal(list, []any{"PONG", "PONG"}) {
		t.Errorf("EXEC gives %v", x.Reply)
	}
	others.Wait()
	if load := links.Load(); load.Sent != 104 || load.InFlight != 0 || load.Busy != 0 {
		t.Errorf("100 exchanges and 4 are counted as %+v", load)
	}
}
