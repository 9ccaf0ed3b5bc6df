package report

import "io"

// WriteCapacityHTML writes a search as one page that needs no network and no
// script. Every text of a scenario, a script or a server is escaped.
func WriteCapacityHTML(w io.Writer, c *Capacity) error {
	p, err := newCapacityPage(c)
	if err != nil {
		return err
	}
	return writePage(w, "capacity.html.tmpl", p)
}

// A capacityPage is what the template shows. Its texts are plain; the template
// escapes them.
type capacityPage struct {
	Name, State, Sign, Headline string
	// Embedded is the notice of steps on the embedded server; else empty.
	Embedded string
	Searches []pageSearch
	Pictures []pagePicture
	Plan     []pagePlanLine
	Notes    []string // on the plan
	Note     string
	Warnings []string
	// Conditions are those of every step, Config the settings of the server.
	Conditions []fact
	Config     []fact
	Command    string
	Seckill    string
}

// A pageSearch is one search.
type pageSearch struct {
	Title, State, Answer string
	Sentences, Reasons   []string
	Steps                []pageStep
}

type pagePlanLine struct{ Name, Figure, Source string }

// A pageStep is a step: State is met, missed, violated or undecided.
type pageStep struct {
	Folder, State, Result string
	// Facts are the cells between the folder and the result, named by their columns.
	Facts []fact
}

func newCapacityPage(c *Capacity) (*capacityPage, error) {
	shown, err := pagePictures(c.pictures())
	p := &capacityPage{
		Name: Plain(c.Name), Headline: c.about(), Pictures: shown, Note: percentilesNote,
		Warnings: plainAll(c.allWarnings()), Conditions: c.conditionFacts(), Command: Plain(c.Command),
	}
	p.State, p.Sign = c.state()
	if c.Plan != nil {
		p.Notes = c.Plan.Notes
		for _, line := range c.Plan.Lines {
			p.Plan = append(p.Plan, pagePlanLine{line.Name, line.Figure(), sourceOf(&line)})
		}
	}
	if s := c.Conditions; s != nil {
		p.Config, p.Seckill = s.pageConfig(), Plain(s.Head.Host.Seckill)
		if s.Head.Server.Kind == "embedded" {
			p.Embedded = embeddedSentence
		}
	}
	for i := range c.Searches {
		p.Searches = append(p.Searches, c.Searches[i].page(c))
	}
	return p, err
}

// state is how the answer is coloured, and its sign.
func (c *Capacity) state() (state, sign string) {
	switch c.ExitCode() {
	case 1, 4:
		return "invalid", "✗"
	case 3:
		return "unknown", "?"
	}
	return "valid", "✓"
}

func (s *CapacitySearch) page(c *Capacity) pageSearch {
	p := pageSearch{Title: s.title(), Answer: Plain(s.sentence(c.SLO, c.Quick)), State: map[int]string{0: "met", 1: "missed", 4: "missed"}[s.exitCode(c.Quick)]}
	if p.State == "" {
		p.State = "inconclusive"
	}
	sentences := []string{s.mixedSentence(), s.boundSentence(), s.pastLine(), s.probeSentence()}
	if len(s.Steps) > 0 {
		sentences = append(sentences, upperFirst(s.forkSentence()))
	}
	for _, sentence := range sentences {
		if sentence != "" {
			p.Sentences = append(p.Sentences, Plain(sentence))
		}
	}
	p.Reasons = plainAll(s.reasons())
	for i := range s.Steps {
		p.Steps = append(p.Steps, s.Steps[i].page())
	}
	return p
}

func (s *CapacityStep) page() pageStep {
	state := map[string]string{"passed": "met", "failed": "missed", "wrong": "violated"}[string(s.Result)]
	if state == "" {
		state = "undecided"
	}
	cells := s.cells()
	p := pageStep{Folder: Plain(cells[0]), State: state, Result: cells[len(cells)-1]}
	for i, cell := range cells[1 : len(cells)-1] {
		p.Facts = append(p.Facts, fact{stepColumns[i+1], Plain(cell)})
	}
	return p
}
