package server

import (
	"fmt"
	"strconv"
	"strings"
)

// The most replicas of one primary, and the bounds on the masters of a cluster:
// with fewer than three there is no majority to agree on a failover, which those
// without replicas have not.
const (
	maxReplicas = 9
	minMasters  = 3
	minAlone    = 2
	maxMasters  = 9
)

// A Topology is how many processes a private server is made of, and who copies
// whom. The zero Topology is standalone.
type Topology struct {
	replicas int // of each primary
	masters  int // of a cluster; 0: it is none
}

// Standalone is one process.
var Standalone = Topology{}

// Replicas is a primary with n replicas, 1 to 9.
func Replicas(n int) Topology { return Topology{replicas: n} }

// Masters is a cluster of n masters, 3 to 9, with a replica each.
func Masters(n int) Topology { return Topology{masters: n, replicas: 1} }

// MastersAlone is a cluster of n masters, 2 to 9, without replicas: all its
// processes serve buyers, and nobody takes the place of one that dies.
func MastersAlone(n int) Topology { return Topology{masters: n} }

// Clustered reports whether keys are spread over several masters.
func (t Topology) Clustered() bool { return t.masters > 0 }

// Replicated reports whether one primary has replicas, outside a cluster.
func (t Topology) Replicated() bool { return t.replicas > 0 && !t.Clustered() }

// ReplicasEach is how many replicas each primary has.
func (t Topology) ReplicasEach() int { return t.replicas }

// String returns the form UnmarshalText accepts.
func (t Topology) String() string {
	switch {
	case t.Clustered() && t.replicas == 0:
		return "masters:" + strconv.Itoa(t.masters)
	case t.Clustered():
		return "cluster:" + strconv.Itoa(t.masters)
	case t.Replicated():
		return "replicas:" + strconv.Itoa(t.replicas)
	}
	return "standalone"
}

// MarshalText returns the form UnmarshalText accepts.
func (t Topology) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText accepts standalone, replicas:N, cluster:N and masters:N.
func (t *Topology) UnmarshalText(text []byte) error {
	kind, count, _ := strings.Cut(string(text), ":")
	n, err := strconv.Atoi(count)
	switch {
	case string(text) == "standalone":
		*t = Standalone
	case kind == "replicas":
		if err != nil || n < 1 || n > maxReplicas {
			return fmt.Errorf("topology %q: N is a whole number from 1 to %d", text, maxReplicas)
		}
		*t = Replicas(n)
	case kind == "cluster":
		if err != nil || n < minMasters || n > maxMasters {
			return fmt.Errorf("topology %q: N is a whole number from %d to %d", text, minMasters, maxMasters)
		}
		*t = Masters(n)
	case kind == "masters":
		if err != nil || n < minAlone || n > maxMasters {
			return fmt.Errorf("topology %q: N is a whole number from %d to %d", text, minAlone, maxMasters)
		}
		*t = MastersAlone(n)
	default:
		return fmt.Errorf("unknown topology %q; known: standalone, replicas:N, cluster:N, masters:N", text)
	}
	return nil
}
