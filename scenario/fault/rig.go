package fault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/server"
)

// healTime is how long the healing of a fault may take.
const healTime = 30 * time.Second

// A Rig is all that faults act on, from the opening of a sale to its audit.
type Rig struct {
	Server *server.Server
	// Wire is what the buyers' connections go over; nil where no fault asks for it.
	Wire *conn.Wire
	// Haste says which buyers leave early.
	Haste *Haste
	// Keys returns the keys of the sale that have a name in the contract.
	Keys func(name string) ([]string, error)
	// Key is one of the sale's keys: in a cluster its owner is the primary.
	Key string
	// Now is the time from the opening, in ns.
	Now func() int64
	// Note takes each fault that happened, when it is over. It may be called by
	// several at once.
	Note func(Happened)

	// first are the faults of our side of the wire that are due at the opening.
	first sync.WaitGroup
	// hands is full while a fault reaches for a server, so that no other does. No
	// mutex: it waits meanwhile, and a clock that is simulated has to see that.
	hands chan struct{}
	on    atomic.Int32
	mu    sync.Mutex
	// undone says what could not be done, or not be healed.
	undone []string
}

// A Happened is a fault that came to be.
type Happened struct {
	// From and Until are by the clock of the rig, in ns.
	From, Until int64
	// Healed: nothing of it goes on.
	Healed bool
	// Text says what was done; its first word is the kind.
	Text string
}

// On reports whether a fault is going on.
func (r *Rig) On() bool { return r.on.Load() > 0 }

// Undone says which faults did not happen as they should, in sentences.
func (r *Rig) Undone() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.undone
}

func (r *Rig) fail(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if line := fmt.Sprintf(format, args...); !slices.Contains(r.undone, line) {
		r.undone = append(r.undone, line)
	}
}

// A deed is a fault about to happen.
type deed struct {
	*Fault
	// lasts is how long it will.
	lasts time.Duration
	// from is when it began, by the clock of the rig.
	from int64
	// sale is done when the buyers have left: what only waits need not go on.
	sale context.Context
}

// An effect is a fault that goes on.
type effect struct {
	// text says what was done, after the kind.
	text string
	// heal ends it and may add to the text; nil: there is nothing to end.
	heal func(ctx context.Context) (more string, err error)
}

// A begin begins a fault.
type begin func(r *Rig, ctx context.Context, d *deed) (effect, error)

// nodes are the processes that a fault meets: of a cluster the master that has
// the sale's key.
func (r *Rig) nodes(ctx context.Context, target string) ([]*server.Node, error) {
	all := r.Server.Nodes()
	if number, is := strings.CutPrefix(target, "node:"); is {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > len(all) {
			return nil, fmt.Errorf("target=%s: there are node:1 to node:%d", target, len(all))
		}
		return all[n-1 : n], nil
	}
	primary, err := r.Server.PrimaryOf(ctx, r.Key)
	if err != nil {
		return nil, err
	}
	switch target {
	case "", "primary":
		return []*server.Node{primary}, nil
	case "replica":
		replicas, err := r.Server.ReplicasOf(ctx, primary)
		if err != nil || len(replicas) == 0 {
			return nil, cmp.Or(err, errors.New("target=replica: there is none"))
		}
		return replicas[:1], nil
	case "all":
		return all, nil
	}
	return nil, fmt.Errorf("target=%s: want primary, replica, all or node:N", target)
}

// node is the one process that a fault meets.
func (r *Rig) node(ctx context.Context, target string) (*server.Node, error) {
	nodes, err := r.nodes(ctx, target)
	switch {
	case err != nil:
		return nil, err
	case len(nodes) != 1:
		return nil, fmt.Errorf("target=%s: want one server", target)
	}
	return nodes[0], nil
}

// A teller is somebody who takes commands.
type teller interface {
	Do(ctx context.Context, args ...any) (any, error)
}

// tellers are the servers a command goes to: on one that is not ours, or has no
// process, the server itself.
func (r *Rig) tellers(ctx context.Context, target string) (all []teller, err error) {
	if r.Server.Nodes() == nil {
		if target != "" && target != "primary" {
			return nil, fmt.Errorf("target=%s: there is one server", target)
		}
		return []teller{r.Server}, nil
	}
	of := r.nodes
	if target == "" {
		of = func(ctx context.Context, _ string) ([]*server.Node, error) { return r.Server.Primaries(ctx) }
	}
	nodes, err := of(ctx, target)
	for _, n := range nodes {
		all = append(all, n)
	}
	return all, err
}

// tell sends a command to all of some servers.
func tell(ctx context.Context, all []teller, args ...any) error {
	for _, t := range all {
		if _, err := t.Do(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// owner is who takes commands about a key.
func (r *Rig) owner(ctx context.Context, key string) (teller, error) {
	if r.Server.Nodes() == nil {
		return r.Server, nil
	}
	return r.Server.PrimaryOf(ctx, key)
}

// rest waits, and returns early when ctx is done.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
