package probe

import (
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/server"
)

// A Case is one small sale that was played, or could not be.
type Case struct {
	// Class is what it looks for: missing-stock, same-again, …; Name is its own,
	// and can be the name of a folder.
	Class, Name string
	// Title says in a sentence what is done.
	Title string
	// Skipped says why it was not played; empty: it was.
	Skipped string
	// Broken says why it was not played to its end: the server did not answer.
	// Empty: it was.
	Broken string
	// History is what to judge; nil where it was skipped, and where what was
	// seen is told by the warnings alone.
	History *history.History
	// SellsOut is whether it goes through a whole sale, so that what it does not
	// show is not there. Other cases show what they are for and no more.
	SellsOut bool
	Steps    []Step
	// Warnings are sentences about what was seen and breaks no promise.
	Warnings []string
}

// A Step is something that was done, and what it did.
type Step struct {
	// What says so in words.
	What string
	// Lines repeat it by hand, in a POSIX shell with a redis-cli.
	Lines []string
	// Reply is what was answered, as redis-cli prints it; empty: nothing that
	// matters.
	Reply string
	// Changes are the keys that are different from before, the script's own
	// and others.
	Changes []server.Change
}
