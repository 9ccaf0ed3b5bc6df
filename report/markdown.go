package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// WriteMarkdown writes the summary of a sale for a page of a CI service, in
// GitHub's Markdown: the verdict, the counts, each broken rule with its first
// case, what is in doubt, and the command that repeats the run. It ends in an
// empty line, so that several can stand below each other. No text of a script,
// a server or a user breaks a table, opens a tag or makes a link.
// Format: https://github.github.com/gfm.
func WriteMarkdown(w io.Writer, s *Summary) error {
	m := &markdown{s: s}
	m.verdict()
	m.counts()
	m.kinds()
	m.violations()
	m.doubts()
	m.objectives()
	m.repeat()
	_, err := io.WriteString(w, m.out.String())
	return err
}

// markdown is the summary in the making.
type markdown struct {
	s   *Summary
	out strings.Builder
}

// block writes a paragraph or a heading.
func (m *markdown) block(format string, args ...any) { fmt.Fprintf(&m.out, format+"\n\n", args...) }

// row writes a line of a table.
func (m *markdown) row(cells ...string) {
	m.out.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// fence writes lines as they are, in a fence longer than any that they hold.
func (m *markdown) fence(lines ...string) {
	text := plainLines(lines)
	fence := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	m.out.WriteString(fence + "text\n" + text + "\n" + fence + "\n\n")
}

func longestRun(text string, of rune) (longest int) {
	run := 0
	for _, r := range text {
		if run++; r != of {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

func (m *markdown) verdict() {
	s := m.s
	sign, headline := s.headline()
	m.block("## %s %s: %s", sign, opinionWord(&s.Verdict), inline(s.Head.Name))
	m.block("%s; %s.", opening(headline), inline(s.unitsSold()))
	if ended := s.ended(); ended != "" {
		m.block("%s", opening(ended))
	}
	if witness := s.witnessLine(); witness != "" {
		m.block("%s.", opening(upperFirst(witness)))
	}
	if lost := s.lossLine(); lost != "" {
		m.block("Lost: %s.", inline(lost))
	}
	if ordered := s.orderedLine(); ordered != "" {
		m.block("Ordered: %s.", inline(ordered))
	}
	if s.Head.Server.Kind == "embedded" {
		m.block("%s", inline(embeddedSentence))
	}
}

// counts writes the outcomes that occurred, of purchases and of what came after.
func (m *markdown) counts() {
	s := m.s
	m.row("attempts", "outcome", "count")
	m.row("---", "---", "--:")
	m.row("purchases", "all", thousands(s.Attempts))
	for _, o := range sale.Outcomes {
		if n := s.Counts[o]; n > 0 {
			m.row("", o.String(), thousands(n))
		}
	}
	if s.Resends > 0 {
		m.row("", "of them resends", thousands(s.Resends))
	}
	for _, verb := range s.verbsAfter() {
		v := &s.byVerb[verb]
		m.row(verb.String(), "all", thousands(v.count))
		for _, o := range sale.Outcomes {
			if n := v.outcomes[o]; n > 0 {
				m.row("", o.String(), thousands(n))
			}
		}
	}
	m.out.WriteByte('\n')
}

func (m *markdown) violations() {
	for _, v := range m.s.Verdict.Expected() {
		m.block("**Expected: %s, %s**: %s.", inline(string(v.Rule)), times(v.Count), notPromised)
	}
	for _, v := range m.s.Verdict.Unexpected() {
		m.block("### %s, broken %s", inline(string(v.Rule)), times(v.Count))
		m.block("Must hold: %s.", inline(v.Rule.MustHold()))
		if len(v.Cases) == 0 {
			continue
		}
		first := v.Cases[0]
		m.block("%s", opening(first.Message))
		var attempts []string
		for i := range first.Attempts {
			attempts = append(attempts, m.s.attemptLine(&first.Attempts[i]))
		}
		attempts = append(attempts, m.s.around(v.Rule, &first)...)
		if len(attempts) > 0 {
			m.fence(attempts...)
		}
		if why := likely(&v); why != "" {
			m.block("Likely, not proven: %s.", inline(why))
		}
	}
}

func (m *markdown) doubts() {
	doubts := m.s.doubts()
	if len(doubts) == 0 {
		return
	}
	m.block("### In doubt")
	for _, doubt := range doubts {
		m.out.WriteString("- " + opening(doubt) + "\n")
	}
	m.out.WriteByte('\n')
}

func (m *markdown) objectives() {
	if len(m.s.Objective) == 0 {
		return
	}
	m.row("objective", "verdict", "measured", "attempts", "interval", "why")
	m.row("---", "---", "--:", "--:", "---", "---")
	for _, f := range m.s.Objective {
		m.row(inline(f.Expr), f.Verdict, inline(f.value()), thousands(f.N), inline(f.chance()), inline(f.Why))
	}
	m.out.WriteByte('\n')
}

// repeat names the command, and under which conditions the figures hold.
func (m *markdown) repeat() {
	s := m.s
	m.block("On %s; script %s; seed %s.", inline(s.serverLine()), inline(s.scriptLine()), s.seedLine())
	if s.Head.Command != "" {
		m.block("Repeat it with")
		m.fence(s.Head.Command)
	}
}

// special are the characters that mean something within a line of Markdown, to
// GitHub's links to people and issues among them.
const special = "<>&`*_[]{}|\\~@#$^"

// opening writes a text that begins a line: there a number or a sign could
// begin a list.
func opening(text string) string {
	text = strings.TrimSpace(text)
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 || unicode.IsLetter(first) || first == utf8.RuneError {
		return inline(text)
	}
	if escaped := inline(text[:size]); escaped != text[:size] {
		return escaped + inline(text[size:])
	}
	return fmt.Sprintf("&#%d;", first) + inline(text[size:])
}

// inline makes a text safe within a line of Markdown, in a table and out of
// it: whatever could have a meaning stands there as its number, which Markdown
// shows as the character and never reads as markup.
func inline(text string) string {
	var b strings.Builder
	for _, r := range Plain(text) {
		if strings.ContainsRune(special, r) {
			fmt.Fprintf(&b, "&#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return linkBreaks.Replace(b.String())
}

// linkBreaks keeps GitHub from making links of addresses.
var linkBreaks = strings.NewReplacer("://", "&#58;//", "www.", "www&#46;")
