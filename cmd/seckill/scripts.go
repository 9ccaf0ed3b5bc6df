package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/seckill-bench/seckill/scenario"
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
	fmt.Fprintln(table, "SCRIPT\tUNITS A BUYER\tTESTS FIRST\tRESEND\tABOUT")
	for _, s := range strategies {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", s.Name, limit(s.Terms.Limit), orDash(string(s.Terms.Order)), orDash(string(s.Terms.RetrySafe)), s.About)
	}
	fmt.Fprintln(table, "\nSCENARIO\tABOUT")
	for _, name := range scenario.Names() {
		about, err := scenario.About(name)
		if err != nil {
			return 0, err
		}
		fmt.Fprintf(table, "%s\t%s\n", name, about)
	}
	return 0, table.Flush()
}

func limit(units int64) string {
	if units == 0 {
		return "no limit"
	}
	return fmt.Sprint(units)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
