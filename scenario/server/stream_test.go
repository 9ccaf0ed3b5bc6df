package server

import (
	"strings"
	"testing"
)

// When a server with replicas is open, they have acknowledged something: a
// primary sends nothing to those of whom it has heard nothing.
func TestReplicasStreamFromTheStart(t *testing.T) {
	t.Parallel()
	needRedis(t)
	for _, topology := range []Topology{Replicas(2), Masters(3)} {
		s := mustOpen(t, Options{Server: "redis-server", Topology: topology})
		primaries, err := s.Primaries(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range primaries {
			info := n.info(t.Context(), "replication")
			for i := range topology.ReplicasEach() {
				if of := info["slave"+string(rune('0'+i))]; !strings.Contains(of, "state=online") || strings.Contains(of, "offset=0,") {
					t.Errorf("%v, %s: replica %d: %q", topology, n.Name(), i, of)
				}
			}
		}
	}
}
