package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seckill-bench/seckill/scenario/server"
)

// Suits refuses a fault that a server cannot have, in one line that says what
// it takes.
func (f *Fault) Suits(ctx context.Context, srv *server.Server) error {
	if err := f.check(); err != nil {
		return err
	}
	kind, _ := kindOf(f.Do)
	if srv.Clustered() && !srv.Ours() {
		if !kind.ours {
			return fmt.Errorf("fault %s: %s is a cluster that the harness did not start: it reaches only what buyers send there", f, srv.Address)
		}
		return nil
	}
	var topology server.Topology
	if err := topology.UnmarshalText([]byte(srv.Topology())); err != nil {
		return err
	}
	if err := kind.needs.met(ctx, srv, topology); err != nil {
		return fmt.Errorf("fault %s: %w", f, err)
	}
	return f.aims(srv, topology)
}

// aims refuses a target that a server does not have.
func (f *Fault) aims(srv *server.Server, topology server.Topology) error {
	if f.Target == "" || f.OfKeys() || srv.Nodes() == nil && f.Target == "primary" {
		return nil
	}
	number, isNode := strings.CutPrefix(f.Target, "node:")
	n, err := strconv.Atoi(number)
	switch nodes := len(srv.Nodes()); {
	case isNode && err == nil && n >= 1 && n <= nodes:
	case f.Target == "primary", f.Target == "replica" && topology.ReplicasEach() > 0:
	case f.Target == "all" && nodes > 0 && !f.alone():
	default:
		return fmt.Errorf("fault %s: the server has no target %q; want primary, replica, node:N up to %d, or all of what is said to servers", f, f.Target, nodes)
	}
	return nil
}

// alone reports whether the fault is one of processes or topology.
func (f *Fault) alone() bool {
	kind, _ := kindOf(f.Do)
	return kind.alone
}

// met says what is missing.
func (n need) met(ctx context.Context, srv *server.Server, topology server.Topology) error {
	switch n {
	case needRedis:
		if srv.Kind == server.Embedded {
			return errors.New("the embedded server knows no such command; want a real one")
		}
	case needProcess, needAOF:
		if srv.Nodes() == nil {
			return errors.New("it needs a server that the harness started; want --server redis-server")
		}
		if n == needAOF {
			return keepsAOF(ctx, srv)
		}
	case needReplicas:
		if !topology.Replicated() {
			return errors.New("it needs a replica to promote; want --topology replicas:1")
		}
	case needCluster:
		if !topology.Clustered() {
			return errors.New("it needs a cluster; want --topology cluster:3")
		}
		if topology.ReplicasEach() == 0 {
			return fmt.Errorf("nobody can take over in --topology %s, whose masters have no replicas; want --topology cluster:3", topology)
		}
	}
	return nil
}

func keepsAOF(ctx context.Context, srv *server.Server) error {
	is, err := setting(ctx, srv, "appendonly")
	if err == nil && is != "yes" {
		return errors.New("it needs an append-only file; want --server-config appendonly=yes")
	}
	return err
}

// OfKeys reports whether the target is the name of a key.
func (f *Fault) OfKeys() bool {
	kind, known := kindOf(f.Do)
	return known && slices.Contains(kind.must, "target")
}

// NeedWire reports whether any of some faults spoils what goes over the buyers' wire.
func NeedWire(faults []Fault) bool {
	return slices.ContainsFunc(faults, func(f Fault) bool {
		_, spoils := mischiefs[f.Do]
		return spoils
	})
}

// NeedHold reports whether any of some faults holds the replication.
func NeedHold(faults []Fault) bool {
	return slices.ContainsFunc(faults, func(f Fault) bool { return f.Lag > 0 })
}
