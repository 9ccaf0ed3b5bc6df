package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/compare"
)

// workload are the fields of a scenario that say what the server is asked to do.
// Variants that differ in one are not compared, even where that is what they were
// made for: whoever is asked for less is faster.
var workload = []string{
	"stock", "items", "skew", "quantity", "restock", "buyers", "attempts", "double_click", "release", "abandon", "crowd",
	"background", "duration", "lost_replies", "faults",
}

// conduct are the fields that may be what is compared: a difference is only told
// where no variant says that it makes it.
var conduct = []string{"arrivals", "retries", "patience", "timeout", "conns", "client_retries", "wait", "topology", "server_config", "limit"}

// A likeness is something that has to be the same for figures to be beside each
// other.
type likeness struct {
	name string
	of   func(*Summary) string
	// excused are the fields that a variant may change and so be different in this.
	excused []string
}

// likenesses hold for all runs, whatever their round. fields reads a scenario.
func likenesses(fields func(*Summary) map[string]string) []likeness {
	all := []likeness{
		{"model of arrivals", func(s *Summary) string { return s.Head.Model }, nil},
		{"host", func(s *Summary) string { h := s.Head.Host; return fmt.Sprintf("%d CPUs, %s", h.CPUs, h.OS) }, nil},
		{"seckill", func(s *Summary) string { return s.Head.Host.Seckill }, nil},
		{"server", func(s *Summary) string { return s.serverName() + " (" + s.Head.Server.Kind + ")" }, []string{"server"}},
		{"server settings", (*Summary).serverSettings, []string{"server", "server_config", "topology", "wait"}},
		{"bound of what is good", func(s *Summary) string {
			if limit := s.responseLimit(); limit != nil {
				return bound(int64(*limit))
			}
			return ""
		}, nil},
	}
	for _, name := range slices.Concat(workload, conduct) {
		l := likeness{name: name, of: func(s *Summary) string {
			if name == "buyers" && s.Head.Model == modelOpen {
				return "" // as many as the seed of the round has arrive
			}
			return fields(s)[name]
		}}
		if slices.Contains(conduct, name) {
			l.excused = []string{name}
		}
		all = append(all, l)
	}
	return all
}

// planned hold for the runs of a round: they may be drawn anew for each.
func planned() []likeness {
	return []likeness{
		{"seed", func(s *Summary) string { return fmt.Sprint(s.Head.Seed) }, nil},
		{"buyers planned", func(s *Summary) string { return thousands(s.Head.Buyers) }, nil},
		{"items on sale", func(s *Summary) string { return thousands(int64(len(s.Head.Items))) }, nil},
		{"units on sale", func(s *Summary) string { return thousands(s.Stock()) }, nil},
		{"units of a purchase", func(s *Summary) string { return thousands(s.Head.Quantity) }, nil},
	}
}

// fields are those of the scenario as text, lists too.
func (s *Summary) fields() map[string]string {
	var doc map[string]any
	if err := yaml.Unmarshal([]byte(s.Head.Scenario), &doc); err != nil {
		return nil
	}
	all := make(map[string]string, len(doc))
	for name, value := range doc {
		if value != nil {
			all[name] = fmt.Sprint(value)
		}
	}
	return all
}

// serverSettings are those that the server told.
func (s *Summary) serverSettings() string {
	var told []string
	for _, name := range slices.Sorted(maps.Keys(s.Head.Server.Config)) {
		if value := s.Head.Server.Config[name]; value != nil && *value != "" {
			told = append(told, name+" "+*value)
		}
	}
	return strings.Join(told, ", ")
}

// tooFew says that there are too few rounds, if there are.
func (c *Comparison) tooFew() []string {
	switch n := len(c.paired()); {
	case n == 0:
		return []string{"no round has a run of every variant: nothing can be concluded"}
	case n == 1:
		return []string{fmt.Sprintf("one round was made, and how much two runs of the same variant differ cannot be told from it: nothing can be concluded; make %d or more (--rounds)", compare.MinRounds)}
	case n < compare.MinRounds:
		return []string{fmt.Sprintf("%d rounds are too few: however clear they are, no interval of 95%% rests on fewer than %d (--rounds)", n, compare.MinRounds)}
	}
	var all []string
	for i := range c.Contrasts {
		if row := &c.Contrasts[i].Rows[0]; row.Confidence == 0 {
			all = append(all, fmt.Sprintf("%s in which both %s and %s have a figure of %s: %d or more are needed", roundsOf(row.Estimate.Rounds), c.Variants[0].Name, c.Contrasts[i].Variant, row.Name, compare.MinRounds))
		}
	}
	return all
}

// paired are the rounds in which every variant was run.
func (c *Comparison) paired() []int {
	return slices.DeleteFunc(c.roundNumbers(), func(round int) bool {
		return slices.ContainsFunc(c.Variants, func(v Variant) bool { return v.in(round) == nil })
	})
}

// unlike says in what the runs differ that should not.
func (c *Comparison) unlike() (sentences []string) {
	changed, read := c.changed(), map[*Summary]map[string]string{}
	fields := func(s *Summary) map[string]string {
		if read[s] == nil {
			read[s] = s.fields()
		}
		return read[s]
	}
	for _, likeness := range likenesses(fields) {
		excused := slices.ContainsFunc(likeness.excused, func(field string) bool { return changed[field] })
		if sentence := c.differ(&likeness, excused); sentence != "" {
			sentences = append(sentences, sentence)
		}
	}
	for _, likeness := range planned() {
		for _, round := range c.roundNumbers() {
			if values, names := c.valuesIn(round, &likeness); len(values) > 1 {
				sentences = append(sentences, fmt.Sprintf("in round %d the variants were not asked for the same: %s %s", round, likeness.name, besideEach(names, values)))
				break
			}
		}
	}
	return sentences
}

// changed are the fields that a variant says it sets, as a scenario has them.
func (c *Comparison) changed() map[string]bool {
	fields := map[string]bool{}
	for i := range c.Variants {
		for _, change := range c.Variants[i].Changes {
			fields[strings.ReplaceAll(strings.TrimPrefix(change.Name, "--"), "-", "_")] = true
		}
	}
	return fields
}

// differ says how the runs differ in a likeness: those of one variant, which
// nothing excuses, or those of one and another.
func (c *Comparison) differ(of *likeness, excused bool) string {
	var values, names []string
	for i := range c.Variants {
		v := &c.Variants[i]
		for j := range v.Runs {
			value := of.of(v.Runs[j].Summary)
			first := of.of(v.Runs[0].Summary)
			if value != first {
				return fmt.Sprintf("the %s of %s changed between rounds: %s, then %s", of.name, v.Name, shortValue(first), shortValue(value))
			}
			if j == 0 && !slices.Contains(values, value) {
				values, names = append(values, value), append(names, v.Name)
			}
		}
	}
	if len(values) < 2 || excused {
		return ""
	}
	what := "the variants differ in " + of.name
	if slices.Contains(workload, of.name) {
		what = "the variants differ in workload: " + of.name
	}
	return what + " " + besideEach(names, values)
}

// valuesIn are the values of a likeness in a round, each once, and the first
// variants that have them.
func (c *Comparison) valuesIn(round int, of *likeness) (values, names []string) {
	for i := range c.Variants {
		run := c.Variants[i].in(round)
		if run == nil {
			continue
		}
		if value := of.of(run.Summary); !slices.Contains(values, value) {
			values, names = append(values, value), append(names, c.Variants[i].Name)
		}
	}
	return values, names
}

func besideEach(names, values []string) string {
	var parts []string
	for i := range values {
		parts = append(parts, names[i]+" "+shortValue(values[i]))
	}
	return "(" + strings.Join(parts, "; ") + ")"
}

// shortValue is a value as a sentence can hold it.
func shortValue(value string) string {
	const most = 60
	switch runes := []rune(value); {
	case value == "":
		return "none"
	case len(runes) > most:
		return string(runes[:most-1]) + "…"
	}
	return value
}
