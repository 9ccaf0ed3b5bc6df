package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// slots is how many hash slots the keys of a cluster lie in.
	slots = 16384
	// busOffset is how far above its port a node listens to the others.
	busOffset = 10_000
	// clusterTimeout is how long the nodes may take to agree.
	clusterTimeout = 15 * time.Second
)

// A Cluster is some private masters that share the hash slots evenly. It is
// open from StartCluster to Close.
type Cluster struct {
	group *private
	nodes []*Server
	close sync.Once
}

// StartCluster starts a cluster of n masters of the same binary as a spawned
// server, and returns when every one of them serves. Redis lets a new master
// wait for two seconds, so it takes as long.
func (s *Server) StartCluster(ctx context.Context, n int) (*Cluster, error) {
	if s.private == nil {
		return nil, errors.New("a cluster needs a server binary")
	}
	g, err := newPrivate(s.private.path, Options{Topology: MastersAlone(n)})
	if err != nil {
		return nil, err
	}
	c := &Cluster{group: g}
	if err := g.startCluster(ctx, n, n); err != nil {
		c.Close()
		return nil, fmt.Errorf("a private cluster: %w", err)
	}
	for _, node := range g.nodes {
		c.nodes = append(c.nodes, &Server{Kind: Spawned, Address: "redis://" + node.Address(), options: *node.options()})
	}
	return c, nil
}

// Server returns the cluster as one server, whose links find the node of a key.
// Closing it does nothing.
func (c *Cluster) Server() *Server {
	s := c.group.server()
	s.close.Do(func() {})
	return s
}

// startCluster starts all nodes, of which the first are the masters and the
// others their replicas, and returns when all serve.
func (g *private) startCluster(ctx context.Context, masters, all int) error {
	if err := g.startNodes(ctx, all); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, clusterTimeout, fmt.Errorf("its nodes did not agree within %v", clusterTimeout))
	defer cancel()
	if err := g.share(ctx, masters); err != nil {
		return err
	}
	if err := g.meet(ctx); err != nil {
		return err
	}
	for i, replica := range g.nodes[masters:] {
		master := g.nodes[i]
		knows := func() bool {
			_, err := replica.Do(ctx, "CLUSTER", "REPLICATE", master.id)
			return err == nil
		}
		if err := await(ctx, knows); err != nil { // until it has heard of the master
			return fmt.Errorf("%s does not follow %s: %w", replica.name, master.name, err)
		}
		if err := replica.awaitLink(ctx); err != nil {
			return fmt.Errorf("%s does not attach to %s: %w", replica.name, master.name, err)
		}
	}
	for _, n := range g.nodes {
		if err := await(ctx, func() bool { return n.agrees(ctx) }); err != nil {
			return err
		}
	}
	for _, master := range g.nodes[:min(masters, all-masters)] {
		if err := master.awaitStream(ctx, 1); err != nil {
			return err
		}
	}
	return nil
}

// share gives each master its slots, and each node an epoch of its own.
func (g *private) share(ctx context.Context, masters int) error {
	for i, n := range g.nodes {
		id, err := n.Do(ctx, "CLUSTER", "MYID")
		if err != nil {
			return err
		}
		n.id, _ = id.(string)
		if _, err := n.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1); err != nil {
			return err
		}
		if i < masters {
			if err := n.own(ctx, i*slots/masters, (i+1)*slots/masters-1); err != nil {
				return err
			}
		}
	}
	return nil
}

// meet has every two nodes meet: to hear of each other takes a second.
func (g *private) meet(ctx context.Context) error {
	for i, n := range g.nodes {
		for _, other := range g.nodes[:i] {
			port := other.port.port
			if _, err := n.Do(ctx, "CLUSTER", "MEET", "127.0.0.1", port, port+busOffset); err != nil {
				return err
			}
		}
	}
	return nil
}

// own gives a node the slots from first to last; one by one where the server
// is older than Redis 7.
func (n *Node) own(ctx context.Context, first, last int) error {
	_, err := n.Do(ctx, "CLUSTER", "ADDSLOTSRANGE", first, last)
	if err == nil || !redis.HasErrorPrefix(err, "ERR") {
		return err
	}
	args := []any{"CLUSTER", "ADDSLOTS"}
	for slot := first; slot <= last; slot++ {
		args = append(args, slot)
	}
	_, err = n.Do(ctx, args...)
	return err
}

// agrees reports whether a node knows all others and all slots, and serves.
func (n *Node) agrees(ctx context.Context) bool {
	reply, err := n.Do(ctx, "CLUSTER", "INFO")
	text, _ := reply.(string)
	info := fields(text)
	return err == nil && info["cluster_state"] == "ok" && info["cluster_slots_ok"] == strconv.Itoa(slots) &&
		info["cluster_known_nodes"] == strconv.Itoa(len(n.group.nodes))
}

// Nodes returns the masters.
func (c *Cluster) Nodes() []*Server { return c.nodes }

// Owner returns the number of the node that serves a key.
func (c *Cluster) Owner(ctx context.Context, key string) (int, error) {
	slot, err := c.group.slot(ctx, key)
	if err != nil {
		return 0, err
	}
	for i := range c.nodes {
		if slot < (i+1)*slots/len(c.nodes) {
			return i, nil
		}
	}
	return 0, errors.New("no node has slot " + strconv.Itoa(slot))
}

// Close ends every node.
func (c *Cluster) Close() (err error) {
	c.close.Do(func() { err = c.group.stop() })
	return err
}

// slot asks a node that answers for the slot of a key.
func (g *private) slot(ctx context.Context, key string) (int, error) {
	reply, err := g.entrance().Do(ctx, "CLUSTER", "KEYSLOT", key)
	if err != nil {
		return 0, err
	}
	slot, isNumber := reply.(int64)
	if !isNumber || slot < 0 || slot >= slots {
		return 0, fmt.Errorf("CLUSTER KEYSLOT: want a slot, not %v", reply)
	}
	return int(slot), nil
}

// A member is what one node says of one, itself or another: a line of CLUSTER
// NODES.
type member struct {
	id, master string // of a replica, whom it follows
	flags      []string
	epoch      int64 // the greater is the newer claim to a slot
	slots      [][2]int
}

// is reports whether the member has a flag: myself, master, slave, fail, fail?, …
func (m *member) is(flag string) bool { return slices.Contains(m.flags, flag) }

// members reads a CLUSTER NODES. Slots that are on the move are left out.
func members(text string) (all []member) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 8 {
			continue
		}
		m := member{id: words[0], flags: strings.Split(words[2], ","), master: words[3]}
		m.epoch, _ = strconv.ParseInt(words[6], 10, 64)
		for _, word := range words[8:] {
			from, to, isRange := strings.Cut(word, "-")
			if !isRange {
				to = from
			}
			first, err := strconv.Atoi(from)
			last, err2 := strconv.Atoi(to)
			if err == nil && err2 == nil && first >= 0 && first <= last && last < slots {
				m.slots = append(m.slots, [2]int{first, last})
			}
		}
		all = append(all, m)
	}
	return all
}
