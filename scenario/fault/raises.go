package fault

import (
	"slices"
	"strings"
)

// Raises reports whether the fault may make a server answer with an error reply
// that begins with a word, in a sale that bears the fault as it should.
func (f *Fault) Raises(word string) bool {
	k, known := kindOf(f.Do)
	if !known {
		return false
	}
	switch word {
	case "OOM":
		return f.Do == "config-set" && strings.Contains(f.Set, "maxmemory")
	case "MISCONF":
		return f.Do == "config-set"
	case "LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN": // a server was away, or another took its place
		return slices.Contains([]need{needProcess, needAOF, needReplicas, needCluster}, k.needs)
	}
	return false
}
