package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/seckill-bench/seckill/report"
)

// lastScrape is how long a program that is scraped waits at its end for the scrape
// that fetches the verdict; Prometheus comes every 15 s unless told otherwise.
const lastScrape = 20 * time.Second

// A listener serves the live figures of a run, until it is closed.
type listener struct {
	server   http.Server
	exporter *report.Exporter
	// scrapes counts those that were answered; over is set when the verdict is
	// among the figures, and told closed by the first scrape after that.
	scrapes atomic.Int64
	over    atomic.Bool
	told    chan struct{}
}

// listen serves the figures of all that the program runs at an address; nothing
// where that is empty.
func (a *app) listen(address string) error {
	if address == "" {
		return nil
	}
	at, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("--listen %s: want an address like :9464: %w", address, err)
	}
	l := &listener{exporter: report.NewExporter(), told: make(chan struct{})}
	mux := http.NewServeMux()
	metrics := l.exporter.Handler()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		last := l.over.Load()
		metrics.ServeHTTP(w, r)
		l.scrapes.Add(1)
		if last && l.over.CompareAndSwap(true, false) {
			close(l.told)
		}
	})
	mux.HandleFunc("GET /grafana.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(report.Dashboard)
	})
	l.server = http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go l.server.Serve(at)
	a.listener = l
	fmt.Fprintf(a.stderr, "Figures of the run: http://%s/metrics, and a dashboard: http://%[1]s/grafana.json\n", at.Addr())
	return nil
}

// figures are what the program shows; nil where nobody asked for them.
func (a *app) figures() *report.Exporter {
	if a.listener == nil {
		return nil
	}
	return a.listener.exporter
}

// hush ends the serving. Who was scraped waits until the verdict is, for some time.
func (a *app) hush() {
	l := a.listener
	if l == nil {
		return
	}
	if l.scrapes.Load() > 0 {
		l.over.Store(true)
		select {
		case <-l.told:
		case <-a.ctx.Done():
		case <-time.After(lastScrape):
		}
	}
	ending, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := l.server.Shutdown(ending); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		a.tell(err)
	}
}
