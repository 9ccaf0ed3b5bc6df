package conn

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-bench/seckill/scenario/server"
)

// A cluster makes links that send each command to the master of its key. The
// library keeps the map of the slots, and nothing else goes through it: it
// would send a command again by its own lights.
type cluster struct {
	slots   *redis.ClusterClient
	server  *server.Server
	now     func() int64
	traffic *traffic // nil unless connections are pipelined
	newNode func(addr string) *dialer

	mu     sync.Mutex
	nodes  map[string]*dialer
	closed bool
}

func newCluster(srv *server.Server, of *redis.ClusterOptions, o Options) *cluster {
	dial := of.Dialer
	of.DialTimeout = max(o.Timeout, minDial)
	of.ReadTimeout, of.WriteTimeout = of.DialTimeout, of.DialTimeout
	return &cluster{
		slots: redis.NewClusterClient(of), server: srv, now: o.Now, traffic: o.traffic, nodes: map[string]*dialer{},
		newNode: func(addr string) *dialer {
			to := srv.ClientOptions()
			to.Network, to.Addr, to.Dialer = "tcp", addr, dial
			return newDialer(to, o)
		},
	}
}

func (c *cluster) carrier() carrier { return &router{cluster: c, to: map[*dialer]carrier{}} }

// node returns the node at an address.
func (c *cluster) node(addr string) (*dialer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, redis.ErrClosed
	}
	d := c.nodes[addr]
	if d == nil {
		d = c.newNode(addr)
		c.nodes[addr] = d
	}
	return d, nil
}

// owner returns the master that the map has for a key.
func (c *cluster) owner(ctx context.Context, key string) (*dialer, error) {
	client, err := c.slots.MasterForKey(ctx, key)
	if err != nil {
		return nil, unmapped(err)
	}
	return c.node(client.Options().Addr)
}

// masters returns all masters, by a fresh map if there is one to be had.
func (c *cluster) masters(ctx context.Context) (all []*dialer, err error) {
	var mu sync.Mutex
	err = c.slots.ForEachMaster(ctx, func(_ context.Context, client *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		d, err := c.node(client.Options().Addr)
		all = append(all, d)
		return err
	})
	if err == nil && len(all) == 0 {
		err = errors.New("it has no masters")
	}
	if err != nil {
		return nil, unmapped(err)
	}
	return all, nil
}

// unmapped says that nobody told which node has which slots.
func unmapped(err error) error {
	return &dialError{fmt.Errorf("asking for the nodes of the cluster: %w", err)}
}

// learn has the map of the slots asked for again, by and by.
func (c *cluster) learn() { c.slots.ReloadState(context.Background()) }

// Declines returns the reply to a command that the server declined before.
func (c *cluster) Declines(command string) error { return c.server.Declines(command) }

// Sweep ends the waits in the queues of pipelined connections.
func (c *cluster) Sweep() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.nodes {
		d.Sweep()
	}
}

// Close closes every connection.
func (c *cluster) Close() error {
	c.mu.Lock()
	nodes := c.nodes
	c.nodes, c.closed = nil, true
	c.mu.Unlock()
	err := c.slots.Close()
	for _, d := range nodes {
		err = errors.Join(err, d.Close())
	}
	return err
}
