package main

import (
	"fmt"
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
		fmt.Fprintf(table, "%s\t%s\n", s.Name, s.About)
	}
	fmt.Fprintln(table, "\nSCENARIO\tABOUT")
	for _, name := range scenario.Names() {
		about, err := scenario.About(name)
		if err != nil {
			return 0, err
		}
		fmt.Fprintf(table, "%s\t%s\n", name, about)
	}
	fmt.Fprintln(table, "\nFAULT\tDOES\tKNOWS, BESIDE at= AND every=")
	for _, name := range fault.Kinds() {
		about, words := fault.About(name)
		fmt.Fprintf(table, "%s\t%s\t%s\n", name, about, words)
	}
	return 0, table.Flush()
}
