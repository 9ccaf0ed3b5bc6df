package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// termTimeout is how long a server that was asked to end may take. Redis waits
// for its replicas for ten seconds.
const termTimeout = 15 * time.Second

// A Node is one process of a private server, with a port and a folder that stay
// its own while it is down. All methods may be called by many goroutines.
type Node struct {
	name   string
	group  *private
	port   *reservation
	dir    string
	config string
	proxy  *proxy // on the way of its replicas; nil: they connect directly
	id     string // in a cluster

	mu      sync.Mutex
	process *process // the latest; nil before the first
	paused  bool
	closed  bool

	follows *Node // its primary; guarded by the group's mutex
}

// Name returns "node 1" and so on, in the order of Nodes. It stays.
func (n *Node) Name() string { return n.name }

// Address returns host:port. It stays.
func (n *Node) Address() string { return loopback(n.port.port) }

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// announced is the port at which others are told to find the node.
func (n *Node) announced() int {
	if n.proxy != nil {
		return n.proxy.port()
	}
	return n.port.port
}

// Up reports whether the process runs; a paused one does.
func (n *Node) Up() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.process != nil && n.process.lives()
}

// Paused reports whether the process runs and is stopped.
func (n *Node) Paused() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.paused && n.process.lives()
}

// answers reports whether there is any use in asking the node.
func (n *Node) answers() bool { return n.Up() && !n.Paused() }

// live returns the running process, or the error that there is none.
func (n *Node) live() (*process, error) {
	if n.process == nil || !n.process.lives() {
		return nil, errors.New(n.name + " is down")
	}
	return n.process, nil
}

// Kill ends the process by SIGKILL and waits until it has ended.
func (n *Node) Kill() error {
	n.mu.Lock()
	p, err := n.live()
	n.mu.Unlock()
	if err != nil {
		return err
	}
	n.end(p)
	return nil
}

// end kills a process. What is held of its replication is lost with it.
func (n *Node) end(p *process) {
	p.kill()
	if n.proxy != nil {
		n.proxy.lose()
	}
}

// Term ends the process by SIGTERM, a paused one too, and waits. When ctx is
// done, or after 15 s, it kills the process and returns an error.
func (n *Node) Term(ctx context.Context) error {
	n.mu.Lock()
	p, err := n.live()
	if err == nil {
		p.wanted.Store(true)
		p.cmd.Process.Signal(syscall.SIGTERM)
		p.cmd.Process.Signal(syscall.SIGCONT)
		n.paused = false
	}
	n.mu.Unlock()
	if err != nil {
		return err
	}
	bound := time.NewTimer(termTimeout)
	defer bound.Stop()
	select {
	case <-p.ended:
		n.end(p)
		return nil
	case <-bound.C:
	case <-ctx.Done():
	}
	n.end(p)
	return fmt.Errorf("%s did not end when it was asked to, and was killed", n.name)
}

// Pause stops the process by SIGSTOP: it keeps its connections and is silent.
func (n *Node) Pause() error { return n.signal(syscall.SIGSTOP, true) }

// Resume lets a paused process go on.
func (n *Node) Resume() error { return n.signal(syscall.SIGCONT, false) }

func (n *Node) signal(s syscall.Signal, paused bool) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	p, err := n.live()
	if err != nil {
		return err
	}
	if err := p.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("%s: %w", n.name, err)
	}
	n.paused = paused
	return nil
}

// Do sends one command over a connection of its own, straight to the node.
func (n *Node) Do(ctx context.Context, args ...any) (any, error) {
	return askOver(ctx, n.options(), args...)
}

// options reach the node and no other.
func (n *Node) options() *redis.Options {
	return plain(redis.Options{Network: "tcp", Addr: n.Address()})
}

// close ends the process for good, and frees the port and the folder.
func (n *Node) close() error {
	n.mu.Lock()
	n.closed = true
	p := n.process
	n.mu.Unlock()
	if p != nil {
		p.kill()
	}
	if n.proxy != nil {
		n.proxy.close()
	}
	n.port.release()
	return os.RemoveAll(n.dir)
}
