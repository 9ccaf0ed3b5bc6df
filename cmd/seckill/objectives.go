package main

import (
	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario"
)

// checkObjectives refuses objectives that the arrivals of a spec cannot decide.
func checkObjectives(spec *scenario.Spec) error {
	objectives, err := report.ParseObjectives(spec.SLO, string(spec.Arrivals.Model))
	if err != nil {
		return err
	}
	return report.CheckAdmitted(objectives, spec.Arrivals.Admit > 0)
}
