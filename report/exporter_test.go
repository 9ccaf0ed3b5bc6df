package report

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// scrape reads what an exporter shows.
func scrape(t *testing.T, e *Exporter) map[string]*dto.MetricFamily {
	t.Helper()
	w := httptest.NewRecorder()
	e.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// valueOf is the value of a family with the labels of which one has the value;
// of a histogram its count.
func valueOf(f *dto.MetricFamily, label string) float64 {
	for _, m := range f.GetMetric() {
		if label == "" || slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool { return l.GetValue() == label }) {
			return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return -1
}

func exported(t *testing.T) *Exporter {
	e := NewExporter()
	head := &history.Head{Name: "flash-sale", Items: []sale.Item{{ID: "1", Stock: 3}}, Script: history.Script{Name: "once"}, Background: []history.Background{{Read: "stock"}}}
	x := e.Begin(head)
	x.Append([]history.Attempt{
		{Due: 0, Call: 1e6, Return: 3e6, Verb: sale.Buy, Outcome: sale.OK, Quantity: 1, Granted: 1},
		{Due: 0, Call: 1e6, Return: 30e6, Verb: sale.Buy, Outcome: sale.OK, Quantity: 1, Granted: 1, Try: 1},
		{Due: 0, Call: 1e6, Return: 9e6, Verb: sale.Buy, Outcome: sale.Indeterminate, Quantity: 1},
		{Due: 0, Call: history.Never, Return: history.Never, Verb: sale.Buy, Outcome: sale.Dropped},
		{Due: 0, Call: 1, Return: 2, Verb: sale.PlaceOrder, Outcome: sale.Failed},
		{Due: 0, Call: 1, Return: 2, Verb: sale.Read, Outcome: sale.OK},
	})
	return e
}

func TestExporter(t *testing.T) {
	e := exported(t)
	families := scrape(t, e)
	for _, want := range []struct {
		name, label string
		value       float64
	}{
		{"seckill_attempts_total", "ok", 2}, {"seckill_attempts_total", "indeterminate", 1}, {"seckill_attempts_total", "dropped", 1},
		{"seckill_attempts_total", "sold_out", 0}, {"seckill_attempts_total", "failed", 0}, {"seckill_resends_total", "", 1},
		{"seckill_after_purchase_total", "order", 1}, {"seckill_background_reads_total", "stock", 1},
		{"seckill_units", "stock", 3}, {"seckill_units", "left", 1}, {"seckill_units", "oversold", 0},
		{"seckill_response_seconds", "ok", 2}, {"seckill_service_seconds", "ok", 2},
		{"seckill_verdict", "valid", 0}, {"seckill_verdict", "invalid", 0}, {"seckill_run_info", "flash-sale", 1},
	} {
		if got := valueOf(families[want.name], want.label); got != want.value {
			t.Errorf("%s %s is %v, want %v", want.name, want.label, got, want.value)
		}
	}
	for name, sum := range map[string]float64{"seckill_response_seconds": .033, "seckill_service_seconds": .031} {
		if got := families[name].GetMetric()[0].GetHistogram().GetSampleSum(); got < sum-1e-9 || got > sum+1e-9 {
			t.Errorf("the sum of %s is %v, want %v", name, got, sum)
		}
	}
	e.Judged(&check.Verdict{Opinion: check.Invalid, Violations: []check.Violation{{Rule: check.Oversell, Count: 4}}}, ptr(int64(7)))
	families = scrape(t, e)
	if valueOf(families["seckill_verdict"], "invalid") != 1 || valueOf(families["seckill_violations"], "oversell") != 4 || valueOf(families["seckill_units"], "left") != 7 {
		t.Errorf("the verdict is shown as %v, %v", families["seckill_verdict"], families["seckill_violations"])
	}
	e.Begin(&history.Head{Items: []sale.Item{{ID: "2", Stock: 9}}})
	families = scrape(t, e)
	if valueOf(families["seckill_verdict"], "invalid") != 0 || families["seckill_violations"] != nil || valueOf(families["seckill_units"], "left") != 9 {
		t.Error("the verdict of a sale is shown while another is on")
	}
	if valueOf(families["seckill_attempts_total"], "ok") != 2 {
		t.Error("a counter went back")
	}
}

func TestNoExporterShowsNothing(t *testing.T) {
	var none *Exporter
	x := none.Begin(&history.Head{})
	x.Event(history.Event{})
	if err := x.Append(make([]history.Attempt, 3)); err != nil {
		t.Error(err)
	}
	none.Judged(&check.Verdict{}, nil)
}

// OpenMetrics is given to who asks for it.
func TestExporterSpeaksOpenMetrics(t *testing.T) {
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.Header.Set("Accept", "application/openmetrics-text;version=1.0.0")
	w := httptest.NewRecorder()
	exported(t).Handler().ServeHTTP(w, r)
	text, _ := io.ReadAll(w.Body)
	if !strings.HasPrefix(w.Header().Get("Content-Type"), "application/openmetrics-text") || !strings.HasSuffix(string(text), "# EOF\n") {
		t.Errorf("%s\n%s", w.Header().Get("Content-Type"), text)
	}
}

// Every panel asks for figures that an exporter shows, by labels that they have.
func TestDashboard(t *testing.T) {
	e := exported(t)
	e.Judged(&check.Verdict{Opinion: check.Invalid, Violations: []check.Violation{{Rule: check.Oversell, Count: 4}}}, ptr(int64(7)))
	labels := map[string][]string{"le": nil}
	families := scrape(t, e)
	for name, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				labels[name] = append(labels[name], l.GetName())
			}
		}
	}
	var board struct {
		Title         string
		SchemaVersion int
		Panels        []struct {
			ID      int
			Title   string
			Type    string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr, LegendFormat string }
		}
	}
	if err := json.Unmarshal(Dashboard, &board); err != nil {
		t.Fatal(err)
	}
	if board.Title == "" || board.SchemaVersion == 0 || len(board.Panels) < 5 {
		t.Fatalf("a dashboard without panels: %+v", board)
	}
	used, ids := map[string]bool{}, map[int]bool{}
	metric := regexp.MustCompile(`seckill_[a-z_]+[a-z]`)
	by := regexp.MustCompile(`by \(([^)]*)\)`)
	for _, p := range board.Panels {
		if ids[p.ID] || p.Title == "" || p.Type == "" || p.GridPos.W == 0 || len(p.Targets) == 0 {
			t.Errorf("panel %d %q: twice, or without a title, a place or a target", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			expr := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(target.Expr, "")
			name := strings.TrimSuffix(metric.FindString(expr), "_bucket")
			if families[name] == nil {
				t.Errorf("panel %q asks for %q, which nobody shows", p.Title, target.Expr)
			}
			used[name] = true
			for _, list := range by.FindAllStringSubmatch(target.Expr, -1) {
				for _, label := range strings.Split(list[1], ", ") {
					if label != "le" && !slices.Contains(labels[name], label) {
						t.Errorf("panel %q groups %s by %q; it has %v", p.Title, name, label, labels[name])
					}
				}
			}
			for _, found := range regexp.MustCompile(`\{\{(\w+)\}\}`).FindAllStringSubmatch(target.LegendFormat, -1) {
				if !slices.Contains(labels[name], found[1]) {
					t.Errorf("panel %q names its lines by %q; %s has %v", p.Title, found[1], name, labels[name])
				}
			}
		}
	}
	for name := range families {
		if !used[name] {
			t.Errorf("%s is on no panel", name)
		}
	}
}
