package report

import "github.com/seckill-bench/seckill/scenario/history"

const (
	// mostBins is how many steps of time a batches has at most.
	mostBins = 1024
	// finestBatch makes the first width 2^10 ns, a microsecond.
	finestBatch = 10
	// mostBatches is how many batches of about the same length attempts are put
	// into. They are merged, two by two, into as few as fewestBatches.
	mostBatches   = 40
	fewestBatches = 5
)

// batches count attempts over time in steps of one width, which doubles when an
// instant lies beyond the last: memory does not grow with their number.
type batches struct {
	shift uint
	bins  [mostBins]batch
	// first and last are the bins in use, from the first to before the last; last
	// is 0 without any.
	first, last int
}

// A batch is the attempts of some length of time.
type batch struct{ n, bad int64 }

func newBatches() *batches { return &batches{shift: finestBatch} }

// add counts an attempt at an instant; one before the opening counts there.
func (b *batches) add(instant int64, bad bool) {
	instant = max(instant, 0)
	for instant>>b.shift >= mostBins {
		b.halve()
	}
	i := int(instant >> b.shift)
	if b.last == 0 {
		b.first = i
	}
	b.first, b.last = min(b.first, i), max(b.last, i+1)
	b.bins[i].n++
	if bad {
		b.bins[i].bad++
	}
}

func (b *batches) halve() {
	for i := range mostBins / 2 {
		one, two := b.bins[2*i], b.bins[2*i+1]
		b.bins[i] = batch{one.n + two.n, one.bad + two.bad}
	}
	clear(b.bins[mostBins/2:])
	b.first, b.last = b.first/2, (b.last+1)/2
	b.shift++
}

// until returns batches of about the same length, up to an instant, and how many
// ns each is long; history.Never: up to the last attempt.
func (b *batches) until(instant int64) (all []batch, lengths []float64) {
	last := b.last
	if instant != history.Never {
		last = min(last, int(instant>>b.shift)) // whole ones alone
	}
	bins := last - b.first
	count := min(mostBatches, bins)
	if count < fewestBatches {
		return nil, nil
	}
	all, lengths = make([]batch, count), make([]float64, count)
	for i, bin := range b.bins[b.first:last] {
		to := i * count / bins
		all[to].n += bin.n
		all[to].bad += bin.bad
		lengths[to] += float64(int64(1) << b.shift)
	}
	return all, lengths
}
