package report

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/seckill-bench/seckill/scenario/check"
)

// runsOpen is the most runs whose table the page shows without being asked.
const runsOpen = 12

// writeComparisonHTML writes a comparison as one page that needs no network and
// no script: the answers, and below them what they rest on. Its rows and sentences
// are those of the Markdown. Every text of a scenario, a script or a server is
// escaped. It must have been decided.
func writeComparisonHTML(w io.Writer, c *Comparison) error {
	p, err := newComparisonPage(c)
	if err != nil {
		return err
	}
	return writePage(w, "comparison.html.tmpl", p)
}

// A comparisonPage is what the template shows. Its texts are plain; the template
// escapes them.
type comparisonPage struct {
	Name, State, Sign, Title, What string
	Answers                        []variantAnswer
	Undecided, Doubts              []string
	// Embedded is the notice of runs on the embedded server; else empty.
	Embedded string
	// Broken are the rules that were not expected to be broken, each by its clearest
	// run.
	Broken    []pageBroken
	Base, How string
	// Overview has a row for each variant, below one of headings; nil with one beside
	// the base.
	Overview  [][]string
	Contrasts []pageContrast
	Pictures  []pagePicture
	Warnings  []string
	Variants  []fact
	// Primary is the metric that decides, and a column of the runs.
	Primary    string
	Runs       []pageRun
	RunsShown  bool
	RunsLine   string
	Conditions []fact
	Config     []fact
	Command    string
	Scenario   string
	Seed       string
	Seckill    string
	// Unpaired is what benchstat says, WhyUnpaired why that is another answer.
	Unpaired    []pageUnpaired
	WhyUnpaired string
}

// A pageBroken is a broken rule as one run shows it; Folder is where its record is.
type pageBroken struct {
	pageViolation
	Run, Folder string
}

// A pageContrast is the table of a variant beside the base.
type pageContrast struct {
	variantAnswer
	Base    string
	Metrics []pageMetric
}

// A pageMetric is a row of it: figure, base, variant, ratio, interval, p, answer.
type pageMetric struct {
	Cells []string
	State string
}

// A pageRun is a run and where its record is.
type pageRun struct{ Round, Variant, Figure, Verdict, State, Folder string }

type pageUnpaired struct{ Variant, Metric, Paired, Unpaired string }

func newComparisonPage(c *Comparison) (*comparisonPage, error) {
	shown, err := pagePictures(comparisonPictures(c))
	p := &comparisonPage{
		Name: Plain(c.Name), State: c.titleState(), Sign: c.sign(), Title: c.title(), What: Plain(c.what()), Answers: c.answers(),
		Undecided: plainAll(c.Undecided), Doubts: plainAll(c.collection().AllDoubts()), Base: Plain(c.Variants[0].Name), How: Plain(c.how()),
		Pictures: shown, Warnings: plainAll(c.Warnings), RunsLine: upperFirst(c.roundsLine()), Command: Plain(c.Command),
		Seed: strconv.FormatUint(c.Seed, 10) + " (" + seedSentence + ")", WhyUnpaired: whyUnpaired,
	}
	for _, row := range c.overview() {
		p.Overview = append(p.Overview, plainAll(row))
	}
	p.contrasts(c)
	for i := range c.Variants {
		v := &c.Variants[i]
		name, sets := Plain(v.Name), "as the scenario has it"
		if i == 0 {
			name += ", the base"
		}
		if changes := v.changes(); changes != "" {
			sets = Plain(changes)
		}
		p.Variants = append(p.Variants, fact{name, sets})
	}
	p.broken(c)
	p.runs(c)
	if s := c.any(); s != nil {
		p.conditions(s)
	}
	return p, err
}

func (p *comparisonPage) contrasts(c *Comparison) {
	place := func(variant string) int {
		return slices.IndexFunc(p.Answers, func(a variantAnswer) bool { return a.Variant == variant })
	}
	for i := range c.Contrasts {
		x := &c.Contrasts[i]
		shown := pageContrast{variantAnswer: p.Answers[place(Plain(x.Variant))], Base: p.Base}
		for k := range x.Rows {
			cells := plainAll(c.cells(x, k))
			shown.Metrics = append(shown.Metrics, pageMetric{cells, stateOf(cells[len(cells)-1])})
		}
		if r := &x.Rows[0]; r.Unpaired != "" {
			p.Unpaired = append(p.Unpaired, pageUnpaired{Plain(x.Variant), Plain(r.Name), r.estimateText(), Plain(r.Unpaired)})
		}
		p.Contrasts = append(p.Contrasts, shown)
	}
	slices.SortStableFunc(p.Contrasts, func(a, b pageContrast) int { return place(a.Variant) - place(b.Variant) })
}

// broken tells of each broken rule how the clearest run broke it.
func (p *comparisonPage) broken(c *Comparison) {
	of := c.collection()
	broken := of.broken()
	for _, rule := range inOrder(broken) {
		run := clearest(broken[rule], rule)
		v := run.Summary.violationOf(rule)
		shown := run.Summary.pageViolations([]check.Violation{*v})[0]
		p.Broken = append(p.Broken, pageBroken{shown, Plain(run.Name), Plain(run.Folder)})
	}
}

// runs lists them round by round, the rehearsal first.
func (p *comparisonPage) runs(c *Comparison) {
	primary := &c.Contrasts[0].Rows[0].Metric
	p.Primary = Plain(primary.Name)
	add := func(round string, v *Variant, run *VariantRun) {
		if run != nil {
			p.Runs = append(p.Runs, newPageRun(round, v, run, primary))
		}
	}
	for i := range c.Variants {
		add("rehearsal", &c.Variants[i], c.Variants[i].Rehearsal)
	}
	for _, round := range c.roundNumbers() {
		for i := range c.Variants {
			add(strconv.Itoa(round), &c.Variants[i], c.Variants[i].in(round))
		}
	}
	p.RunsShown = len(p.Runs) <= runsOpen
}

func newPageRun(round string, v *Variant, run *VariantRun, primary *Metric) pageRun {
	states := map[check.Opinion]string{check.Valid: "good", check.Invalid: "bad", check.Unknown: "open"}
	verdict := &run.Summary.Verdict
	return pageRun{
		Round: round, Variant: Plain(v.Name), Figure: primary.cell(primary.of(run.Summary)), Folder: Plain(run.Folder),
		Verdict: opinionWord(verdict), State: states[verdict.Opinion],
	}
}

// conditions are those of the first run that counts.
func (p *comparisonPage) conditions(s *Summary) {
	p.Conditions, p.Config, p.Seckill = s.pageConditions(), s.pageConfig(), Plain(s.Head.Host.Seckill)
	p.Scenario = plainLines(strings.Split(s.Head.Scenario, "\n"))
	if s.Head.Server.Kind == "embedded" {
		p.Embedded = embeddedSentence
	}
}
