package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// kindFigures are the purchases of one kind of buyers.
type kindFigures struct {
	sale.Kind
	// buyers is how many of the kind came, granted the units they were told they
	// have.
	buyers, granted int64
	// resends are those of the same request.
	resends           int64
	counts            [sale.Dropped + 1]int64
	response, service *distribution
	// told is what the driver counted; nil where nobody did.
	told *history.KindCount
}

// newKinds are the kinds of a crowd before anybody has come.
func newKinds(h *history.History) []kindFigures {
	kinds := make([]kindFigures, len(h.Head.Crowd.Kinds))
	for i := range kinds {
		kinds[i] = kindFigures{Kind: h.Head.Crowd.Kinds[i], response: newDistribution(digits), service: newDistribution(digits)}
		if h.Tail != nil && len(h.Tail.Kinds) == len(kinds) {
			kinds[i].told = &h.Tail.Kinds[i]
		}
	}
	return kinds
}

// add counts a purchase.
func (k *kindFigures) add(a *history.Attempt) {
	k.counts[min(a.Outcome, sale.Dropped)]++
	k.granted += int64(a.Granted)
	if a.Try > 0 {
		k.resends++
	}
	switch {
	case a.Outcome.Answered():
		k.response.add(a.Return - a.Due)
		k.service.add(a.Return - a.Call)
	case a.Call != history.Never:
		k.service.miss()
		fallthrough
	default:
		k.response.miss()
	}
}

// countKinds counts the buyers of each kind: they are numbered as they arrive, so
// that all up to the last have come.
func (s *Summary) countKinds(lastBuyer uint32) {
	if len(s.kinds) == 0 || s.Attempts == 0 {
		return
	}
	came := min(int64(lastBuyer)+1, s.Head.Buyers)
	for buyer := range came {
		s.kinds[s.Head.Crowd.KindOf(uint32(buyer))].buyers++
	}
}

func (k *kindFigures) attempts() (n int64) {
	for _, count := range k.counts {
		n += count
	}
	return n
}

// silent is the attempts without a definite business reply.
func (k *kindFigures) silent() int64 {
	return k.counts[sale.Failed] + k.counts[sale.Indeterminate] + k.counts[sale.Dropped]
}

// again is how many attempts were resends, of the same request or as another.
func (k *kindFigures) again() int64 {
	if k.told == nil {
		return k.resends
	}
	return k.resends + k.told.Renewed
}

func (k *kindFigures) withheld() *int64 {
	if k.told == nil {
		return nil
	}
	return &k.told.Withheld
}

// unitShare is the share of the units sold that went to the kind; nil where none
// was.
func (s *Summary) unitShare(k *kindFigures) *float64 {
	if s.Granted <= 0 {
		return nil
	}
	return ptr(float64(k.granted) / float64(s.Granted))
}

// kindColumns head the cells of a kind.
var kindColumns = []string{"buyers", "attempts", "resends", "ok", "sold out", "no answer", "units"}

// kindCells are a kind in figures.
func (s *Summary) kindCells(k *kindFigures) []string {
	share := "-"
	if of := s.unitShare(k); of != nil {
		share = percent(*of)
	}
	var cells []string
	for _, n := range []int64{k.buyers, k.attempts(), k.again(), k.counts[sale.OK], k.counts[sale.SoldOut], k.silent()} {
		cells = append(cells, thousands(n))
	}
	return append(cells, share)
}

// kindTables are the times of the kinds, as the model may claim them.
func (s *Summary) kindTables() []timeTable {
	if len(s.kinds) == 0 {
		return nil
	}
	response := timeTable{name: "response by kind (due to return)", peers: true}
	service := timeTable{name: "service by kind (call to return)", peers: true}
	for i := range s.kinds {
		k := &s.kinds[i]
		response.rows = append(response.rows, timeRow{Plain(k.Name), k.response})
		service.rows = append(service.rows, timeRow{Plain(k.Name), k.service})
	}
	if s.Head.Model == modelOpen {
		return []timeTable{response, service}
	}
	return []timeTable{service, response}
}

// withheldLine says how many resends the budgets did not allow; empty: none.
func (s *Summary) withheldLine() string {
	var parts []string
	for i := range s.kinds {
		if n := s.kinds[i].withheld(); n != nil && *n > 0 {
			parts = append(parts, thousands(*n)+" of "+Plain(s.kinds[i].Name))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Resends that the budget of their kind did not allow: " + strings.Join(parts, ", ") + "."
}

// crowdLine is the crowd in words; empty where all buyers are alike.
func (s *Summary) crowdLine() string {
	var parts []string
	for _, k := range s.Head.Crowd.Kinds {
		parts = append(parts, fmt.Sprintf("%s of them %s", percent(float64(k.Share)), k.Name))
	}
	return strings.Join(parts, ", ")
}

// kindTimes writes how long each kind waited.
func (t *text) kindTimes() {
	for i := range t.s.kinds {
		k := &t.s.kinds[i]
		t.row("response of "+Plain(k.Name), t.s.cells(k.response))
	}
}

// kinds writes who came, and what each kind got.
func (t *text) kinds() {
	s := t.s
	if len(s.kinds) == 0 || s.Attempts == 0 {
		return
	}
	t.out.WriteByte('\n')
	t.kindRow("kinds of buyers", kindColumns)
	for i := range s.kinds {
		t.kindRow("  "+Plain(s.kinds[i].Name), s.kindCells(&s.kinds[i]))
	}
	if line := s.withheldLine(); line != "" {
		t.say("  ", "%s", line)
	}
}

func (t *text) kindRow(name string, cells []string) {
	fmt.Fprintf(&t.out, "  %-18s", name)
	for _, cell := range cells {
		fmt.Fprintf(&t.out, "%11s", cell)
	}
	t.out.WriteByte('\n')
}

// kinds writes who came, and what each kind got.
func (m *markdown) kinds() {
	s := m.s
	if len(s.kinds) == 0 {
		return
	}
	m.row(slices.Concat([]string{"kind of buyers"}, kindColumns, []string{"withheld", "response p50", "response p99"})...)
	m.row(slices.Concat([]string{"---"}, slices.Repeat([]string{"--:"}, len(kindColumns)+3))...)
	for i := range s.kinds {
		k := &s.kinds[i]
		times := s.cells(k.response)
		m.row(slices.Concat([]string{inline(k.Name)}, plainInline(s.kindCells(k)), []string{withheldCell(k), inline(times[1]), inline(times[3])})...)
	}
	m.out.WriteByte('\n')
}

func plainInline(cells []string) (safe []string) {
	for _, cell := range cells {
		safe = append(safe, inline(cell))
	}
	return safe
}

func withheldCell(k *kindFigures) string {
	if n := k.withheld(); n != nil {
		return thousands(*n)
	}
	return "-"
}

// A pageKind is a line of the table of kinds.
type pageKind struct {
	Name  string
	Cells []string
}

func (s *Summary) pageKinds() (shown []pageKind) {
	for i := range s.kinds {
		k := &s.kinds[i]
		shown = append(shown, pageKind{Plain(k.Name), append(s.kindCells(k), withheldCell(k))})
	}
	return shown
}

// A kindResult is a kind in result.json.
type kindResult struct {
	Share    float64 `json:"share"`
	Buyers   int64   `json:"buyers"`
	Attempts int64   `json:"attempts"`
	// Resends are of the same request and as new ones; Withheld is null where
	// nobody counted.
	Resends  int64  `json:"resends"`
	Withheld *int64 `json:"withheld"`
	// Counts holds the outcomes that occurred.
	Counts    map[string]int64 `json:"counts"`
	Granted   int64            `json:"granted"`
	UnitShare *float64         `json:"unit_share"`
	Response  *latency         `json:"response"`
	Service   *latency         `json:"service"`
}

func (s *Summary) kindResults() map[string]kindResult {
	all := make(map[string]kindResult)
	for i := range s.kinds {
		k := &s.kinds[i]
		all[k.Name] = kindResult{
			float64(k.Share), k.buyers, k.attempts(), k.again(), k.withheld(), namedCounts(&k.counts), k.granted, s.unitShare(k),
			k.response.latency(), k.service.latency(),
		}
	}
	return all
}
