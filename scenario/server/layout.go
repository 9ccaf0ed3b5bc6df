package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// viewTimeout is how long a node may take to tell what it knows of the others.
const viewTimeout = time.Second

// A layout is a cluster as its nodes see it, all views taken together: of two
// claims to a slot the newer one holds.
type layout struct {
	owner   [slots]*Node
	follows map[*Node]*Node // of each replica, whom it says it follows
	failing []*Node         // those that somebody holds for dead
	silent  []*Node         // those that were not heard
}

// layout asks every node that may answer.
func (g *private) layout(ctx context.Context) (*layout, error) {
	ctx, cancel := context.WithTimeout(ctx, viewTimeout)
	defer cancel()
	views := make([][]member, len(g.nodes))
	var wait sync.WaitGroup
	for i, n := range g.nodes {
		if n.answers() {
			wait.Go(func() {
				reply, _ := n.Do(ctx, "CLUSTER", "NODES")
				text, _ := reply.(string)
				views[i] = members(text)
			})
		}
	}
	wait.Wait()
	l := &layout{follows: map[*Node]*Node{}}
	epochs := new([slots]int64)
	for i, view := range views {
		if view == nil {
			l.silent = append(l.silent, g.nodes[i])
		}
		for _, m := range view {
			l.add(g, &m, epochs)
		}
	}
	if len(l.silent) == len(g.nodes) {
		return nil, errors.New("no node of the cluster answers")
	}
	return l, nil
}

// add takes in what one node says of one.
func (l *layout) add(g *private, m *member, epochs *[slots]int64) {
	n := g.byID(m.id)
	if n == nil {
		return
	}
	for _, r := range m.slots {
		for slot := r[0]; slot <= r[1]; slot++ {
			if m.epoch > epochs[slot] {
				l.owner[slot], epochs[slot] = n, m.epoch
			}
		}
	}
	if m.is("fail") || m.is("fail?") {
		l.failing = append(l.failing, n)
	}
	_, known := l.follows[n]
	if m.is("slave") && (!known || m.is("myself")) { // itself knows better than the others
		l.follows[n] = g.byID(m.master)
	}
	if m.is("myself") && m.is("master") {
		l.follows[n] = nil
	}
}

func (g *private) byID(id string) *Node {
	for _, n := range g.nodes {
		if n.id == id {
			return n
		}
	}
	return nil
}

// owners are the nodes that have slots, each once, in the order of Nodes.
func (l *layout) owners(g *private) (all []*Node) {
	for _, n := range g.nodes {
		if slices.Contains(l.owner[:], n) {
			all = append(all, n)
		}
	}
	return all
}

// Topology returns the form Topology.UnmarshalText accepts, and cluster for a
// cluster that somebody else runs.
func (s *Server) Topology() string {
	if s.seeds != nil {
		return clusterOption
	}
	if s.private == nil {
		return Standalone.String()
	}
	return s.private.topology.String()
}

// Nodes returns the processes of a spawned server: a primary and then its
// replicas, or the masters of a cluster and then, in the same order, their
// replicas — as it was at the start. For other servers it returns nil.
func (s *Server) Nodes() []*Node {
	if s.private == nil {
		return nil
	}
	return slices.Clone(s.private.nodes)
}

// Primaries returns the nodes that are up and take writes now. Of replicas:N
// it is the primary, and behind it an old one that nobody has demoted; of a
// cluster the owners of slots, by what its nodes say. For servers without nodes
// it returns nil.
func (s *Server) Primaries(ctx context.Context) (up []*Node, err error) {
	if s.private == nil {
		return nil, nil
	}
	all := []*Node{}
	if s.private.topology.Clustered() {
		l, err := s.private.layout(ctx)
		if err != nil {
			return nil, err
		}
		all = l.owners(s.private)
	} else {
		all = append(all, s.Primary())
		for _, n := range s.private.nodes {
			if n != all[0] && n.leader() == nil {
				all = append(all, n)
			}
		}
	}
	return slices.DeleteFunc(all, func(n *Node) bool { return !n.Up() }), nil
}

// PrimaryOf returns the node, up or down, that takes the writes to a key: in a
// cluster the owner of its slot now, else Primary.
func (s *Server) PrimaryOf(ctx context.Context, key string) (*Node, error) {
	if s.private == nil {
		return nil, errNoNode
	}
	if !s.private.topology.Clustered() {
		return s.Primary(), nil
	}
	slot, err := s.private.slot(ctx, key)
	if err != nil {
		return nil, err
	}
	l, err := s.private.layout(ctx)
	if err != nil {
		return nil, err
	}
	if l.owner[slot] == nil {
		return nil, fmt.Errorf("no node owns slot %d", slot)
	}
	return l.owner[slot], nil
}

// ReplicasOf returns the nodes, up or down, that follow one.
func (s *Server) ReplicasOf(ctx context.Context, primary *Node) (replicas []*Node, err error) {
	if s.private == nil {
		return nil, errNoNode
	}
	follows := func(n *Node) bool { return n.leader() == primary }
	if s.private.topology.Clustered() {
		l, err := s.private.layout(ctx)
		if err != nil {
			return nil, err
		}
		follows = func(n *Node) bool { return l.follows[n] == primary }
	}
	for _, n := range s.private.nodes {
		if n != primary && follows(n) {
			replicas = append(replicas, n)
		}
	}
	return replicas, nil
}

// Down returns the nodes that do not serve because it was asked for: killed,
// ended or paused, and not yet started or resumed.
func (s *Server) Down() (down []*Node) {
	for _, n := range s.Nodes() {
		if n.Paused() || !n.Up() {
			down = append(down, n)
		}
	}
	return down
}
