package report

import (
	_ "embed"
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// Dashboard is a Grafana dashboard of what an Exporter shows.
//
//go:embed grafana.json
var Dashboard []byte

// An Exporter shows sales to Prometheus while they run, one after the other: its
// counters go on from one to the next. The names are those of metrics.txt, but
// that times are histograms, for those can be added up over time. It is safe for
// use by many goroutines; a nil Exporter shows nothing.
type Exporter struct {
	registry            *prometheus.Registry
	attempts            [sale.Dropped + 1]prometheus.Counter
	responses, services *prometheus.HistogramVec
	after               *prometheus.CounterVec
	reads               *prometheus.CounterVec
	resends             prometheus.Counter
	verdict, violations *prometheus.GaugeVec

	mu   sync.Mutex
	live *Live
	info *prometheus.GaugeVec
	// asked are the background reads of the sale; left is what the audit found, once
	// it has been judged.
	asked []history.Background
	left  *int64
}

// bucketBounds are the upper bounds of the histograms: 50 µs and twice as long each time,
// to beyond 52 s.
var bucketBounds = prometheus.ExponentialBuckets(50e-6, 2, 21)

// NewExporter returns an exporter that has seen no sale yet.
func NewExporter() *Exporter {
	e := &Exporter{registry: prometheus.NewRegistry()}
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		e.registry.MustRegister(v)
		return v
	}
	gauges := func(name, help string, labels ...string) *prometheus.GaugeVec {
		v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
		e.registry.MustRegister(v)
		return v
	}
	histograms := func(name, help string) *prometheus.HistogramVec {
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: name, Help: help, Buckets: bucketBounds, NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160,
		}, []string{"outcome"})
		e.registry.MustRegister(v)
		return v
	}
	attempts := counters("seckill_attempts_total", "Purchases, by what came of them.", "outcome")
	e.responses = histograms("seckill_response_seconds", "From due to return, of the answered.")
	e.services = histograms("seckill_service_seconds", "From call to return, of the answered.")
	for _, o := range sale.Outcomes {
		e.attempts[o] = attempts.WithLabelValues(o.String())
	}
	e.resends = counters("seckill_resends_total", "Purchases that were sent again under the same request.").WithLabelValues()
	e.after = counters("seckill_after_purchase_total", "Attempts with what was bought: released, confirmed, ordered.", "verb", "outcome")
	e.reads = counters("seckill_background_reads_total", "Reads beside the sale.", "read", "outcome")
	e.verdict = gauges("seckill_verdict", "What the judge found of the latest sale that is over; all 0 before.", "seckill_verdict")
	e.violations = gauges("seckill_violations", "Cases in which the latest sale that is over broke a rule.", "rule")
	e.info = gauges("seckill_run_info", "What is run, and where.", "name", "script", "sha1", "model", "server", "kind", "seckill")
	e.registry.MustRegister(unitsShown{e})
	return e
}

// Handler serves the figures: in the OpenMetrics format to who asks for it, else
// in that of Prometheus.
func (e *Exporter) Handler() http.Handler {
	return promhttp.HandlerFor(e.registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
}

// Begin shows a sale from now on, and returns the sink that its attempts go to;
// nil of a nil Exporter.
func (e *Exporter) Begin(head *history.Head) *Exposed {
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.live, e.asked = NewLive(head), head.Background
	e.info.Reset()
	s := Summary{Head: *head}
	e.info.WithLabelValues(Plain(head.Name), Plain(head.Script.Name), head.Script.SHA1, head.Model, Plain(s.serverName()), head.Server.Kind, head.Host.Seckill).Set(1)
	e.judged(&check.Verdict{}, nil)
	return &Exposed{e, e.live}
}

// Judged shows what the judge found of a sale, and the units that the audit found; nil:
// it could not tell.
func (e *Exporter) Judged(v *check.Verdict, left *int64) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.judged(v, left)
}

func (e *Exporter) judged(v *check.Verdict, left *int64) {
	e.left = left
	for _, o := range []check.Opinion{check.Valid, check.Invalid, check.Unknown} {
		e.verdict.WithLabelValues(string(o)).Set(oneIf(v.Opinion == o))
	}
	e.violations.Reset()
	for _, broken := range v.Unexpected() {
		e.violations.WithLabelValues(string(broken.Rule)).Set(float64(broken.Count))
	}
}

// An Exposed is a sale that an Exporter shows: a sink of the recorder. A nil Exposed
// shows nothing.
type Exposed struct {
	exporter *Exporter
	live     *Live
}

// Append counts a batch. It never fails.
func (x *Exposed) Append(batch []history.Attempt) error {
	if x == nil {
		return nil
	}
	for i := range batch {
		x.exporter.add(&batch[i])
	}
	return x.live.Append(batch)
}

// Event counts what restocks brought.
func (x *Exposed) Event(e history.Event) {
	if x != nil {
		x.live.Event(e)
	}
}

func (e *Exporter) add(a *history.Attempt) {
	switch outcome := min(a.Outcome, sale.Dropped); {
	case outcome == 0:
	case a.Verb == sale.Read:
		if int(a.Request) < len(e.asked) {
			e.reads.WithLabelValues(Plain(e.asked[a.Request].Read), outcome.String()).Inc()
		}
	case a.Verb != sale.Buy:
		e.after.WithLabelValues(a.Verb.String(), outcome.String()).Inc()
	default:
		e.attempts[outcome].Inc()
		if a.Try > 0 {
			e.resends.Inc()
		}
		if outcome.Answered() {
			e.responses.WithLabelValues(outcome.String()).Observe(float64(a.Return-a.Due) / 1e9)
			e.services.WithLabelValues(outcome.String()).Observe(float64(a.Return-a.Call) / 1e9)
		}
	}
}

// unitsShown are the units of the sale that runs, or ran last.
type unitsShown struct{ of *Exporter }

var unitsDesc = prometheus.NewDesc("seckill_units", "Units of the latest sale: on sale, left by the answers so far and in the end by the audit, acknowledged beyond what there was.", []string{"state"}, nil)

func (u unitsShown) Describe(to chan<- *prometheus.Desc) { to <- unitsDesc }

func (u unitsShown) Collect(to chan<- prometheus.Metric) {
	u.of.mu.Lock()
	live, left := u.of.live, u.of.left
	u.of.mu.Unlock()
	if live == nil {
		return
	}
	now := live.Snapshot()
	if left != nil {
		now.Left = *left
	}
	for state, n := range map[string]int64{"stock": now.Stock, "left": now.Left, "oversold": now.Oversold} {
		to <- prometheus.MustNewConstMetric(unitsDesc, prometheus.GaugeValue, float64(n), state)
	}
}
