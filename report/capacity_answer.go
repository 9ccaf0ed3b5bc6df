package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/capacity"
	"github.com/seckill-bench/seckill/scenario/check"
)

// ExitCode is the exit code of a search: 1 a rule was broken; 3 it cannot be told
// what rate holds; 4 none does; else 0. Of several searches the first of these.
func (c *Capacity) ExitCode() (code int) {
	for i := range c.Searches {
		if of := c.Searches[i].exitCode(c.Quick); of != 0 && (code == 0 || of < code) {
			code = of
		}
	}
	if code == 0 && (c.Interrupted || len(c.Searches) == 0) {
		return 3
	}
	return code
}

func (s *CapacitySearch) exitCode(quick bool) int {
	switch a := &s.Answer; {
	case a.Ended == capacity.AtWrong:
		return 1
	case s.Unmeasured != "":
		return 3
	case a.Ended == capacity.AtLeast:
		return 4
	case a.Ended != capacity.AtKnee && a.Ended != capacity.AtMost, !a.Confirmed && !quick:
		return 3
	}
	return 0
}

// word is what the text begins with.
func (c *Capacity) word() string {
	switch c.ExitCode() {
	case 1:
		return "INVALID"
	case 3:
		return "UNDECIDED"
	case 4:
		return "MISSED"
	}
	if c.Quick {
		return "ESTIMATE"
	}
	return "FOUND"
}

// Opinion is the worst verdict of the steps. What a step that missed its
// objective leaves open is no doubt: it may be that answers were lost.
func (c *Capacity) Opinion() check.Opinion {
	opinion := check.Valid
	for i := range c.Searches {
		for _, step := range c.Searches[i].Steps {
			switch {
			case step.Result == capacity.Wrong:
				return check.Invalid
			case step.Result == capacity.Unknown && step.Phase != capacity.Beyond:
				opinion = check.Unknown
			}
		}
	}
	if len(c.Searches) == 0 {
		return check.Unknown
	}
	return opinion
}

// about is what was searched for.
func (c *Capacity) about() string {
	what := Plain(c.Name)
	if s := c.Conditions; s != nil {
		what += fmt.Sprintf(", script %s on %s", Plain(s.Head.Script.Name), Plain(s.serverName()))
	}
	return what + ": the highest rate that holds " + Plain(c.SLO)
}

// title is the name of a search as a heading.
func (s *CapacitySearch) title() string {
	title := upperFirst(s.Figure)
	switch {
	case s.Masters == 1:
		title += ", one server"
	case s.Masters > 1:
		title += fmt.Sprintf(", %d masters", s.Masters)
	}
	return title
}

// sentence is the answer of a search.
func (s *CapacitySearch) sentence(slo string, quick bool) string {
	a := &s.Answer
	switch {
	case s.Unmeasured != "":
		return "not measured: " + s.Unmeasured
	case a.Held == 0 && a.Ended == capacity.AtLeast:
		return fmt.Sprintf("no rate that was tried holds %s: %s", slo, a.Why)
	case a.Held == 0:
		return fmt.Sprintf("no rate is known to hold %s: %s", slo, a.Why)
	}
	if s.Masters > 0 && a.Ended == capacity.AtLimit {
		return fmt.Sprintf("no figure: %s held %s, and then %s", rate(a.Held), slo, a.Why)
	}
	var text string
	passes := s.passes(a.Held, true)
	switch {
	case a.Confirmed:
		text = fmt.Sprintf("%s holds %s (%s)", rate(a.Held), slo, passes)
	case quick && a.Ended != capacity.Unfinished:
		text = fmt.Sprintf("an estimate: about %s holds %s (%s)", rate(a.Held), slo, passes)
	default:
		text = fmt.Sprintf("%s held %s (%s), which is not confirmed", rate(a.Held), slo, passes)
	}
	if a.Broke > 0 {
		text += fmt.Sprintf("; %s does not (%s)", rate(a.Broke), s.passes(a.Broke, false))
	}
	if a.Why != "" {
		text += "; " + a.Why
	}
	return text
}

// passes says how many steps passed at a rate, and how long they were: of those
// that confirm where there are any.
func (s *CapacitySearch) passes(at float64, withLength bool) string {
	var passed, tries, confirming int
	var length time.Duration
	for _, step := range s.Steps {
		if step.Rate != at || step.Result == capacity.Limited || step.Result == capacity.Unknown {
			continue
		}
		if step.Phase == capacity.Confirming && confirming == 0 {
			passed, tries = 0, 0 // those of the climb are shorter
		}
		if step.Phase == capacity.Confirming {
			confirming++
		} else if confirming > 0 {
			continue
		}
		tries++
		length = step.Length
		if step.Result == capacity.Passed {
			passed++
		}
	}
	text := fmt.Sprintf("%d of %d", passed, tries)
	if !withLength {
		return text
	}
	return text + " " + plural(tries, "step") + " of " + bound(int64(length))
}

func plural(n int, what string) string {
	if n == 1 {
		return what
	}
	return what + "s"
}

// boundSentence says what was the bound where the search ended; empty where there
// was no step.
func (s *CapacitySearch) boundSentence() string {
	step := s.limiting()
	if step == nil || s.Unmeasured != "" {
		return ""
	}
	if step.Result == capacity.Limited {
		return fmt.Sprintf("What the server does at %s cannot be told: %s", rate(step.Rate), step.Why)
	}
	because := ""
	if step.BoundBy != "" {
		because = ": " + step.BoundBy
	}
	if step.Bound == boundUnknown {
		return fmt.Sprintf("What the bound was at %s is not known%s", rate(step.Rate), because)
	}
	return fmt.Sprintf("Bound at %s by the %s%s", rate(step.Rate), step.Bound, because)
}

// mixedSentence says where steps did not agree; empty where they did.
func (s *CapacitySearch) mixedSentence() string {
	from, to := s.Answer.Mixed()
	switch {
	case from == 0 || s.Unmeasured != "":
		return ""
	case from == to:
		return fmt.Sprintf("At %s some steps passed and some did not", rate(from))
	}
	return fmt.Sprintf("From %s to %s some steps passed and some did not: another search may end anywhere between", rate(from), rate(to))
}

// probeSentence says where the search was begun; empty where it was told.
func (s *CapacitySearch) probeSentence() string {
	if s.Probe == nil {
		return ""
	}
	return fmt.Sprintf("A closed run reached %s: the search began at a third of it", rate(s.Probe.Rate))
}

// pastSentence says what too much load did; empty where none was tried.
func (s *CapacitySearch) pastSentence() string {
	step := s.past()
	if step == nil {
		return ""
	}
	past := step.Past
	parts := []string{fmt.Sprintf("offered %s, the server gave %s good answers a second (%s of all)", rateOrNone(step.Offered), thousands(int64(past.Goodput)), percent(step.Good))}
	switch {
	case step.Result == capacity.Passed:
		parts = append(parts, "and the objective was met")
	case past.Late != nil && (past.Lost == nil || *past.Late <= *past.Lost):
		parts = append(parts, "response times failed first, from "+bound(int64(*past.Late))+" after the opening")
	case past.Lost != nil:
		parts = append(parts, "answers failed first: those due from "+bound(int64(*past.Lost))+" after the opening had none")
	}
	if past.Late != nil && past.Lost != nil && *past.Late <= *past.Lost {
		parts = append(parts, "then answers, from "+bound(int64(*past.Lost)))
	}
	if step.Bound == boundDriver || step.Bound == boundHost {
		parts = append(parts, "the "+step.Bound+" was the bound, so this is not what the server does")
	}
	return strings.Join(parts, "; ") + fmt.Sprintf("; what had queued up was worked off %s after the last buyer was due", span(int64(past.Recovery)))
}

func rateOrNone(perSecond *float64) string {
	if perSecond == nil {
		return "-"
	}
	return rate(*perSecond)
}

// forkSentence says whether the steps went through forks.
func (s *CapacitySearch) forkSentence() string {
	var told []string
	var counted int64
	known := false
	for _, step := range s.Steps {
		if step.ForkSeen {
			told = append(told, step.Folder)
		}
		if step.Forks != nil {
			known = true
			counted += *step.Forks
		}
	}
	switch {
	case len(told) > 0:
		return fmt.Sprintf("the server saved its data and rewrote its append-only file, each by a fork, in %s", strings.Join(told, ", "))
	case counted > 0:
		return fmt.Sprintf("the server forked %s in these steps, by its own count", times(counted))
	case known:
		return "no fork was seen in these steps: what saving and rewriting the append-only file cost is not in the figures"
	}
	return "whether the server forked is not known"
}

// allWarnings are those of the search, and those that its conditions make.
func (c *Capacity) allWarnings() []string {
	all := listOf(c.Warnings)
	s := c.Conditions
	if s == nil {
		return all
	}
	if same := s.Head.Server.SameHost; same != nil && *same {
		all = append(all, fmt.Sprintf("driver and server share this machine and its %d CPUs: a server with a machine of its own may carry another rate", s.Head.Host.CPUs))
	}
	if conns := s.setting("conns"); strings.HasPrefix(conns, "pipelined") {
		all = append(all, "requests went over "+conns+": what has gathered is sent together, which spares the server; clients that send one request at a time over many connections cost it more (--conns pool:N)")
	}
	return append(all, "one search, at one time, on one machine: the next one may end some percent off, and the gap between what held and what did not is no confidence interval")
}

// Figures are what the searches found, for a plan.
func (c *Capacity) Figures() (f capacity.Figures) {
	f.Estimated = c.Quick
	for i := range c.Searches {
		s := &c.Searches[i]
		f.Limited = f.Limited || s.Answer.Ended == capacity.AtLimit
		f.Capped = f.Capped || s.Answer.Ended == capacity.AtMost
		switch {
		case s.Answer.Ended == capacity.AtWrong:
			f.None = "the script is wrong while " + s.Figure
		case s.Answer.Ended == capacity.AtLeast && f.None == "":
			f.None = "no rate that was tried holds while " + s.Figure
		}
		switch held := s.Answer.Held; {
		case s.Unmeasured != "" || s.Answer.Ended == capacity.AtWrong || held == 0:
		case s.Masters > 0 && s.Answer.Ended == capacity.AtLimit: // not the servers ended it
		case s.Masters > 0:
			f.Scale = append(f.Scale, capacity.ScaleFigure{Instances: s.Masters, Held: held})
			if s.Masters == 1 {
				f.Selling = held
			}
			f.Estimated = f.Estimated || !s.Answer.Confirmed
		default:
			f.Estimated = f.Estimated || !s.Answer.Confirmed
			*map[string]*float64{Selling: &f.Selling, Refusing: &f.Refusing}[s.Figure] = held
		}
	}
	return f
}
