package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// isCluster refuses a server that does not say which of its nodes has which
// keys, where that is what its URL promises.
func (s *Server) isCluster(ctx context.Context) error {
	if s.seeds == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	reply, err := s.ask(ctx, "CLUSTER", "SLOTS")
	owned, _ := reply.([]any)
	switch {
	case redis.HasErrorPrefix(err, "This instance has cluster support disabled"):
		return errors.New("it is no node of a cluster: leave ?cluster out")
	case err != nil:
		return fmt.Errorf("it does not tell its nodes (CLUSTER SLOTS: %s): where a proxy stands before the cluster, leave ?cluster out", bare(err))
	case len(owned) == 0:
		return errors.New("no node of the cluster has slots yet")
	}
	return nil
}

// IsPart refuses a server, reached by a plain URL, that sends clients who ask
// for some keys to other servers: it is one node of a cluster.
func (s *Server) IsPart(ctx context.Context, keys []string) error {
	if s.Kind != Remote || s.seeds != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	o := s.ClientOptions()
	o.PoolSize = 1
	client := redis.NewClient(o)
	defer client.Close()
	asked, _ := client.Pipelined(ctx, func(all redis.Pipeliner) error { // each has its own error
		for _, key := range keys {
			all.Exists(ctx, key)
		}
		return nil
	})
	for _, reply := range asked {
		if isMoved(reply.Err()) {
			return fmt.Errorf("server %s: it is one node of a cluster (%w): %s reaches all of them", s.Address, reply.Err(), s.Address+"?"+clusterOption)
		}
	}
	return nil
}

// MastersOf returns the address of the master of each key, in a cluster.
func (s *Server) MastersOf(ctx context.Context, keys []string) (masters []string, err error) {
	client := redis.NewClusterClient(s.bounded())
	defer client.Close()
	for _, key := range keys {
		master, err := client.MasterForKey(ctx, key)
		if err != nil {
			return nil, fmt.Errorf("asking for the nodes of the cluster: %s", s.redact(err.Error()))
		}
		masters = append(masters, master.Options().Addr)
	}
	return masters, nil
}

// members returns the addresses of all nodes of a cluster that somebody else
// runs, sorted.
func (s *Server) members(ctx context.Context) (all []string, err error) {
	client := redis.NewClusterClient(s.bounded())
	defer client.Close()
	var mu sync.Mutex
	err = client.ForEachShard(ctx, func(_ context.Context, node *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, node.Options().Addr)
		return nil
	})
	slices.Sort(all)
	return all, err
}

// bounded are options whose questions have an end.
func (s *Server) bounded() *redis.ClusterOptions {
	o := s.ClusterOptions()
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = describeTimeout, describeTimeout, describeTimeout
	return o
}

// at is how one node of a cluster is asked that somebody else runs.
func (s *Server) at(addr string) asker {
	return func(ctx context.Context, args ...any) (any, error) {
		o := s.ClientOptions()
		o.Addr, o.Dialer = addr, s.dialNode()
		return askOver(ctx, o, args...)
	}
}

// each calls do with all processes that a server is made of, as far as they can
// be asked, by their names: none where there is but one.
func (s *Server) each(ctx context.Context, do func(name string, ask asker)) error {
	switch {
	case s.private != nil:
		for _, n := range s.private.nodes {
			if !n.answers() {
				continue
			}
			name := n.name
			if len(s.private.nodes) == 1 {
				name = "" // there is no other to tell it from
			}
			do(name, n.Do)
		}
	case s.seeds != nil:
		ctx, cancel := context.WithTimeout(ctx, membersTimeout)
		defer cancel()
		all, err := s.members(ctx)
		if err != nil {
			return err
		}
		for _, addr := range all {
			do(addr, s.at(addr))
		}
	default:
		do("", s.ask)
	}
	return nil
}

// membersTimeout is how long a cluster may take to tell its nodes.
const membersTimeout = 2 * time.Second
