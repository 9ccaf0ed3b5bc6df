package server

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
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
	clusterTimeout = 10 * time.Second
)

// A Cluster is some private masters that share the hash slots evenly. It is
// open from StartCluster to Close.
type Cluster struct{ nodes []*Server }

// StartCluster starts a cluster of n masters of the same binary as a spawned
// server, and returns when every one of them serves. Redis lets a new master
// wait for two seconds, so it takes as long.
func (s *Server) StartCluster(ctx context.Context, n int) (*Cluster, error) {
	if s.private == nil {
		return nil, errors.New("a cluster needs a server binary")
	}
	path, c := s.private.cmd.Path, &Cluster{nodes: make([]*Server, n)}
	errs := make([]error, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { c.nodes[i], errs[i] = spawnNode(ctx, path) })
	}
	wait.Wait()
	err := errors.Join(errs...)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, clusterTimeout)
		defer cancel()
		err = c.join(ctx)
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("a private cluster: %w", err)
	}
	return c, nil
}

// spawnNode starts a node that knows no other yet.
func spawnNode(ctx context.Context, path string) (*Server, error) {
	for range 20 {
		addr, err := freeAddress()
		if err != nil {
			return nil, err
		}
		if addr.Port+busOffset > math.MaxUint16 {
			continue
		}
		s, err := spawnOn(ctx, addr, path, 0, clusterConfig)
		if !errors.Is(err, errPortTaken) {
			return s, err
		}
	}
	return nil, errors.New("no two free ports that are 10,000 apart")
}

// clusterConfig makes a node of a server.
const clusterConfig = `cluster-enabled yes
cluster-config-file nodes.conf
cluster-node-timeout 2000
`

// join gives each node its slots, has them meet, and waits until all serve.
func (c *Cluster) join(ctx context.Context) error {
	for i, node := range c.nodes {
		if err := node.own(ctx, i*slots/len(c.nodes), (i+1)*slots/len(c.nodes)-1); err != nil {
			return err
		}
		if _, err := node.ask(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1); err != nil {
			return err
		}
	}
	for i, node := range c.nodes {
		for _, other := range c.nodes[:i] { // every two: to hear of each other takes a second
			host, port, err := net.SplitHostPort(other.options.Addr)
			if err != nil {
				return err
			}
			if _, err := node.ask(ctx, "CLUSTER", "MEET", host, port); err != nil {
				return err
			}
		}
	}
	for _, node := range c.nodes {
		if err := node.awaitCluster(ctx, len(c.nodes)); err != nil {
			return err
		}
	}
	return nil
}

// own gives a node the slots from first to last; one by one where the server
// is older than Redis 7.
func (s *Server) own(ctx context.Context, first, last int) error {
	_, err := s.ask(ctx, "CLUSTER", "ADDSLOTSRANGE", first, last)
	if err == nil || !redis.HasErrorPrefix(err, "ERR") {
		return err
	}
	args := []any{"CLUSTER", "ADDSLOTS"}
	for slot := first; slot <= last; slot++ {
		args = append(args, slot)
	}
	_, err = s.ask(ctx, args...)
	return err
}

// awaitCluster returns when a node knows all others and all slots, and serves.
func (s *Server) awaitCluster(ctx context.Context, nodes int) error {
	want := []string{"cluster_state:ok", fmt.Sprintf("cluster_slots_ok:%d", slots), fmt.Sprintf("cluster_known_nodes:%d", nodes)}
	for {
		reply, err := s.ask(ctx, "CLUSTER", "INFO")
		if err != nil {
			return err
		}
		text, _ := reply.(string)
		ready := 0
		for _, line := range want {
			if strings.Contains(text, line+"\r\n") {
				ready++
			}
		}
		if ready == len(want) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("its nodes did not agree within %v", clusterTimeout)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Nodes returns the masters.
func (c *Cluster) Nodes() []*Server { return c.nodes }

// Owner returns the number of the node that serves a key.
func (c *Cluster) Owner(ctx context.Context, key string) (int, error) {
	slot, err := c.nodes[0].ask(ctx, "CLUSTER", "KEYSLOT", key)
	if err != nil {
		return 0, err
	}
	n, isNumber := slot.(int64)
	if !isNumber {
		return 0, errors.New("CLUSTER KEYSLOT: want a number, not " + fmt.Sprint(slot))
	}
	for i := range c.nodes {
		if int(n) < (i+1)*slots/len(c.nodes) {
			return i, nil
		}
	}
	return 0, errors.New("no node has slot " + strconv.FormatInt(n, 10))
}

// Close ends every node.
func (c *Cluster) Close() error {
	var errs []error
	for _, node := range c.nodes {
		if node != nil {
			errs = append(errs, node.Close())
		}
	}
	return errors.Join(errs...)
}
