package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/seckill-bench/seckill/scenario/arrival"
	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

const (
	// readLinks is how many connections all background reads share. They are those of
	// other programs than the one that sells: what the buyers' connections carry
	// stays what the buyers ask.
	readLinks = 16
	// maxReads bounds the reads that are under way or wait for a connection. A server
	// that does not answer must not let them pile up; what is due beyond is dropped.
	maxReads = 1024
)

// A question is what one background read asks of an item. Who asks keeps the instants.
type question func(ctx context.Context, do strategy.Doer, item sale.Item) error

func stockOf(strat *strategy.Strategy) question {
	return func(ctx context.Context, do strategy.Doer, item sale.Item) error {
		_, err := strat.Stock(ctx, do, item)
		return err
	}
}

func raw(reading *contract.Reading) question {
	return func(ctx context.Context, do strategy.Doer, item sale.Item) error {
		words, err := reading.Words(item)
		if err == nil {
			_, err = do.Do(ctx, words...)
		}
		return err
	}
}

// readers are those who read beside the sale. nil: nobody does.
type readers struct {
	links     conn.Links
	questions []question
	// under is how many reads are under way or wait.
	under atomic.Int64
}

// openReaders makes their connections before the doors open.
func (s *Sale) openReaders(ctx context.Context, now func() int64) (*readers, error) {
	questions, err := s.spec.questions(&s.strategy)
	if err != nil || len(questions) == 0 {
		return nil, err
	}
	links, err := conn.Open(ctx, s.server, conn.Options{
		Mode: conn.Pool(readLinks), Timeout: s.spec.Timeout, Now: now, MaxRate: min(float64(s.spec.MaxRate), float64(s.spec.backgroundRate())),
	})
	if err != nil {
		return nil, fmt.Errorf("connections for --background: %w", err)
	}
	return &readers{links: links, questions: questions}, nil
}

func (r *readers) close() {
	if r != nil {
		r.links.Close()
	}
}

// try asks each question once, of an item that is on sale: a read that cannot work is
// said before the doors open, and not in the record a thousand times.
func (r *readers) try(ctx context.Context, s *Spec, item sale.Item) error {
	if r == nil {
		return nil
	}
	for i, ask := range r.questions {
		if err := ask(ctx, desk{r.links}, item); err != nil {
			return fmt.Errorf("--background %s: trying it: %w", s.Background[i].Read, err)
		}
	}
	return nil
}

// read has every question asked at its rate, until the buyers have left.
func (d *drive) read() {
	if d.readers == nil {
		return
	}
	for i := range d.readers.questions {
		d.meanwhile.Go(func() { d.keepReading(uint32(i)) })
	}
}

// keepReading asks one question, at instants drawn at random: readers do not know of
// each other.
func (d *drive) keepReading(number uint32) {
	rate := float64(d.spec.Background[number].Rate)
	schedule := arrival.Schedule{Model: arrival.Open, Stages: []arrival.Stage{{From: rate, To: rate, Poisson: true}}}
	ctx, leave := context.WithCancel(context.WithoutCancel(d.doors))
	crew := &crew{play: func(n uint32, due int64) { d.readOnce(ctx, number, n, due) }, most: maxIdle}
	defer crew.leave()
	defer leave() // whoever waits for a connection by then is dropped
	alarm := newAlarm(d.clock.now, d.left, nap)
	defer alarm.stop()
	n := uint32(0)
	for at := range schedule.Times(d.spec.source(streamReads + uint64(number))) {
		if !alarm.until(int64(at)) {
			return
		}
		if d.readers.under.Add(1) <= maxReads {
			crew.admit(part{n, int64(at)})
		} else {
			d.readers.under.Add(-1)
			a := d.reading(number, n, int64(at))
			d.rec.Put(&a)
		}
		n++
	}
}

// reading is the n-th read of a question, of which nothing has come.
func (d *drive) reading(number, n uint32, due int64) history.Attempt {
	return history.Attempt{
		Due: due, Start: micros(d.clock.now() - due), Call: history.Never, Return: history.Never, Left: sale.Untold,
		Request: number, Item: uint16(int(n) % len(d.plan.head.Items)), Verb: sale.Read, Outcome: sale.Dropped,
	}
}

// readOnce makes a read and files it.
func (d *drive) readOnce(ctx context.Context, number, n uint32, due int64) {
	defer d.readers.under.Add(-1)
	h := &hand{attempt: d.reading(number, n, due)} // of no drive: it counts towards no purchase
	link, err := d.readers.links.Take(ctx)
	if err == nil {
		h.link = link
		err = d.readers.questions[number](context.WithoutCancel(ctx), h, d.plan.head.Items[h.attempt.Item])
		d.readers.links.Give(link)
	}
	d.fileRead(ctx, h, err)
	d.rec.Put(&h.attempt)
}

// fileRead says what came of a read. One that failed was answered with an error, or
// with what is not a stock; of one that is indeterminate nothing was heard.
func (d *drive) fileRead(ctx context.Context, h *hand, err error) {
	a := &h.attempt
	switch never := a.Call == history.Never; {
	case err == nil:
		a.Outcome = sale.OK
		return
	case never && (ctx.Err() != nil || errors.Is(err, conn.ErrLeft)):
		a.Return = history.Never
		return
	case !never && h.wireErr != nil && conn.FateOf(h.wireErr) != conn.NotRun && !conn.IsReply(h.wireErr):
		a.Outcome = sale.Indeterminate
	default:
		a.Outcome = sale.Failed
	}
	if a.Return == history.Never {
		a.Return = d.clock.now()
	}
	a.Reply = d.rec.Texts.Keep(err.Error())
}

// readLinks is how many connections there are for reads, beside those of the buyers.
func (s *Spec) readLinks() int {
	if len(s.Background) == 0 {
		return 0
	}
	return readLinks
}
