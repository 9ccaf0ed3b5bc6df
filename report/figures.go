package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A fact is a figure in words.
type fact struct{ Name, Value string }

// allSent is the share of what was due above which a report does not speak of
// the rest.
const allSent = 0.999

// facts are the figures that lead the report: what the model of arrivals may
// claim.
func (s *Summary) facts() []fact {
	facts := append([]fact{s.soldOutFact()}, s.bookFacts()...)
	switch {
	case s.AllAnswered != nil:
		facts = append(facts, fact{"Everyone answered after", span(*s.AllAnswered)})
	case s.lastReturn != history.Never:
		facts = append(facts, fact{"Last reply after", span(s.lastReturn)})
	}
	if s.Offered != nil {
		facts = append(facts, fact{"Offered", rate(*s.Offered)})
	}
	if s.Sent != nil && *s.Sent < allSent {
		facts = append(facts, fact{"Sent", fmt.Sprintf("%.2f%% of the attempts that were due", 100**s.Sent)})
	}
	if s.Throughput != nil {
		facts = append(facts, fact{"Replies", s.answeredRates() + s.notTheServers()})
	}
	if s.limitKept() {
		facts = append(facts, fact{"Limited by us", upperFirst(s.limitLine())})
	}
	if s.RoundTrips != nil && !s.oneCommandEach() {
		facts = append(facts, fact{"Round trips", fmt.Sprintf("%.2f an attempt, in the mean", *s.RoundTrips)})
	}
	if by := s.boundSentence(); by != "" {
		facts = append(facts, fact{"Bound by", Plain(by)})
	}
	if s.Head.Model == modelBurst && s.lag.count() > 0 {
		door, _ := s.lag.answered().quantile(.99)
		facts = append(facts, fact{"Through the door in", span(door) + " (driver lag, 99% of the crowd)"})
	}
	facts = append(facts, s.roomFacts()...)
	if n := s.NotAnswered(); n > 0 {
		facts = append(facts, fact{"Not answered", fmt.Sprintf("%s of %s: %s failed, %s indeterminate, %s dropped", thousands(n), thousands(s.Attempts),
			thousands(s.Counts[sale.Failed]), thousands(s.Counts[sale.Indeterminate]), thousands(s.Counts[sale.Dropped]))})
	}
	if s.Resends > 0 {
		facts = append(facts, fact{"Resends", fmt.Sprintf("%s of %s attempts were resends of the same request", thousands(s.Resends), thousands(s.Attempts))})
	}
	return slices.Concat(facts, s.verbFacts(), s.readFacts(), s.recoveryFacts())
}

func (s *Summary) soldOutFact() fact {
	several := len(s.items) > 1
	switch {
	case s.halfTimed() && s.Counts[sale.SoldOut] > 0:
		return fact{"Sold out", "yes, and not every row says when"}
	case s.SoldOutAt != nil && several:
		return fact{"Sold out after", span(*s.SoldOutAt) + ", the last of " + thousands(int64(len(s.items))) + " items"}
	case s.SoldOutAt != nil:
		return fact{"Sold out after", span(*s.SoldOutAt)}
	case several:
		return fact{"Sold out", fmt.Sprintf("%s of %s items", thousands(s.soldOutItems()), thousands(int64(len(s.items))))}
	default:
		return fact{"Sold out", "no"}
	}
}

// lead says first what the model of arrivals may claim.
func (t *text) lead() {
	if t.s.Attempts == 0 {
		t.head("  No attempt was made.")
		return
	}
	t.out.WriteByte('\n')
	for _, f := range t.s.facts() {
		t.say(fmt.Sprintf("  %-24s  ", f.Name), "%s", f.Value)
	}
}

// answeredRates is the throughput, while units were left and after where the
// two can be told apart.
func (s *Summary) answeredRates() string {
	all := rate(*s.Throughput)
	selling, after := s.sellingRates()
	switch {
	case selling == nil:
		return all
	case after == nil:
		return all + "; " + rate(*selling) + " while selling"
	default:
		return fmt.Sprintf("%s while selling, %s after; %s overall", rate(*selling), rate(*after), all)
	}
}

// sellingRates are the business replies per second until the last unit had been
// acknowledged and the item was seen to
// be sold out, and from then on; nil where there was no such time.
func (s *Summary) sellingRates() (selling, after *float64) {
	if s.SoldOutAt == nil || s.lastReturn == history.Never {
		return nil, nil
	}
	over := max(*s.SoldOutAt, s.lastSale) // who bought may hear of it later than who came too late
	n := s.returns.within(over)
	if before := over - s.firstDue; before > 0 {
		selling = ptr(float64(n) / time.Duration(before).Seconds())
	}
	if rest := s.lastReturn - over; rest > 0 {
		after = ptr(float64(s.returns.count()-n) / time.Duration(rest).Seconds())
	}
	return selling, after
}

// What a latency table may claim, by model.
const (
	burstClaim  = "In a burst everyone is due at once: a response time is the length of the queue, not the cost of a purchase. Between outcomes too: earlier callers win, so this is position, not cost."
	closedClaim = "An attempt is due when a place is free, so these times are not corrected for coordinated omission: what a slow server kept from being asked is not in them."
)

// claim says what the times of the model mean; empty where they mean what they seem to.
func (s *Summary) claim() string {
	if s.Head.Trace != nil && s.timeless() {
		return ""
	} else if s.Head.Trace != nil {
		return importedClaim
	}
	switch s.Head.Model {
	case modelBurst:
		return s.burstClaim()
	case modelClosed:
		return closedClaim
	default:
		return ""
	}
}

// A timeTable is one kind of time: of all, of the answered alone where some
// were not, and of each outcome where there are several.
type timeTable struct {
	name string
	rows []timeRow
	// peers is whether no row is a part of the first.
	peers bool
}

// A timeRow is the distribution of some attempts.
type timeRow struct {
	name string
	*distribution
}

// timeColumns heads the cells of a timeRow.
var timeColumns = []string{"attempts", "p50", "p90", "p99", "p99.9", "max"}

// timeTables are response and service, what the model may claim first.
func (s *Summary) timeTables() []timeTable {
	response := s.timeTable("response (due to return)", s.response, func(t outcomeTimes) *distribution { return t.response })
	service := s.timeTable("service (call to return)", s.service, func(t outcomeTimes) *distribution { return t.service })
	if s.Head.Model == modelOpen {
		return []timeTable{response, service}
	}
	return append(s.roomTables(), service, response)
}

func (s *Summary) timeTable(name string, all *distribution, of func(outcomeTimes) *distribution) timeTable {
	table := timeTable{name: name, rows: []timeRow{{"all", all}}}
	if all.missed() > 0 && all.count() > 0 {
		table.rows = append(table.rows, timeRow{"of the answered", all.answered()})
	}
	var kinds []timeRow
	for _, o := range sale.Outcomes {
		if d := of(s.byOutcome[o]); d != nil {
			kinds = append(kinds, timeRow{o.String(), d})
		}
	}
	if len(kinds) > 1 {
		table.rows = append(table.rows, kinds...)
	}
	return table
}

// latency writes the times.
func (t *text) latency() {
	s := t.s
	if s.timeless() {
		return
	}
	t.out.WriteByte('\n')
	t.row("", timeColumns)
	for _, table := range s.timeTables() {
		for i, row := range table.rows {
			name := table.name
			if i > 0 {
				name = "  " + row.name
			}
			t.row(name, s.cells(row.distribution))
		}
	}
	t.row("lateness (due to call)", s.cells(s.lateness))
	t.kindTimes()
	for _, table := range slices.Concat(s.verbTables(), s.bookTables(), s.readTables()) {
		for _, row := range table.rows {
			t.row(table.name+" ("+row.name+")", s.cells(row.distribution))
		}
	}
	if note := s.unansweredNote(); note != "" {
		t.say("  ", "%s", note)
	}
	if claim := s.claim(); claim != "" {
		t.say("  ", "%s", claim)
	}
}

func (t *text) row(name string, cells []string) {
	fmt.Fprintf(&t.out, "  %-28s%12s", name, cells[0])
	for _, cell := range cells[1:] {
		fmt.Fprintf(&t.out, "%11s", cell)
	}
	t.out.WriteByte('\n')
}

// cells are the count and the percentiles of a distribution; - stands for a
// percentile that fewer than ten attempts lie beyond.
func (s *Summary) cells(d *distribution) []string {
	cells := []string{thousands(d.count() + d.missed())}
	for _, q := range []float64{.5, .9, .99, .999} {
		cell := "-"
		if v, ok := d.quantile(q); d.told(q) && ok {
			cell = span(v)
		} else if d.told(q) {
			cell = s.unanswered(d)
		}
		cells = append(cells, cell)
	}
	longest := "-"
	if d.missed() > 0 {
		longest = s.unanswered(d)
	} else if d.count() > 0 {
		longest = span(d.max())
	}
	return append(cells, longest)
}

// unansweredSentence explains the cells that unanswered fills.
const unansweredSentence = "the percentile falls among the attempts without a business reply, which count as longer than any."

// unansweredNote explains what stands for such a percentile; empty where none can.
func (s *Summary) unansweredNote() string {
	if s.silent+s.lateness.missed() == 0 {
		return ""
	}
	return s.unanswered(s.response) + " (not answered): " + unansweredSentence
}

// unanswered stands for a percentile among the attempts not answered: longer
// than any that was and, where nobody left before his timeout, than that.
func (s *Summary) unanswered(d *distribution) string {
	longest := d.max()
	if s.early == 0 && s.setting("patience") == "0s" && len(s.kinds) == 0 {
		longest = max(longest, int64(s.timeout()))
	}
	return "> " + bound(longest)
}
