package report

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/seckill-bench/seckill/scenario/check"
)

// WriteStormText writes what a person reads at the end of a storm: with which
// policies goodput came back, each in a line, and why. No line is wider than 100
// columns but those that are to be pasted.
func WriteStormText(w io.Writer, s *Storm) error {
	t := &collectionText{c: s.Collection, shown: map[string]check.Rule{}}
	t.say(s.word()+"  ", "%s: %s", s.what(), s.Answer())
	t.say("  ", "%s.", upperFirst(s.conditions()))
	t.expected()
	t.violations()
	t.list("  In doubt", s.AllDoubts())
	t.head(fmt.Sprintf("  %-16s %-22s %12s %12s %9s %9s", "policy", "goodput", "attempts", "asked for", "ok", "gave up"))
	for _, r := range s.rows() {
		fmt.Fprintf(&t.out, "  %-16s %-22s %12s %12s %9s %9s\n", r.name, r.goodput, r.attempts, r.asked, r.ok, r.gaveUp)
	}
	t.say("  ", "%s", stormNote)
	t.head("  Why")
	for i := range s.Policies {
		p := &s.Policies[i]
		t.say(fmt.Sprintf("    %-16s ", p.Name), "%s: %s", p.About, s.Cause(p))
	}
	for i := range s.Policies {
		t.objectives(&s.Policies[i])
	}
	t.list("  Warnings", s.Warnings)
	if s.Command != "" {
		t.head("  Repeat it:")
		t.paste("    ", s.Command)
	}
	_, err := io.WriteString(w, t.out.String())
	return err
}

// stormNote says what the columns of the table are.
const stormNote = "Goodput: purchases answered while their buyers waited, of those due; back: at 90% of what it was before the stall or more, " +
	"until the end. Attempts a purchase and those who gave up: from the stall until it was back. Asked for: the most in a second, of what is carried."

// objectives are those of a policy that are not met.
func (t *collectionText) objectives(p *StormPolicy) {
	for i := range p.Summary.Objective {
		if f := &p.Summary.Objective[i]; f.Verdict != Met {
			t.say(fmt.Sprintf("  %s  ", f.Verdict), "%s, %s: %s", p.Name, Plain(f.Expr), Plain(f.reading()))
		}
	}
}

// WriteStormMarkdown writes a storm for a page of a CI service.
func WriteStormMarkdown(w io.Writer, s *Storm) error {
	m := &markdown{}
	_, sign := s.state()
	m.block("## %s %s: %s", sign, s.word(), inline(s.what()))
	m.block("%s.", opening(upperFirst(s.Answer())))
	m.block("%s.", opening(upperFirst(s.conditions())))
	m.row("policy", "goodput", "attempts a purchase", "asked for", "ok", "gave up", "why")
	m.row("---", "---", "--:", "--:", "--:", "--:", "---")
	for i, r := range s.rows() {
		m.row(r.name, r.goodput, r.attempts, r.asked, r.ok, r.gaveUp, inline(s.Cause(&s.Policies[i])))
	}
	m.out.WriteByte('\n')
	m.block("%s", stormNote)
	s.violationsIn(m)
	m.bullets("In doubt", s.AllDoubts())
	m.bullets("Warnings", s.Warnings)
	if s.Command != "" {
		m.block("Repeat it with")
		m.fence(s.Command)
	}
	_, err := io.WriteString(w, m.out.String())
	return err
}

// WriteStormFolder writes result.json, junit.xml, summary.md, storm.html and the
// picture into a folder. What cannot be written does not keep the others from it;
// the error names the first.
func WriteStormFolder(dir string, s *Storm) error {
	var failed []error
	for _, f := range []struct {
		name  string
		write func(io.Writer, *Storm) error
	}{
		{"result.json", WriteStormJSON},
		{"summary.md", WriteStormMarkdown},
		{"storm.html", WriteStormHTML},
	} {
		failed = append(failed, writeInto(filepath.Join(dir, f.name), func(w io.Writer) error { return f.write(w, s) }))
	}
	failed = append(failed, WriteJUnitFile(dir, []*Collection{s.Collection}))
	failed = append(failed, writePlots(dir, s.pictures())...)
	failed = slices.DeleteFunc(failed, func(err error) bool { return err == nil })
	if len(failed) == 0 {
		return nil
	}
	return failed[0]
}
