package report

import (
	"fmt"
	"maps"
	"math"
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
	"background", "duration", "lost_replies", "faults", "buyer_ids",
}

// conduct are the fields that may be what is compared: a difference is only told
// where no variant says that it makes it.
var conduct = []string{"arrivals", "retries", "patience", "timeout", "gateway", "conns", "client_retries", "wait", "topology", "server_config", "limit"}

// A likeness is something that has to be the same for figures to be beside each
// other.
type likeness struct {
	name string
	of   func(*Summary) string
	// excused are the fields that a variant may change and so be different in this.
	excused []string
}

// anything excuses a difference between variants: that they differ in it may be
// all that they are compared for. Within a variant nothing does.
const anything = "*"

// likenesses hold for all runs, whatever their round. fields reads a scenario,
// settings are those that the servers told.
func likenesses(fields func(*Summary) map[string]string, settings []string) []likeness {
	all := []likeness{
		{"model of arrivals", func(s *Summary) string { return s.Head.Model }, nil},
		{"script's text", func(s *Summary) string { return s.Head.Script.SHA1 }, []string{anything}},
		{"host", func(s *Summary) string { h := s.Head.Host; return fmt.Sprintf("%d CPUs, %s", h.CPUs, h.OS) }, nil},
		{"seckill", func(s *Summary) string { return s.Head.Host.Seckill }, nil},
		{"server", func(s *Summary) string { return s.serverName() + " (" + s.Head.Server.Kind + ")" }, []string{"server"}},
		{"bound of what is good", func(s *Summary) string {
			if limit := s.responseLimit(); limit != nil {
				return bound(int64(*limit))
			}
			return ""
		}, nil},
	}
	for _, name := range settings {
		all = append(all, likeness{name + " of the server", func(s *Summary) string { return s.serverSetting(name) }, []string{"server", "server_config", "topology", "wait"}})
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

// ofOurs is the setting that a private server has by the number of connections of
// its run.
const ofOurs = "maxclients"

// serverSetting is what the server told of one.
func (s *Summary) serverSetting(name string) string {
	value := s.Head.Server.Config[name]
	if value == nil || name == ofOurs && s.Head.Server.Kind == "spawned" {
		return ""
	}
	return *value
}

// settings are the names of all that the servers told.
func (c *Comparison) settings() []string {
	names := map[string]bool{}
	for _, s := range c.counted() {
		for name := range s.Head.Server.Config {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// tooFew says that there are too few rounds, if there are.
func (c *Comparison) tooFew() []string {
	switch n := len(c.paired()); {
	case n == 0:
		return []string{"no round has a run of every variant: nothing can be concluded"}
	case n == 1:
		return []string{fmt.Sprintf("one round was made, and how much two runs of the same variant differ cannot be told from it: nothing can be concluded; want %d rounds or more", compare.MinRounds)}
	case n < compare.MinRounds:
		return []string{fmt.Sprintf("%d rounds are too few: however clear they are, no interval of 95%% rests on fewer than %d", n, compare.MinRounds)}
	}
	var all []string
	for i := range c.Contrasts {
		row := &c.Contrasts[i].Rows[0]
		if n := c.figureless(&c.Contrasts[i]); n > 0 {
			all = append(all, fmt.Sprintf("in %s %s and %s lack a figure of %s though they were run to the end, as where not all was sold: to leave them out favours whoever is slow in them (--primary names another figure)",
				roundsOf(n), c.Variants[0].Name, c.Contrasts[i].Variant, row.Name))
		}
		if row.Base != nil && row.Figure != nil && *row.Base == 0 && *row.Figure == 0 {
			all = append(all, fmt.Sprintf("%s of %s and %s is 0 alike: of two that do nothing neither is as good as the other", row.Name, c.Variants[0].Name, c.Contrasts[i].Variant))
		}
		if row.Confidence == 0 {
			all = append(all, fmt.Sprintf("%s in which both %s and %s have a figure of %s: %d or more are needed", roundsOf(row.Estimate.Rounds), c.Variants[0].Name, c.Contrasts[i].Variant, row.Name, compare.MinRounds))
		}
	}
	return all
}

// figureless counts the rounds that were run as planned by both and in which one
// has no figure of the metric that decides.
func (c *Comparison) figureless(contrast *Contrast) (n int) {
	row, of := &contrast.Rows[0], c.variant(contrast.Variant)
	if row.Base == nil && row.Figure == nil {
		return 0 // that is said otherwise
	}
	for i, round := range c.roundNumbers() {
		a, b := c.Variants[0].in(round), of.in(round)
		if a != nil && b != nil && !a.Summary.endedEarly() && !b.Summary.endedEarly() && (math.IsNaN(row.BaseRounds[i]) || math.IsNaN(row.Rounds[i])) {
			n++
		}
	}
	return n
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
	for _, likeness := range likenesses(fields, c.settings()) {
		excused := slices.ContainsFunc(likeness.excused, func(field string) bool { return field == anything || changed[field] })
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
