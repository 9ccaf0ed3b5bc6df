package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// WriteMetrics writes metrics.txt in the OpenMetrics text format 1.0, times in
// seconds. A figure that does not exist has no line.
// Format: https://github.com/OpenObservability/OpenMetrics.
func WriteMetrics(w io.Writer, s *Summary) error {
	m := &metrics{}
	h := &s.Head
	m.family("seckill_run", "info", "", "What was run, and where.")
	m.sample("seckill_run_info", 1, "name", h.Name, "script", h.Script.Name, "sha1", h.Script.SHA1, "model", h.Model,
		"seed", fmt.Sprint(h.Seed), "server", s.serverName(), "kind", h.Server.Kind, "seckill", h.Host.Seckill)
	m.family("seckill_verdict", "stateset", "", "What the judge found.")
	for _, o := range []check.Opinion{check.Valid, check.Invalid, check.Unknown} {
		m.sample("seckill_verdict", oneIf(s.Verdict.Opinion == o), "seckill_verdict", string(o))
	}
	m.family("seckill_violations", "gauge", "", "Cases in which a rule was broken.")
	for _, v := range s.Verdict.Unexpected() {
		m.sample("seckill_violations", float64(v.Count), "rule", string(v.Rule))
	}
	if expected := s.Verdict.Expected(); len(expected) > 0 {
		m.family("seckill_expected_violations", "gauge", "", "Cases in which a rule was broken that the scenario does not promise to keep.")
		for _, v := range expected {
			m.sample("seckill_expected_violations", float64(v.Count), "rule", string(v.Rule))
		}
	}
	m.losses(s.Verdict.Losses)
	m.attempts(s)
	m.orders(s)
	m.units(s)
	m.rates(s)
	m.bound(s)
	m.summary("seckill_response_seconds", "From due to return.", s.response)
	m.summary("seckill_service_seconds", "From call to return.", s.service)
	m.summary("seckill_lateness_seconds", "From due to call.", s.lateness)
	m.reads(s)
	if s.room != nil {
		m.summary("seckill_waiting_seconds", "In the waiting room, from due to admission.", s.room.waiting)
		m.summary("seckill_admitted_seconds", "From admission to return.", s.room.times(0))
	}
	m.text.WriteString("# EOF\n")
	_, err := io.WriteString(w, m.text.String())
	return err
}

// metrics is OpenMetrics text in the making.
type metrics struct{ text strings.Builder }

func (m *metrics) losses(l *check.Losses) {
	if l == nil {
		return
	}
	if l.Sales != nil {
		m.family("seckill_lost_sales", "gauge", "", "Acknowledged sales that the ledger does not hold.")
		m.sample("seckill_lost_sales", float64(*l.Sales))
	}
	if l.Units != nil {
		m.family("seckill_lost_units", "gauge", "", "Units that neither stock nor ledger holds; fewer than 0 were invented.")
		m.sample("seckill_lost_units", float64(*l.Units))
	}
	m.family("seckill_buyers_beyond_limit", "gauge", "", "Buyers served beyond the limit.")
	m.sample("seckill_buyers_beyond_limit", float64(l.Buyers))
}

func (m *metrics) attempts(s *Summary) {
	m.family("seckill_attempts", "counter", "", "Purchases that were due.")
	for _, o := range sale.Outcomes {
		m.sample("seckill_attempts_total", float64(s.Counts[o]), "outcome", o.String())
	}
	m.family("seckill_resends", "counter", "", "Purchases that were sent again under the same request.")
	m.sample("seckill_resends_total", float64(s.Resends))
	if len(s.verbsAfter()) == 0 {
		return
	}
	m.family("seckill_after_purchase", "counter", "", "Releases and confirmations that were due.")
	for _, verb := range s.verbsAfter() {
		for _, o := range sale.Outcomes {
			if n := s.byVerb[verb].outcomes[o]; n > 0 {
				m.sample("seckill_after_purchase_total", float64(n), "verb", verb.String(), "outcome", o.String())
			}
		}
	}
}

func (m *metrics) orders(s *Summary) {
	l := s.orderLosses()
	if l == nil {
		return
	}
	m.family("seckill_orders", "gauge", "", "Purchases told ok, orders of them in the order book, and those without one.")
	m.sample("seckill_orders", float64(l.Told), "state", "told")
	if l.Ordered != nil {
		m.sample("seckill_orders", float64(*l.Ordered), "state", "ordered")
	}
	m.sample("seckill_orders", float64(l.Lost), "state", "lost")
}

func (m *metrics) units(s *Summary) {
	m.family("seckill_units", "gauge", "", "Units on sale at the opening, acknowledged, given back, come on top, and left by the audit.")
	m.sample("seckill_units", float64(s.Stock()), "state", "stock")
	m.sample("seckill_units", float64(s.Granted), "state", "granted")
	for _, of := range []struct {
		state string
		units *int64
	}{{"released", s.Released}, {"restocked", s.Restocked}, {"left", s.Left}} {
		if of.units != nil {
			m.sample("seckill_units", float64(*of.units), "state", of.state)
		}
	}
}

func (m *metrics) rates(s *Summary) {
	seconds := func(ns *int64) *float64 {
		if ns == nil {
			return nil
		}
		return ptr(float64(*ns) / 1e9)
	}
	for _, g := range []struct {
		name, unit, help string
		value            *float64
	}{
		{"seckill_duration_seconds", "seconds", "First due to last return.", seconds((*int64)(s.Duration))},
		{"seckill_sold_out_at_seconds", "seconds", "When the last item was seen to be sold out, from the opening.", seconds(s.SoldOutAt)},
		{"seckill_all_answered_seconds", "seconds", "When everyone was answered, from the opening.", seconds(s.AllAnswered)},
		{"seckill_throughput", "", "Attempts with a reply per second.", s.Throughput},
		{"seckill_offered", "", "Buyers that arrived per second.", s.Offered},
	} {
		if g.value != nil {
			m.family(g.name, "gauge", g.unit, g.help)
			m.sample(g.name, *g.value)
		}
	}
}

// bound writes who was busy, and what an idle server took.
func (m *metrics) bound(s *Summary) {
	if s.Tail == nil {
		return
	}
	m.family("seckill_bound", "stateset", "", "What limited the run.")
	for _, by := range []string{boundServer, boundConnections, boundDriver, boundHost, boundLimit, boundSchedule, boundUnknown} {
		m.sample("seckill_bound", oneIf(s.Bound == by), "seckill_bound", by)
	}
	m.seconds("seckill_driver_cpu_seconds", "CPU of the driver while the doors were open.", &s.Tail.Driver.CPU)
	if len(s.Tail.Served) > 0 {
		m.family("seckill_server_cpu_seconds", "gauge", "seconds", "CPU of the server while the doors were open.")
		for i := range s.Tail.Served {
			of := &s.Tail.Served[i]
			if of.MainThread != nil {
				m.sample("seckill_server_cpu_seconds", float64(*of.MainThread)/1e9, "node", of.Node, "of", "main_thread")
			}
			if of.CPU != nil {
				m.sample("seckill_server_cpu_seconds", float64(*of.CPU)/1e9, "node", of.Node, "of", "process")
			}
		}
	}
	if b := s.Tail.Baseline; b != nil {
		if b.Ping != nil {
			m.seconds("seckill_idle_ping_seconds", "Mean round trip of PING before the doors opened.", &b.Ping.Mean)
		}
		if b.NoOp != nil {
			m.seconds("seckill_idle_noop_seconds", "Mean round trip of a script that does nothing, before the doors opened.", &b.NoOp.Mean)
		}
	}
}

// seconds writes a gauge of a time in ns.
func (m *metrics) seconds(name, help string, ns *int64) {
	if *ns == 0 {
		return
	}
	m.family(name, "gauge", "seconds", help)
	m.sample(name, float64(*ns)/1e9)
}

func (m *metrics) summary(name, help string, d *distribution) {
	m.family(name, "summary", "seconds", help+" Quantiles are over all that were due; count and sum are of the answered.")
	m.quantiles(name, d)
}

func (m *metrics) quantiles(name string, d *distribution, labels ...string) {
	for _, q := range []float64{.5, .9, .99, .999, .9999} {
		if v, ok := d.quantile(q); ok && d.told(q) {
			m.sample(name, float64(v)/1e9, append(labels, "quantile", fmt.Sprint(q))...)
		}
	}
	m.sample(name+"_count", float64(d.count()), labels...)
	m.sample(name+"_sum", d.total/1e9, labels...)
}

func (m *metrics) family(name, kind, unit, help string) {
	fmt.Fprintf(&m.text, "# TYPE %s %s\n", name, kind)
	if unit != "" {
		fmt.Fprintf(&m.text, "# UNIT %s %s\n", name, unit)
	}
	fmt.Fprintf(&m.text, "# HELP %s %s\n", name, help)
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// sample writes one value; labels are names and values in turn.
func (m *metrics) sample(name string, value float64, labels ...string) {
	m.text.WriteString(name)
	for i := 0; i+1 < len(labels); i += 2 {
		m.text.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		fmt.Fprintf(&m.text, `%s="%s"`, labels[i], labelEscapes.Replace(Plain(labels[i+1])))
	}
	if len(labels) > 0 {
		m.text.WriteByte('}')
	}
	fmt.Fprintf(&m.text, " %v\n", value)
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
