package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/probe"
	"github.com/seckill-bench/seckill/scenario/server"
)

const (
	// textWidth is the longest line, but for those that are to be pasted.
	textWidth = 100
	// handIndent is how far lines to paste are indented.
	handIndent = 7
	// maxHand is how many steps of a case are shown; its folder has all.
	maxHand = 8
)

// write prints what a person reads: the verdict, each finding with the lines that
// show it, what is doubtful and what is suspicious, and what could not be tried.
func (p *probed) write(w io.Writer) error {
	var t strings.Builder
	findings := p.findings()
	known := func(f *finding) bool { return f.fresh == nil }
	fresh := slices.DeleteFunc(slices.Clone(findings), known)
	p.writeVerdict(&t, len(fresh))
	for i, f := range fresh {
		writeFinding(&t, i+1, f)
	}
	writeList(&t, "The same rules are broken in further cases", further(slices.DeleteFunc(findings, func(f *finding) bool { return !known(f) })))
	writeList(&t, "In doubt", p.doubts())
	writeList(&t, "Warnings", p.warnings())
	if len(p.looked) > 0 {
		writeList(&t, "Beside what was seen, the text of the script says", p.looked)
	}
	writeList(&t, "Not tried", p.skipped())
	fmt.Fprintf(&t, "\n  Seed %d. Again: %s\n", p.Seed, report.Plain(p.Command))
	_, err := io.WriteString(w, t.String())
	return err
}

// writeVerdict prints the verdict and, where lines to paste follow, where they
// are for.
func (p *probed) writeVerdict(t *strings.Builder, findings int) {
	opinion := p.Opinion()
	what := fmt.Sprintf("probe, script %s on %s: ", report.Plain(p.strat.Name), report.Plain(p.on))
	tried := fmt.Sprintf("%d cases, one buyer at a time", len(p.Runs))
	switch opinion {
	case check.Invalid:
		what += fmt.Sprintf("%s in %s", counted(findings, "finding", "findings"), tried)
	case check.Unknown:
		what += "no rule seen broken, and that proves too little; " + tried
	default:
		what += "no rule broken in " + tried
	}
	writeWrapped(t, strings.ToUpper(string(opinion))+"  ", what)
	if findings > 0 {
		fmt.Fprintln(t)
		writeWrapped(t, "  ", fmt.Sprintf("By hand: in %s, with a Redis of your own, empty before each of them.", report.Plain(p.dir)))
	}
}

// counted is a number with its noun.
func counted(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// further lists the cases of findings by the rules that are broken in them.
func further(findings []*finding) []string {
	var cases []*judged
	for _, f := range findings {
		cases = append(cases, f.cases...)
	}
	lines := grouped(cases, func(c *judged) (name, rules string) { return c.Name, strings.Join(c.rules(), ", ") })
	for i, line := range lines {
		names, rules, _ := strings.Cut(line, ": ")
		lines[i] = rules + ": " + names
	}
	return lines
}

// writeFinding tells what is wrong by its plainest case, with the lines that show
// it.
func writeFinding(t *strings.Builder, number int, f *finding) {
	c := f.shown
	fmt.Fprintln(t)
	writeWrapped(t, fmt.Sprintf("%3d. ", number), fmt.Sprintf("%s: %s", f.class, f.words()))
	writeWrapped(t, "     ", fmt.Sprintf("In case %s: %s.", c.Name, report.Plain(c.Title)))
	for _, v := range c.verdict.Violations {
		writeWrapped(t, "       - ", report.Plain(f.evidence(&v)))
	}
	var others []string
	for _, other := range f.cases {
		if other != c {
			others = append(others, other.Name)
		}
	}
	if len(others) > 0 {
		writeWrapped(t, "     ", "Also in "+strings.Join(others, ", ")+".")
	}
	writeHand(t, c.Case)
}

// writeHand prints the lines that repeat a case on an empty server.
func writeHand(t *strings.Builder, c *probe.Case) {
	t.WriteString("     By hand:\n")
	for i := range c.Steps[:min(len(c.Steps), maxHand)] {
		for _, line := range byHand(&c.Steps[i]) {
			t.WriteString(strings.Repeat(" ", handIndent) + line + "\n")
		}
	}
	if more := len(c.Steps) - maxHand; more > 0 {
		fmt.Fprintf(t, "       # and %s, in %s/by-hand.sh\n", counted(more, "more step", "more steps"), c.Name)
	}
}

// byHand are the lines that repeat a step, after comments that say what it is
// and what came of it.
func byHand(s *probe.Step) []string {
	note := s.What
	if s.Reply != "" {
		note += ": " + s.Reply
	}
	lines := comment("# ", note)
	for _, change := range s.Changes {
		lines = append(lines, comment("#   ", fmt.Sprintf("%s: %s -> %s", change.Key, held(change.Before), held(change.After)))...)
	}
	return append(lines, s.Lines...)
}

// comment is a text as comments of a shell script.
func comment(first, text string) []string {
	lines := strings.Split(strings.TrimSuffix(wrapped(first, report.Plain(text), textWidth-handIndent), "\n"), "\n")
	for i := range lines[1:] {
		lines[i+1] = "#     " + strings.TrimLeft(lines[i+1], " ")
	}
	return lines
}

// held is what a key holds, in short.
func held(v server.Value) string {
	const most = 36
	switch text := v.Text; {
	case v.Type == "":
		return "not there"
	case len(text) > most:
		return strings.ToValidUTF8(text[:most], "") + "…"
	default:
		return text
	}
}

// doubts are those of the whole and of the cases that were left open.
func (p *probed) doubts() []string {
	type doubt struct{ name, text string }
	var all []doubt
	for i := range p.cases {
		c := &p.cases[i]
		if c.verdict != nil && c.verdict.Opinion == check.Unknown {
			for _, text := range c.verdict.Doubts {
				all = append(all, doubt{c.Name, text})
			}
		}
	}
	return append(slices.Clone(p.Doubts), grouped(all, func(d doubt) (name, text string) { return d.name, d.text })...)
}

// warnings are those that were seen, each once with the classes it was seen in.
func (p *probed) warnings() []string {
	return grouped(p.Warnings[:len(p.Warnings)-len(p.looked)], func(warning string) (class, text string) {
		class, text, _ = strings.Cut(warning, ": ")
		return class, text
	})
}

// skipped lists what was not tried, once for each reason.
func (p *probed) skipped() []string {
	return grouped(p.Skipped, func(s report.Skipped) (name, why string) { return s.Name, s.Why })
}

// grouped lists texts once each, after the names that have them.
func grouped[T any](all []T, parts func(T) (name, text string)) []string {
	var texts []string
	names := map[string][]string{}
	for _, one := range all {
		name, text := parts(one)
		if names[text] == nil {
			texts = append(texts, text)
		}
		names[text] = append(names[text], name)
	}
	for i, text := range texts {
		texts[i] = strings.Join(names[text], ", ") + ": " + text
	}
	return texts
}

func writeList(t *strings.Builder, title string, lines []string) {
	if len(lines) > 0 {
		fmt.Fprintf(t, "\n  %s\n", title)
	}
	for _, line := range lines {
		writeWrapped(t, "    - ", report.Plain(line))
	}
}

func writeWrapped(t *strings.Builder, first, text string) {
	t.WriteString(wrapped(first, text, textWidth))
}

// wrapped breaks text at spaces, so that no line is longer than width; further
// lines are indented as the first.
func wrapped(first, text string, width int) string {
	var b strings.Builder
	b.WriteString(first)
	indent := utf8.RuneCountInString(first)
	at, fresh := indent, true
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		if !fresh && at+1+n > width {
			b.WriteString("\n" + strings.Repeat(" ", indent))
			at, fresh = indent, true
		}
		if !fresh {
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at, fresh = at+n, false
	}
	return b.String() + "\n"
}
