package report

import (
	"io"

	"github.com/seckill-bench/seckill/scenario/capacity"
)

// A Capacity is what searches for the highest rate found.
type Capacity struct {
	Name, Command, SLO string
	Seed               uint64
	// Searches are selling and refusing, or those at several scales.
	Searches []CapacitySearch
	Warnings []string
}

// A CapacitySearch is one search and its steps.
type CapacitySearch struct {
	// Name is selling or refusing.
	Name   string
	Steps  []CapacityStep
	Answer capacity.Answer
}

// A CapacityStep is one run of a search.
type CapacityStep struct {
	capacity.Step
	Result capacity.Result
	// Why says what decided the result.
	Why string
	// Folder is where its record is, relative to that of the whole.
	Folder  string
	Summary *Summary
}

// WriteCapacityText writes the answer for a terminal.
func WriteCapacityText(w io.Writer, c *Capacity) error { panic("skeleton") }

// WriteCapacityFolder writes result.json, capacity.html, capacity.md and the
// pictures into a folder.
func WriteCapacityFolder(dir string, c *Capacity) error { panic("skeleton") }
