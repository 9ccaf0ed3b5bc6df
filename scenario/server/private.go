package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// spare is the connections a private server admits beyond those of the run.
	spare = 128
	// poll is how often a condition is looked at that Redis does not announce.
	poll = 10 * time.Millisecond
	// maxPort is the highest port there is.
	maxPort = 65535
)

var (
	errClosed = errors.New("the server was closed")
	errNoNode = errors.New("that is for servers that the harness has started as processes of its own")
)

// private is what the harness has started: one process, or those that make up
// a topology.
type private struct {
	path     string // of the binary
	topology Topology
	config   string // lines that every node has besides its own
	clients  int    // how many connections each node has to admit
	hold     bool   // replicas connect through a proxy
	nodes    []*Node

	target atomic.Pointer[Node] // whom new connections of clients reach

	mu      sync.Mutex // guards what follows, and whom each node follows
	primary *Node      // of replicas: the one that was promoted last
	died    chan struct{}
	cause   error // why died is closed
}

// newPrivate is a group that has no nodes yet.
func newPrivate(path string, o Options) (*private, error) {
	config, err := directives(o.Config)
	if err != nil {
		return nil, err
	}
	if o.Topology.Clustered() {
		config = clusterConfig + replicaConfig + config
	}
	if o.Topology.Replicated() {
		config = replicaConfig + config
	}
	return &private{
		path: path, topology: o.Topology, config: config, clients: o.MaxClients,
		hold: o.HoldableReplication, died: make(chan struct{}),
	}, nil
}

// spawn starts a private server and returns when it serves.
func spawn(ctx context.Context, o Options) (*Server, error) {
	path, err := locate(o.Server)
	if err != nil {
		return nil, err
	}
	g, err := newPrivate(path, o)
	if err != nil {
		return nil, err
	}
	if err := g.start(ctx); err != nil {
		g.stop()
		return nil, fmt.Errorf("server %s: %w", path, err)
	}
	return g.server(), nil
}

// server is the group as one server.
func (g *private) server() *Server {
	s := &Server{Kind: Spawned, Address: "redis://" + g.nodes[0].Address(), private: g}
	s.options.Network, s.options.Addr, s.options.Dialer = "tcp", g.nodes[0].Address(), g.dialTarget
	return s
}

// locate finds a binary by path or on PATH.
func locate(binary string) (string, error) {
	path, err := exec.LookPath(binary)
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("server %q: no such binary; --server takes auto, embedded, a server binary, or a redis://, rediss:// or unix:// URL", binary)
	case errors.Is(err, exec.ErrDot):
		return "", fmt.Errorf("server %q is found in the working directory only: write ./%s", binary, binary)
	case err != nil:
		return "", fmt.Errorf("server %q cannot be run: %w", binary, errors.Unwrap(err))
	}
	return filepath.Abs(path)
}

// start starts the topology.
func (g *private) start(ctx context.Context) error {
	switch {
	case g.topology.Clustered():
		return g.startCluster(ctx, g.topology.masters, g.topology.masters*(1+g.topology.replicas))
	case g.topology.Replicated():
		return g.startReplicas(ctx)
	}
	return g.startNodes(ctx, 1)
}

// startNodes adds n nodes and starts them, all at the same time.
func (g *private) startNodes(ctx context.Context, n int) error {
	first := len(g.nodes)
	g.nodes = append(g.nodes, make([]*Node, n)...)
	errs := make([]error, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { g.nodes[first+i], errs[i] = g.startNode(ctx, fmt.Sprint("node ", first+i+1)) })
	}
	wait.Wait()
	if first == 0 {
		g.primary = g.nodes[0]
		g.target.Store(g.nodes[0])
	}
	for _, err := range errs {
		if err != nil {
			return err // the others' are the same as a rule, and an error is one line
		}
	}
	return nil
}

// startNode starts a new node, elsewhere if somebody was quicker on its port.
func (g *private) startNode(ctx context.Context, name string) (*Node, error) {
	for range 5 {
		n, err := g.newNode(name)
		if err != nil {
			return nil, err
		}
		err = n.Start(ctx)
		if err == nil {
			return n, nil
		}
		n.close()
		if !errors.Is(err, errPortTaken) {
			return nil, err
		}
	}
	return nil, errors.New("every free port was taken by somebody else before it could listen")
}

// newNode makes all that a node needs but its process.
func (g *private) newNode(name string) (n *Node, err error) {
	n = &Node{name: name, group: g}
	above := 0
	if g.topology.Clustered() {
		above = busOffset
	}
	if n.port, err = reserve(above); err != nil {
		return nil, err
	}
	if g.hold {
		n.proxy, err = newProxy(n.Address())
	}
	if err == nil {
		n.dir, err = os.MkdirTemp("", "seckill-server-")
	}
	if err != nil {
		n.close()
		return nil, fmt.Errorf("a place for the server: %w", err)
	}
	n.config = basicConfig(n.port.port, g.clients)
	if g.topology.Clustered() && g.hold {
		n.config += fmt.Sprintf("cluster-announce-port %d\ncluster-announce-bus-port %d\n", n.announced(), n.port.port+busOffset)
	}
	n.config += g.config
	return n, nil
}

// dialTarget connects a client: to the node that clients were moved to, and in
// a cluster to the first one that may answer.
func (g *private) dialTarget(ctx context.Context, network, _ string) (net.Conn, error) {
	return dialPlain(ctx, network, g.entrance().Address())
}

func dialPlain(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, addr)
}

func (g *private) entrance() *Node {
	if g.topology.Clustered() {
		for _, n := range g.nodes {
			if n.answers() {
				return n
			}
		}
	}
	return g.target.Load()
}

// lose closes died with the first cause.
func (g *private) lose(cause error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cause == nil {
		g.cause = cause
		close(g.died)
	}
}

// why is the cause for which died is closed; nil if it is not.
func (g *private) why() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.cause
}

// stop ends every node and removes what they leave.
func (g *private) stop() error {
	g.lose(errClosed)
	errs := make([]error, len(g.nodes))
	var wait sync.WaitGroup
	for i, n := range g.nodes {
		if n != nil {
			wait.Go(func() { errs[i] = n.close() })
		}
	}
	wait.Wait()
	return errors.Join(errs...)
}
