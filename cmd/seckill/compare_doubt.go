package main

import "fmt"

// doubtful says why sets of runs that were made before cannot be compared, and
// what else is to be known about them, as far as the runs that are compared do
// not show it.
func doubtful(sets []set, names []string) (undecided, warnings []string) {
	base := &sets[0]
	for i := range sets[1:] {
		s, name := &sets[i+1], names[i+1]
		if n, m := len(base.runs), len(s.runs); n != m {
			undecided = append(undecided, fmt.Sprintf("%s has %s and %s %s: a round is a run of each", names[0], runsOf(n), name, runsOf(m)))
		}
		a, b := base.runs[0].spec, s.runs[0].spec
		if a.Arrivals.Model == b.Arrivals.Model && a.Arrivals.String() != b.Arrivals.String() {
			warnings = append(warnings, arrivalsDiffer(name, b.Arrivals.String(), names[0], a.Arrivals.String()))
		}
	}
	return undecided, warnings
}

func runsOf(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}
