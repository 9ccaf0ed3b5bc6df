package server

import (
	"context"
	"errors"
	"fmt"
)

// Failover has the replica of a master of a cluster take its place, without
// asking the others (CLUSTER FAILOVER TAKEOVER): what has not reached the
// replica is lost. It returns the new master when every node that answers has
// it in the old one's place.
func (s *Server) Failover(ctx context.Context, master *Node) (*Node, error) {
	if s.private == nil || !s.private.topology.Clustered() {
		return nil, errors.New("a failover takes a topology of cluster:N; of replicas:N one is promoted")
	}
	if err := s.private.owns(master); err != nil {
		return nil, err
	}
	replicas, err := s.ReplicasOf(ctx, master)
	if err != nil {
		return nil, err
	}
	for _, n := range replicas {
		if n.answers() {
			return n, s.private.takeOver(ctx, n, master)
		}
	}
	return nil, fmt.Errorf("%s has no replica that answers", master.name)
}

func (g *private) takeOver(ctx context.Context, n, master *Node) error {
	if _, err := n.Do(ctx, "CLUSTER", "FAILOVER", "TAKEOVER"); err != nil {
		return fmt.Errorf("%s does not take over: %w", n.name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, clusterTimeout)
	defer cancel()
	for _, witness := range g.nodes {
		seen := func() bool { return !witness.answers() || witness.sees(ctx, n, master) }
		if err := await(ctx, seen); err != nil {
			return fmt.Errorf("%s does not learn that %s took over from %s: %w", witness.name, n.name, master.name, err)
		}
	}
	return nil
}

// sees reports whether a node holds one for a master with slots, and another
// one for none.
func (n *Node) sees(ctx context.Context, master, old *Node) bool {
	reply, err := n.Do(ctx, "CLUSTER", "NODES")
	text, _ := reply.(string)
	is, was := false, false
	for _, m := range members(text) {
		is = is || m.id == master.id && m.is("master") && len(m.slots) > 0
		was = was || m.id == old.id && len(m.slots) > 0
	}
	return err == nil && is && !was
}
