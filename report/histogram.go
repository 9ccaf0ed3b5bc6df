package report

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// digits is the significant decimal digits of every reported percentile:
	// a value is at most 0.1% above the one that was measured.
	digits = 3
	// longest is the largest time told apart; what lies above is counted there.
	longest = int64(24 * time.Hour)
	// beyond is how many attempts must lie above a percentile for it to be shown.
	beyond = 10
)

// A distribution holds the times of attempts in ns, and how many attempts that
// were due have none. It is not safe for use by several goroutines.
type distribution struct {
	hdr     *hdrhistogram.Histogram
	misses  int64
	largest int64
	total   float64
}

// newDistribution returns an empty distribution that keeps the given number of
// significant decimal digits, 1 to 5.
func newDistribution(digits int) *distribution {
	return &distribution{hdr: hdrhistogram.New(1, longest, digits)}
}

// add counts an attempt that took ns. A time below zero, which only clocks
// that disagree can make, counts as zero.
func (d *distribution) add(ns int64) {
	ns = max(ns, 0)
	d.largest = max(d.largest, ns)
	d.total += float64(ns)
	_ = d.hdr.RecordValue(min(ns, longest)) // cannot fail: the value is in range
}

// miss counts an attempt that was due and not answered: it took longer than
// any that was.
func (d *distribution) miss() { d.misses++ }

// count is the number of attempts with a time.
func (d *distribution) count() int64 { return d.hdr.TotalCount() }

// missed is the number of attempts without a time.
func (d *distribution) missed() int64 { return d.misses }

// max is the longest time, exactly; 0 without any.
func (d *distribution) max() int64 { return d.largest }

// mean is the mean of the times, exactly; 0 without any.
func (d *distribution) mean() float64 {
	if d.count() == 0 {
		return 0
	}
	return d.total / float64(d.count())
}

// quantile returns the time that a share q (0 to 1) of all due attempts stayed
// within; false when that share reaches into the attempts without a time, or
// when there are none at all.
func (d *distribution) quantile(q float64) (ns int64, ok bool) {
	rank := max(rankOf(q, d.count()+d.misses), 1)
	if rank > d.count() {
		return 0, false
	}
	return d.atRank(rank), true
}

// answered is the distribution of the attempts with a time alone; it shares
// their memory.
func (d *distribution) answered() *distribution {
	alone := *d
	alone.misses = 0
	return &alone
}

// told reports whether enough attempts lie beyond the quantile q for it to be shown.
func (d *distribution) told(q float64) bool {
	n := d.count() + d.misses
	return n-rankOf(q, n) >= beyond
}

func (d *distribution) atRank(rank int64) int64 {
	percent := 100 * float64(rank) / float64(d.count())
	return min(d.hdr.ValueAtPercentile(percent), d.largest)
}

// within is the number of attempts whose time is at most ns, to the
// distribution's digits.
func (d *distribution) within(ns int64) int64 {
	var n int64
	for _, bar := range d.hdr.Distribution() {
		if bar.From > ns {
			break
		}
		n += bar.Count
	}
	return n
}

// merge adds the attempts of another distribution of the same digits.
func (d *distribution) merge(from *distribution) {
	d.hdr.Merge(from.hdr)
	d.misses += from.misses
	d.total += from.total
	d.largest = max(d.largest, from.largest)
}

// reset empties the distribution.
func (d *distribution) reset() {
	d.hdr.Reset()
	d.misses, d.largest, d.total = 0, 0, 0
}

// rankOf is the rank of the quantile q among n sorted values, counted from 1.
// The small part taken off keeps 0.999 × 10,000 from being 9,991.
func rankOf(q float64, n int64) int64 {
	return int64(math.Ceil(q*float64(n) - 1e-6))
}

// A taggedDistribution is a distribution with the name it has in a log.
type taggedDistribution struct {
	tag string
	*distribution
}

// writeLog writes distributions as one interval each of an HdrHistogram log,
// format V2: times in ns, the interval from started, length long.
// Source: https://github.com/HdrHistogram/HdrHistogram, HistogramLogWriter.
func writeLog(w io.Writer, comment string, started time.Time, length time.Duration, all []taggedDistribution) error {
	log := hdrhistogram.NewHistogramLogWriter(w)
	from := started.UnixMilli()
	steps := []error{
		log.OutputComment(comment),
		log.OutputLogFormatVersion(),
		log.OutputStartTime(from),
		log.OutputLegend(),
	}
	for _, d := range all {
		d.hdr.SetTag(d.tag)
		d.hdr.SetStartTimeMs(from)
		d.hdr.SetEndTimeMs(from + length.Milliseconds())
		steps = append(steps, log.OutputIntervalHistogram(d.hdr))
	}
	for _, err := range steps {
		if err != nil {
			return fmt.Errorf("writing the histogram log: %w", err)
		}
	}
	return nil
}
