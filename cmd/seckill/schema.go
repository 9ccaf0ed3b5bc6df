package main

import (
	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/contract"
)

type schemaCmd struct {
	Of string `arg:"" enum:"scenario,contract" help:"scenario or contract."`
}

// Run prints a JSON Schema.
func (c *schemaCmd) Run(app *app) (int, error) {
	text := contract.Schema
	if c.Of == "scenario" {
		text = scenario.Schema()
	}
	_, err := app.stdout.Write(text)
	return 0, err
}
