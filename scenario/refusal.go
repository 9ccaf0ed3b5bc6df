package scenario

import (
	"fmt"

	"github.com/seckill-bench/seckill/scenario/conn"
)

// refusals are the error replies by which a server says that it cannot serve, and
// not only that it did not do this one thing. What passes by itself within a
// request or two (BUSY, TRYAGAIN, MOVED, ASK), what waits for replicas
// (NOREPLICAS), and what is about rights is none of them.
var refusals = map[string]string{
	"OOM":         "it has no memory left for writes (maxmemory)",
	"MISCONF":     "it cannot save its data, and takes no writes until it can",
	"LOADING":     "it was started again, and reads its data from disk",
	"READONLY":    "it is a replica now: another server is the primary",
	"MASTERDOWN":  "it is a replica that has lost its primary",
	"CLUSTERDOWN": "the cluster has too few masters, or slots that no node serves",
}

// A refusal ends a run whose server says that it cannot serve.
type refusal struct {
	at         int64
	word, text string
}

func (e *refusal) Error() string {
	return fmt.Sprintf("%.1f s after the opening the server answered %s: %s; it said: %s", float64(e.at)/1e9, e.word, refusals[e.word], e.text)
}

// heed closes the doors when the server says that it cannot serve, unless a fault
// of the scenario, or a setting of it, is there to make it say so.
func (d *drive) heed(err error) {
	if err == nil {
		return
	}
	word := conn.WordOf(err)
	if _, is := refusals[word]; !is || d.spec.asksFor(word) || d.doors.Err() != nil {
		return
	}
	d.close(&refusal{d.clock.now(), word, err.Error()})
}

// asksFor reports whether the scenario makes its server answer with a word.
func (s *Spec) asksFor(word string) bool {
	for i := range s.Faults {
		if s.Faults[i].Raises(word) {
			return true
		}
	}
	return word == "OOM" && s.sets("maxmemory")
}
