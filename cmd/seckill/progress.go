package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/seckill-bench/seckill/report"
)

// progress shows a sale while it happens: bars on a terminal, elsewhere at
// most one plain line a second.
type progress struct {
	live  *report.Live
	begin time.Time
	over  chan struct{}
	shown sync.WaitGroup
}

func startProgress(w io.Writer, live *report.Live) *progress {
	p := &progress{live: live, begin: time.Now(), over: make(chan struct{})}
	if isTerminal(w) {
		p.shown.Go(func() { p.bars(w) })
	} else {
		p.shown.Go(func() { p.lines(w) })
	}
	return p
}

// stop shows the last state and returns when it is shown.
func (p *progress) stop() {
	close(p.over)
	p.shown.Wait()
}

// isTerminal reports whether w is a screen that can redraw a line.
func isTerminal(w io.Writer) bool {
	f, isFile := w.(*os.File)
	return isFile && term.IsTerminal(int(f.Fd())) && os.Getenv("CI") == "" && os.Getenv("TERM") != "dumb"
}

// lines writes one line a second, and none for a sale that is over before.
func (p *progress) lines(w io.Writer) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-p.over:
			return
		case <-tick.C:
			now := p.live.Snapshot()
			fmt.Fprintf(w, "%6s  units left %s  %s\n", time.Since(p.begin).Round(time.Second), unitsLeft(&now), figures(&now))
		}
	}
}

// fine is the steps of the bar a unit.
const fine = 1000

// bars redraws two lines: the units left running down, and the figures.
func (p *progress) bars(w io.Writer) {
	screen := mpb.New(mpb.WithOutput(w), mpb.WithWidth(48), mpb.WithRefreshRate(100*time.Millisecond))
	var shown atomic.Pointer[report.Snapshot] // mpb draws on a goroutine of its own
	look := func() *report.Snapshot {
		now := p.live.Snapshot()
		shown.Store(&now)
		return &now
	}
	// A bar that has once been full is finished for mpb: ours begins so, and
	// therefore has a total just above what it shows.
	total := fine*look().Stock + 1
	bar := screen.New(total, mpb.BarStyle().Lbound("[").Filler("█").Tip("█").Padding("·").Rbound("]"),
		mpb.PrependDecorators(decor.Name("units left ")),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + unitsLeft(shown.Load()) })))
	line := screen.New(1, mpb.NopStyle(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return figures(shown.Load()) })))
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for open := true; open; {
		select {
		case <-p.over:
			open = false
		case <-tick.C:
		}
		now := look()
		bar.SetTotal(fine*now.Stock+1, false) // a restock makes it longer
		bar.SetCurrent(fine * now.Left)
	}
	bar.Abort(false)
	line.Abort(false)
	screen.Wait()
}

// unitsLeft says how many units are left of how many, and whether more were
// promised than there are.
func unitsLeft(s *report.Snapshot) string {
	text := fmt.Sprintf("%d of %d", s.Left, s.Stock)
	if s.Oversold > 0 {
		text += fmt.Sprintf(", %d too many sold", s.Oversold)
	}
	return text
}

// figures is the state of a sale in one line.
func figures(s *report.Snapshot) string {
	text := fmt.Sprintf("%d attempts  %.0f/s  p50 %s  p99 %s  %d errors", s.Attempts, s.Rate, shortTime(s.P50), shortTime(s.P99), s.Errors)
	if s.Booked {
		text += fmt.Sprintf("  orders: %d done, %d waiting", s.Ordered, max(s.Sold-s.Ordered, 0))
	}
	if s.Faults > 0 {
		text += fmt.Sprintf("  fault %d: %s", s.Faults, s.Fault)
	}
	return text
}

func shortTime(d time.Duration) string {
	switch {
	case d <= 0:
		return "-"
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}
