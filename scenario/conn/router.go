package conn

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// maxRedirects is how often a command follows MOVED.
const maxRedirects = 3

// An Aimer is a link that chooses a node for each command. Aim makes it the one
// that the first of the commands with a key goes to, for those that have none
// and come before it: MULTI.
type Aimer interface {
	Aim(ctx context.Context, commands ...[]any) error
}

// A router is a link of a cluster: one to each master that it has needed.
type router struct {
	*cluster
	to    map[*dialer]carrier
	last  *dialer // used last
	bound bool    // from WATCH or MULTI to EXEC, which is all said to one node
}

// RoundTrip sends a command to the node it belongs to.
func (r *router) RoundTrip(ctx context.Context, args []any) Exchange {
	nodes, err := r.route(ctx, args)
	if err != nil {
		return r.unsent(err)
	}
	var all Exchange
	for i, node := range nodes {
		x := r.exchange(ctx, node, args)
		if i == 0 {
			all = x
		}
		if all.Read = x.Read; x.Err != nil {
			all.Reply, all.Err = nil, x.Err
			break
		}
	}
	return all
}

// route returns the nodes that a command goes to.
func (r *router) route(ctx context.Context, args []any) ([]*dialer, error) {
	if isForAll(args) {
		return r.masters(context.WithoutCancel(ctx))
	}
	if key, has := keyOf(args); has && !r.bound {
		node, err := r.owner(context.WithoutCancel(ctx), key)
		return []*dialer{node}, err
	}
	if r.last == nil {
		all, err := r.masters(context.WithoutCancel(ctx))
		if err != nil {
			return nil, err
		}
		r.last = all[0]
	}
	return []*dialer{r.last}, nil
}

// exchange sends a command to a node, and on to the one that it names as the
// owner of the slot instead of running it.
func (r *router) exchange(ctx context.Context, node *dialer, args []any) Exchange {
	x := r.link(node).RoundTrip(ctx, args)
	r.last = node
	sent := x.Sent
	for range maxRedirects {
		addr, moved := redis.IsMovedError(x.Err)
		if !moved || r.bound || insideScript.MatchString(x.Err.Error()) {
			break
		}
		r.learn()
		next, err := r.node(addr)
		if err != nil {
			break
		}
		if r.traffic != nil {
			r.traffic.again() // it is the same exchange
		}
		x = r.link(next).RoundTrip(node.within(ctx, time.Duration(x.Read-sent)), args)
		r.last = next
	}
	if x.Err != nil && (!IsReply(x.Err) || redis.HasErrorPrefix(x.Err, "CLUSTERDOWN") || redis.HasErrorPrefix(x.Err, "ASK")) {
		r.learn() // a dead node, or one that does not have its slots
	}
	r.bound = binds(args, r.bound, x.Err) && (x.Err == nil || IsReply(x.Err)) // what was begun is gone with the connection
	x.Sent = sent
	return x
}

// within is what is left of an exchange's time after a part of it.
func (d *dialer) within(ctx context.Context, used time.Duration) context.Context {
	at := time.Now().Add(d.timeout - used)
	if sooner, set := ctx.Deadline(); set && sooner.Before(at) {
		at = sooner
	}
	return &deadline{at}
}

func (r *router) link(node *dialer) carrier {
	l := r.to[node]
	if t, is := l.(*turn); l == nil || is && t.left {
		l = node.carrier()
		r.to[node] = l
	}
	return l
}

// Aim chooses the node for commands without a key.
func (r *router) Aim(ctx context.Context, commands ...[]any) error {
	for _, args := range commands {
		if key, has := keyOf(args); has {
			node, err := r.owner(ctx, key)
			if err == nil {
				r.last = node
			}
			return err
		}
	}
	return nil
}

// Pin makes a connection of the holder's own to the node that was used last, or
// that Aim chose.
func (r *router) Pin(ctx context.Context) (Link, func(), error) {
	nodes, err := r.route(ctx, []any{"MULTI"}) // has no key
	if err != nil {
		return nil, nil, err
	}
	return nodes[0].pin(ctx)
}

// start makes what it holds ready for whoever takes it.
func (r *router) start() {
	for _, l := range r.to {
		if s, is := l.(starter); is {
			s.start()
		}
	}
}

// stands returns true: it makes its connections when it needs them.
func (*router) stands() bool { return true }

// stand does nothing.
func (*router) stand(context.Context) error { return nil }

// warm makes the connection to every master.
func (r *router) warm(ctx context.Context) error {
	all, err := r.masters(ctx)
	if err != nil {
		return err
	}
	for _, node := range all {
		l := r.link(node)
		if !l.stands() {
			if err := l.stand(ctx); err != nil {
				return err
			}
		}
		if err := l.warm(ctx); err != nil {
			return err
		}
	}
	return nil
}

// rested returns false: each of its links sees to that.
func (*router) rested() bool { return false }

// drop gives every connection up.
func (r *router) drop() {
	for _, l := range r.to {
		l.drop()
	}
}

// unsent is the exchange that an error kept from being begun.
func (c *cluster) unsent(err error) Exchange {
	at := c.now()
	return Exchange{Sent: at, Read: at, Err: err}
}
