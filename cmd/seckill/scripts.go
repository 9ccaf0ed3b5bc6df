package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/fault"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

type scriptsCmd struct{}

// Run lists what is built in.
func (*scriptsCmd) Run(app *app) (int, error) {
	strategies, err := strategy.BuiltIn()
	if err != nil {
		return 0, err
	}
	table := tabwriter.NewWriter(app.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "SCRIPT\tPROMISES")
	for _, s := range strategies {
		if s.Contract != nil {
			fmt.Fprintf(table, "%s\t%s\n", s.Name, s.About)
		}
	}
	if err := listCompared(table); err != nil {
		return 0, err
	}
	scenarios, comparisons, err := scenarios()
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(table, "\nSCENARIO\tABOUT\n%s", strings.Join(scenarios, ""))
	fmt.Fprintf(table, "\nCOMPARISON\tABOUT\n%s", strings.Join(comparisons, ""))
	fmt.Fprintln(table, "\nFAULT\tDOES\tKNOWS, BESIDE at= AND every=")
	for _, name := range fault.Kinds() {
		about, words := fault.About(name)
		fmt.Fprintf(table, "%s\t%s\t%s\n", name, about, words)
	}
	return 0, table.Flush()
}

// listCompared lists the strategies that are there to be compared: what each
// promises, what it takes, and what is wrong with it.
func listCompared(table io.Writer) error {
	fmt.Fprintln(table, "\nSTRATEGY\tPROMISES\tROUND TRIPS\tKNOWN FLAW")
	for _, name := range strategy.Compared {
		s, err := strategy.Find(name, "")
		if err != nil {
			return err
		}
		about := s.About
		if s.Contract != nil {
			about = "(a script, above)"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", s.Name, about, s.Trips, s.Flaw)
	}
	return nil
}

// scenarios lists the built-in scenarios, those with variants apart.
func scenarios() (single, compared []string, err error) {
	for _, name := range scenario.Names() {
		var spec scenario.Spec
		about, err := scenario.About(name)
		if err := cmp.Or(err, scenario.Load(name, &spec)); err != nil {
			return nil, nil, err
		}
		line := fmt.Sprintf("%s\t%s\n", name, about)
		if len(spec.Variants) > 0 {
			compared = append(compared, line)
		} else {
			single = append(single, line)
		}
	}
	return single, compared, nil
}
