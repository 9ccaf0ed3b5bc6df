package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// linkTimeout is how long a replica may take to attach at the start.
const linkTimeout = 30 * time.Second

// startReplicas starts a primary and then its replicas: one that finds nobody
// tries again only after a second.
func (g *private) startReplicas(ctx context.Context) error {
	if err := g.startNodes(ctx, 1); err != nil {
		return err
	}
	if err := g.startNodes(ctx, g.topology.replicas); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, linkTimeout)
	defer cancel()
	for _, n := range g.nodes[1:] {
		if err := n.attach(ctx, g.nodes[0]); err != nil {
			return err
		}
		if err := n.awaitLink(ctx); err != nil {
			return fmt.Errorf("%s does not attach to its primary: %w", n.name, err)
		}
	}
	return g.nodes[0].awaitStream(ctx, g.topology.replicas)
}

// roleOf is the line of configuration that makes a node a replica.
func (g *private) roleOf(n *Node) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n.follows == nil {
		return ""
	}
	return fmt.Sprintf("replicaof 127.0.0.1 %d\n", n.follows.announced())
}

// attach has a node follow another from now on, also after it was down.
func (n *Node) attach(ctx context.Context, primary *Node) error {
	n.follow(primary)
	_, err := n.Do(ctx, "REPLICAOF", "127.0.0.1", primary.announced())
	if err != nil {
		return fmt.Errorf("%s does not follow %s: %w", n.name, primary.name, err)
	}
	return nil
}

// follow notes whom a node follows; nil: nobody.
func (n *Node) follow(primary *Node) {
	n.group.mu.Lock()
	defer n.group.mu.Unlock()
	n.follows = primary
}

// leader is whom a node follows; nil: nobody.
func (n *Node) leader() *Node {
	n.group.mu.Lock()
	defer n.group.mu.Unlock()
	return n.follows
}

// awaitLink returns when a replica has all of its primary's data.
func (n *Node) awaitLink(ctx context.Context) error {
	return await(ctx, func() bool { return n.hasLink(ctx) })
}

func (n *Node) hasLink(ctx context.Context) bool {
	return n.info(ctx, "replication")["master_link_status"] == "up"
}

// await returns when a question is answered yes.
func await(ctx context.Context, asked func() bool) error {
	for !asked() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(poll):
		}
	}
	return nil
}

// Primary returns the node that was the primary at the start or was promoted
// last, up or down; nil in a cluster and for servers without nodes.
func (s *Server) Primary() *Node {
	if s.private == nil || s.private.topology.Clustered() {
		return nil
	}
	s.private.mu.Lock()
	defer s.private.mu.Unlock()
	return s.private.primary
}

// Promote makes a replica a primary, by REPLICAOF NO ONE. The other replicas
// follow it from now on. Clients and the old primary are left as they are: see
// MoveClients and Heal.
func (s *Server) Promote(ctx context.Context, n *Node) error {
	if s.private == nil || !s.private.topology.Replicated() {
		return errors.New("to promote a node takes a topology of replicas:N")
	}
	if err := s.private.owns(n); err != nil {
		return err
	}
	if _, err := n.Do(ctx, "REPLICAOF", "NO", "ONE"); err != nil {
		return fmt.Errorf("%s is not promoted: %w", n.name, err)
	}
	n.follow(nil)
	s.private.mu.Lock()
	s.private.primary = n
	s.private.mu.Unlock()
	var errs []error
	for _, other := range s.private.nodes {
		switch {
		case other == n || other.leader() == nil:
		case other.answers():
			errs = append(errs, other.attach(ctx, n))
		default:
			other.follow(n) // when it is started, or healed
		}
	}
	return oneLine(errs)
}

// owns refuses a node of another server.
func (g *private) owns(n *Node) error {
	if n == nil || n.group != g {
		return errors.New("that is no node of this server")
	}
	return nil
}

// MoveClients has connections made from now on reach a node; those that stand
// stay where they are. In a cluster the nodes say where to go, and it has no
// effect.
func (s *Server) MoveClients(n *Node) {
	if s.private != nil && s.private.owns(n) == nil {
		s.private.target.Store(n)
	}
}

// HoldReplication stops what flows from a node to its replicas until it is
// released, which may be done more than once. What is held when the node is
// killed is lost. It takes Options.HoldableReplication.
func (s *Server) HoldReplication(n *Node) (release func(), err error) {
	if s.private == nil {
		return nil, errNoNode
	}
	if err := s.private.owns(n); err != nil {
		return nil, err
	}
	if n.proxy == nil {
		return nil, errors.New("this server was not opened so that its replication can be held")
	}
	return n.proxy.hold(), nil
}

// isAt reports whether a replica says that it follows a node.
func (n *Node) isAt(ctx context.Context, primary *Node) bool {
	info := n.info(ctx, "replication")
	at := net.JoinHostPort(info["master_host"], info["master_port"])
	return info["role"] == "slave" && at == loopback(primary.announced())
}
