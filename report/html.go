package report

import (
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// pages are the templates: page.html.tmpl is what the others share.
//
//go:embed *.html.tmpl
var pages embed.FS

// WriteHTML writes the report as one page that needs no network and no script.
// Every text of a scenario, a script or a server is escaped.
func WriteHTML(w io.Writer, s *Summary) error {
	p, err := newPage(s)
	if err != nil {
		return err
	}
	return writePage(w, "report.html.tmpl", p)
}

// writePage fills in one of the templates.
func writePage(w io.Writer, name string, data any) error {
	t, err := template.New(name).Funcs(template.FuncMap{"upper": upperFirst, "args": func(all ...string) []string { return all }}).ParseFS(pages, "page.html.tmpl", name)
	if err != nil {
		return err
	}
	return t.ExecuteTemplate(w, name, data)
}

// A page is what the template shows. Its texts are plain; the template escapes them.
type page struct {
	Name, Opinion, Sign, Headline, Units, Ended, Claim string
	// Embedded is the notice of a run on the embedded server; else empty.
	Embedded string
	// But is what was expected and came, of a valid verdict; else empty.
	But string
	// Witness says what a valid verdict rests on, Lost what was lost; both may be
	// empty.
	Witness, Lost string
	Facts         []fact
	// Violations are those that were not expected.
	Violations, Expected []pageViolation
	Doubts               []string
	Warnings             []string
	Objectives           []pageObjective
	Pictures             []pagePicture
	Columns              []string
	Times                []pageTable
	Unanswered           string
	// Asks is whether the attempts differ in what they asked for.
	Asks  bool
	Items []pageItem
	// Kinds are those of the buyers, in columns of their own.
	Kinds       []pageKind
	KindColumns []string

	// MoreItems is the line for the items that are not among Items.
	MoreItems  *pageItem
	Rules      []pageRule
	Conditions []fact
	Config     []fact
	Command    string
	Scenario   string
	Seed       string
	Seckill    string
}

type pageViolation struct {
	Rule, Demand, Times, More, Likely string
	// Held is what the smallest record holds, Smallest how it is judged.
	Held, Smallest string
	// Asks is that of the page.
	Asks  bool
	Cases []pageCase
}

type pageCase struct {
	Message  string
	Attempts []pageAttempt
	// Around are what the audit read, and the faults by the case.
	Around []string
	// Likely are its causes where they are not those of the first case.
	Likely string
}

// A pageAttempt is an attempt as evidence.
type pageAttempt struct {
	Buyer, Request, Asked, Due, Call, Return, Outcome, Granted, Left, Reply string
}

// A pageRule is a rule and what became of it: State is violated, expected, held,
// unexercised or undecided.
type pageRule struct{ Name, Demand, State, Text string }

type pageObjective struct{ Expr, Verdict, Value, Attempts, Chance, Why string }

type pagePicture struct {
	Name, Title, Caption string
	Wide, Narrow         template.HTML
}

type pageTable struct {
	Name string
	Rows []pageRow
	// Peers is whether no row is a part of the first.
	Peers bool
}

type pageRow struct {
	Name  string
	Cells []string
}

func newPage(s *Summary) (*page, error) {
	shown, err := pagePictures(pictures(s))
	p := &page{
		Name: Plain(s.Head.Name), Opinion: string(s.Verdict.Opinion), Units: s.unitsSold(), Ended: Plain(s.ended()),
		Claim: s.claim(), Facts: s.facts(), Violations: s.pageViolations(s.Verdict.Unexpected()), Expected: s.pageViolations(s.Verdict.Expected()), Doubts: plainAll(s.doubts()),
		Objectives: s.pageObjectives(), Pictures: shown, Columns: timeColumns, Times: s.pageTimes(), Rules: s.pageRules(),
		Conditions: s.pageConditions(), Config: s.pageConfig(), Command: Plain(s.Head.Command), Scenario: strings.Join(plainAll(strings.Split(s.Head.Scenario, "\n")), "\n"),
		Unanswered: s.unansweredNote(), Asks: s.asks(),
		Seed: s.seedLine(), Seckill: Plain(s.Head.Host.Seckill),
	}
	p.Sign, p.Headline = s.headline()
	if s.Verdict.Opinion == check.Valid {
		p.But = expectedWhat(&s.Verdict)
	}
	if s.Head.Server.Kind == "embedded" {
		p.Embedded = embeddedSentence
	}
	p.Warnings, p.Witness, p.Lost = plainAll(s.warnings()), upperFirst(s.witnessLine()), s.lossLine()
	p.Items, p.MoreItems = s.pageItems()
	p.Kinds, p.KindColumns = s.pageKinds(), append(slices.Clone(kindColumns), "withheld")
	return p, err
}

// asks reports whether the attempts differ in what they asked for.
func (s *Summary) asks() bool {
	return len(s.items) > 1 || s.Head.Quantity == 0 || len(s.verbsAfter()) > 0 || s.book != nil
}

// headline is the verdict as a sign and a sentence.
func (s *Summary) headline() (sign, sentence string) {
	what := Plain(s.Head.Script.Name) + " on " + Plain(s.serverName())
	switch s.Verdict.Opinion {
	case check.Valid:
		return "✓", what + ": " + noneBroken(&s.Verdict)
	case check.Invalid:
		n := len(s.Verdict.Unexpected())
		if n == 1 {
			return "✗", what + ": one rule broken"
		}
		return "✗", fmt.Sprintf("%s: %d rules broken", what, n)
	default:
		return "?", what + ": no rule seen broken, and that proves too little"
	}
}

func pagePictures(all []picture) ([]pagePicture, error) {
	var shown []pagePicture
	for _, p := range all {
		large, err := p.inline(wide)
		if err != nil {
			return nil, err
		}
		small, err := p.inline(narrow)
		if err != nil {
			return nil, err
		}
		// Safe as they are: a picture escapes its texts.
		shown = append(shown, pagePicture{p.name, p.title, p.caption, template.HTML(large), template.HTML(small)})
	}
	return shown, nil
}

func (s *Summary) pageViolations(of []check.Violation) []pageViolation {
	var shown []pageViolation
	for _, v := range of {
		p := pageViolation{
			Rule: Plain(string(v.Rule)), Demand: v.Rule.MustHold(), Times: times(v.Count), More: moreOf(&v, len(v.Cases)),
			Likely: Plain(likely(&v)), Asks: s.asks(),
		}
		what, command := s.smallest(v.Rule)
		p.Held, p.Smallest = what, Plain(command)
		for k := range v.Cases {
			c := &v.Cases[k]
			evidence := pageCase{Message: Plain(c.Message), Around: plainAll(s.around(v.Rule, c))}
			if why := Plain(strings.Join(c.Causes, "; or: ")); why != p.Likely {
				evidence.Likely = why
			}
			for i := range c.Attempts {
				evidence.Attempts = append(evidence.Attempts, s.pageAttempt(&c.Attempts[i]))
			}
			p.Cases = append(p.Cases, evidence)
		}
		shown = append(shown, p)
	}
	return shown
}

func (s *Summary) pageAttempt(a *history.Attempt) pageAttempt {
	p := pageAttempt{
		Buyer: Plain(s.Head.BuyerIDs.ID(a.Buyer)), Request: strconv.FormatUint(uint64(a.Request), 10), Asked: Plain(s.asked(a)), Due: instantText(a.Due), Call: instantText(a.Call),
		Return: instantText(a.Return), Outcome: a.Outcome.String(), Granted: strconv.Itoa(int(a.Granted)), Left: "–", Reply: Plain(s.texts.Text(a.Reply)),
	}
	if !a.Timed() {
		p.Call, p.Return = "–", "–"
	}
	if a.Try > 0 {
		p.Request += fmt.Sprintf(", try %d", a.Try+1)
	}
	if a.Left != sale.Untold {
		p.Left = thousands(a.Left)
	}
	if a.Defect != sale.NoDefect {
		p.Outcome += ", " + a.Defect.String()
	}
	return p
}

// instantText writes an instant to the nanosecond, where there is one.
func instantText(ns int64) string {
	if ns == history.Never {
		return "–"
	}
	return exact(ns)
}

func (s *Summary) pageRules() []pageRule {
	var shown []pageRule
	for _, rule := range check.Rules {
		p := pageRule{Name: string(rule), Demand: rule.MustHold()}
		p.State, p.Text = s.ruleState(rule)
		shown = append(shown, p)
	}
	return shown
}

func (s *Summary) ruleState(rule check.Rule) (state, text string) {
	v := s.Verdict
	if broken := s.violationOf(rule); broken != nil && broken.Expected {
		return "expected", "violated " + times(broken.Count) + ", as expected: " + notPromised
	} else if broken != nil {
		return "violated", "violated " + times(broken.Count)
	}
	if why, is := s.Verdict.Undecided[rule]; is {
		return "undecided", "undecided: " + Plain(why)
	}
	switch n := v.Exercised[rule]; n {
	case 0:
	case 1:
		text = "held, one chance to show otherwise"
	default:
		text = "held, " + thousands(n) + " chances to show otherwise"
	}
	if text == "" {
		return "unexercised", "not exercised: " + Plain(s.how(rule))
	}
	if why := v.Limited[rule]; why != "" {
		text += "; in part: " + why
	}
	return "held", text
}

func (s *Summary) pageObjectives() []pageObjective {
	var shown []pageObjective
	for _, f := range s.Objective {
		shown = append(shown, pageObjective{Plain(f.Expr), f.Verdict, f.value(), thousands(f.N), f.chance(), Plain(f.Why)})
	}
	return shown
}

func (s *Summary) pageTimes() []pageTable {
	if s.timeless() {
		return nil
	}
	var shown []pageTable
	tables := append(s.timeTables(), timeTable{name: "lateness (due to call)", rows: []timeRow{{"all", s.lateness}}})
	for _, table := range slices.Concat(tables, s.kindTables(), s.verbTables(), s.bookTables(), s.readTables()) {
		p := pageTable{Name: table.name, Peers: table.peers}
		for _, row := range table.rows {
			p.Rows = append(p.Rows, pageRow{row.name, s.cells(row.distribution)})
		}
		shown = append(shown, p)
	}
	return shown
}

func (s *Summary) pageConditions() []fact {
	v, c := &s.Head.Server, &s.Head.Script
	var facts []fact
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, fact{name, Plain(value)})
		}
	}
	add("Server", s.serverName()+", "+v.Kind)
	add("Address", v.Address)
	add("Topology", v.Topology)
	if v.SameHost != nil {
		add("Driver and server", map[bool]string{true: "share a host", false: "on different hosts"}[*v.SameHost])
	} else {
		add("Driver and server", "not known whether they share a host")
	}
	add("Not told", strings.Join(v.Refused, "; "))
	add("Script", c.Name+", "+c.Call)
	add("Script digest", c.SHA1)
	if s.Tail != nil && s.Tail.Reloads > 0 {
		add("Script reloads", thousands(s.Tail.Reloads))
	}
	if add("Rows", s.rowsLine()); s.Head.Trace == nil {
		add("Model of arrivals", s.Head.Model)
	}
	add("Found there", s.lookLine())
	add("Load", s.loadLine())
	add("Order book", s.bookName())
	add("Faults", s.faultsLine())
	add("Driver", s.driverLine())
	add("Served", s.servedLine())
	add("Idle server", s.baselineLine())
	add("Started", s.Head.Started.UTC().Format("2006-01-02 15:04:05 MST"))
	return facts
}

func (s *Summary) pageConfig() []fact {
	var facts []fact
	for _, name := range slices.Sorted(maps.Keys(s.Head.Server.Config)) {
		value := "not told"
		if v := s.Head.Server.Config[name]; v != nil {
			value = cmp.Or(Plain(*v), "(empty)")
		}
		facts = append(facts, fact{Plain(name), value})
	}
	return facts
}

func plainAll(texts []string) []string {
	shown := make([]string, len(texts))
	for i, text := range texts {
		shown[i] = Plain(text)
	}
	return shown
}
