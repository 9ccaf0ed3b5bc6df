package server

import (
	"context"
	"fmt"
	"time"
)

// forkLook is how often a node that has forked is asked whether its child has
// ended.
const forkLook = 20 * time.Millisecond

// Save has the node write its data to disk in a child process, as BGSAVE does,
// and returns when the child has ended.
func (n *Node) Save(ctx context.Context) error {
	return n.fork(ctx, "BGSAVE", "rdb_bgsave_in_progress", "rdb_last_bgsave_status")
}

// RewriteAOF has the node write its append-only file anew in a child process, as
// BGREWRITEAOF does, and returns when the child has ended. A node that keeps no
// such file writes one all the same.
func (n *Node) RewriteAOF(ctx context.Context) error {
	return n.fork(ctx, "BGREWRITEAOF", "aof_rewrite_in_progress", "aof_last_bgrewrite_status")
}

// fork sends a command that forks. The fields of INFO say whether its child
// runs, and how the last one ended.
func (n *Node) fork(ctx context.Context, command, runs, status string) error {
	if _, err := n.Do(ctx, command); err != nil {
		return fmt.Errorf("%s: %s: %w", n.name, command, err)
	}
	look := time.NewTicker(forkLook)
	defer look.Stop()
	for {
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("%s: %s had not ended yet", n.name, command)
		}
		info := n.info(ctx, "persistence")
		switch {
		case info == nil || info[runs] == "1":
		case info[status] != "ok":
			return fmt.Errorf("%s: %s failed", n.name, command)
		default:
			return nil
		}
	}
}
