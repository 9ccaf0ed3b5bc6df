package report

import "io"

// WriteStormHTML writes a storm as one page that needs no network and no script.
// Every text of a scenario, a script or a server is escaped.
func WriteStormHTML(w io.Writer, s *Storm) error {
	shown, err := pagePictures(s.pictures())
	if err != nil {
		return err
	}
	p := &stormPage{
		Name: Plain(s.what()), Headline: upperFirst(s.Answer()), Conditions: upperFirst(s.conditions()), Note: stormNote, Verdict: s.word(),
		Doubts: plainAll(s.AllDoubts()), Warnings: plainAll(s.Warnings), Pictures: shown, Command: Plain(s.Command),
	}
	p.State, p.Sign = s.state()
	for i, r := range s.rows() {
		of := &s.Policies[i]
		row := stormPageRow{Name: r.name, About: of.About, Cause: Plain(s.Cause(of)), Facts: []fact{
			{"goodput", r.goodput}, {"attempts", r.attempts}, {"asked for", r.asked}, {"ok", r.ok}, {"gave up", r.gaveUp},
		}}
		p.Rows = append(p.Rows, row)
		p.Seckill = Plain(of.Summary.Head.Host.Seckill)
	}
	return writePage(w, "storm.html.tmpl", p)
}

// A stormPage is what the template shows. Its texts are plain; the template
// escapes them.
type stormPage struct {
	Name, State, Sign, Verdict, Headline, Conditions, Note string
	Rows                                                   []stormPageRow
	Pictures                                               []pagePicture
	Doubts, Warnings                                       []string
	Command, Seckill                                       string
}

type stormPageRow struct {
	Name, About, Cause string
	// Facts are the cells after the name, named by their columns.
	Facts []fact
}
