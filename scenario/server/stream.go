package server

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// streams reports whether replicas get what is written to a node now. A replica
// whose link is up has the data of its beginning, and a primary sends it no more
// until it has heard of that, which may take a second: until then a failover
// would lose all that was sold.
func (n *Node) streams(ctx context.Context, replicas int) bool {
	o := n.options()
	o.PoolSize = 1 // WAIT is about what its own connection wrote
	client := redis.NewClient(o)
	defer client.Close()
	// Both go to the replicas and change nothing: in a cluster messages take
	// another way, and there no functions have been loaded yet.
	write := []any{"PUBLISH", "seckill", ""}
	if n.group.topology.Clustered() {
		write = []any{"FUNCTION", "FLUSH"}
	}
	if err := client.Do(ctx, write...).Err(); err != nil {
		return redis.HasErrorPrefix(err, "ERR unknown") // older than functions
	}
	have, err := client.Do(ctx, "WAIT", replicas, (100 * time.Millisecond).Milliseconds()).Int()
	return err == nil && have >= replicas
}

// awaitStream returns when that is so.
func (n *Node) awaitStream(ctx context.Context, replicas int) error {
	if err := await(ctx, func() bool { return n.streams(ctx, replicas) }); err != nil {
		return fmt.Errorf("the replicas of %s get nothing: %w", n.name, err)
	}
	return nil
}

// isHeard reports whether the replicas of a node have acknowledged something, if
// anything was written: to those that have not it sends no more.
func (n *Node) isHeard(ctx context.Context) bool {
	info := n.info(ctx, "replication")
	for name, of := range info {
		if strings.HasPrefix(name, "slave") && strings.Contains(of, "ip=") &&
			(!strings.Contains(of, "state=online") || strings.Contains(of, "offset=0,")) && info["master_repl_offset"] != "0" {
			return false
		}
	}
	return true
}
