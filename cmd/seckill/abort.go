package main

import (
	"context"
	"fmt"
	"time"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario"
)

// watchEvery is how often a sale is looked at; it tells news as often as that.
const watchEvery = 100 * time.Millisecond

// A guard ends a sale when a condition of --abort has held for long enough.
type guard struct {
	conditions []scenario.Condition
	quantiles  []float64 // of the conditions, in their order
	// since is when each condition began to hold; zero: it does not.
	since []time.Time
	// all is how many attempts were over when there was news, changed when that was.
	all     int64
	changed time.Time
	// stands is since when nothing was over though somebody waited.
	stands time.Time
}

func newGuard(conditions []scenario.Condition, at time.Time) *guard {
	g := &guard{conditions: conditions, since: make([]time.Time, len(conditions)), changed: at, stands: at}
	for _, c := range conditions {
		g.quantiles = append(g.quantiles, c.Quantile)
	}
	return g
}

// aMoment is how long figures stand for themselves, and how long nothing has to be
// answered before everybody who waits is an error.
const aMoment = time.Second

// look says whether a condition has held for long enough, by what is to be seen at
// an instant: the latest second, and how many attempts are not over. A server that
// stands still is seen by these: nothing is recorded of those who wait.
func (g *guard) look(at time.Time, latest *report.Latest, waiting int64) *scenario.Aborted {
	news := latest.All != g.all
	if news {
		g.all, g.changed = latest.All, at
	}
	if news || waiting == 0 {
		g.stands = at
	}
	for i := range g.conditions {
		c := &g.conditions[i]
		seen, holds := g.holds(c, latest, i, at, waiting)
		switch {
		case !holds:
			g.since[i] = time.Time{}
		case g.since[i].IsZero():
			g.since[i] = at
		case at.Sub(g.since[i]) >= c.For:
			return &scenario.Aborted{Condition: *c, Seen: seen}
		}
	}
	return nil
}

// holds says whether a condition holds now, and by what. Without news what was
// seen last stands as long as somebody waits.
func (g *guard) holds(c *scenario.Condition, latest *report.Latest, i int, at time.Time, waiting int64) (seen string, holds bool) {
	standing := at.Sub(g.stands)
	if standing > c.Time && (c.Quantile > 0 || standing >= aMoment) {
		return fmt.Sprintf("nothing was answered for %s, and %d waited", standing.Round(watchEvery), waiting), true
	}
	if latest.Attempts == 0 || waiting == 0 && at.Sub(g.changed) > aMoment {
		return "", false
	}
	if c.Quantile == 0 {
		share := float64(latest.Errors) / float64(latest.Attempts)
		return fmt.Sprintf("%d of the %d attempts of the latest second had no business reply", latest.Errors, latest.Attempts), share > c.Share
	}
	switch took := latest.Times[i]; {
	case took < 0:
		return "in the latest second the percentile fell among the attempts that were not answered", true
	default:
		return fmt.Sprintf("in the latest second it was %s", took.Round(10*time.Microsecond)), took > c.Time
	}
}

// guarded returns a context for a sale that ends it when a condition of --abort
// has held, and what ends the watch.
func guarded(ctx context.Context, abort string, planned *scenario.Sale, live *report.Live) (context.Context, func()) {
	conditions, err := scenario.ParseAbort(abort) // that it can be parsed was seen before
	if err != nil || len(conditions) == 0 {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	g := newGuard(conditions, time.Now())
	over := make(chan struct{})
	go func() {
		defer close(over)
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case at := <-tick.C:
				latest := live.Latest(g.quantiles)
				if held := g.look(at, &latest, planned.Outstanding()); held != nil {
					cancel(held)
				}
			}
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-over
	}
}
