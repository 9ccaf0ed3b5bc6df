package fault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seckill-bench/seckill/scenario/server"
)

// lag has the replicas of a server stand still for a while, which is noted as
// a fault of its own: what is lost was sold in it. The release lets what they did
// not get flow on, if the server still lives.
func (r *Rig) lag(d *deed, n *server.Node) (release func(), err error) {
	if d.Lag == 0 {
		return func() {}, nil
	}
	from := r.Now()
	release, err = r.Server.HoldReplication(n)
	if err != nil {
		return nil, err
	}
	rest(d.sale, d.Lag)
	d.from = r.Now()
	r.Note(Happened{From: from, Until: d.from, Healed: true, Text: "lag of the replicas of " + n.Name()})
	return release, nil
}

// heir is a primary and the replica that follows it.
func (r *Rig) heir(ctx context.Context) (primary, replica *server.Node, err error) {
	if primary, err = r.node(ctx, "primary"); err != nil {
		return nil, nil, err
	}
	replicas, err := r.Server.ReplicasOf(ctx, primary)
	replicas = slices.DeleteFunc(replicas, func(n *server.Node) bool { return !n.Up() || n.Paused() })
	if len(replicas) == 0 {
		return nil, nil, cmp.Or(err, errors.New("no replica is alive"))
	}
	return primary, replicas[0], nil
}

func (r *Rig) promote(ctx context.Context, d *deed) (effect, error) {
	primary, replica, err := r.heir(ctx)
	if err != nil {
		return effect{}, err
	}
	e := effect{fmt.Sprintf("of %s after the kill of %s%s", replica.Name(), primary.Name(), behind(d)), r.healAll}
	release, err := r.lag(d, primary)
	if err != nil {
		return effect{}, err
	}
	defer release()
	if err := primary.Kill(); err != nil {
		return e, err
	}
	if err := r.Server.Promote(ctx, replica); err != nil {
		return e, err
	}
	r.Server.MoveClients(replica)
	return e, nil
}

// splitBrain promotes a replica that the buyers hear of only in the end.
func (r *Rig) splitBrain(ctx context.Context, d *deed) (effect, error) {
	primary, replica, err := r.heir(ctx)
	if err != nil {
		return effect{}, err
	}
	e := effect{fmt.Sprintf("between %s, where the buyers stay, and %s%s", primary.Name(), replica.Name(), behind(d)),
		func(ctx context.Context) (string, error) {
			r.Server.MoveClients(replica)
			return r.healAll(ctx)
		}}
	release, err := r.lag(d, primary)
	if err != nil {
		return effect{}, err
	}
	defer release()
	return e, r.Server.Promote(ctx, replica)
}

func (r *Rig) clusterFailover(ctx context.Context, d *deed) (effect, error) {
	master, err := r.node(ctx, d.Target)
	if err != nil {
		return effect{}, err
	}
	e := effect{fmt.Sprintf("after the kill of %s%s", master.Name(), behind(d)), r.healAll}
	release, err := r.lag(d, master)
	if err != nil {
		return effect{}, err
	}
	defer release()
	if err := master.Kill(); err != nil {
		return e, err
	}
	_, err = r.Server.Failover(ctx, master)
	return e, err
}

func (r *Rig) healAll(ctx context.Context) (string, error) { return "", r.Server.Heal(ctx) }

// behind says how far a replica lags behind.
func behind(d *deed) string {
	if d.Lag == 0 {
		return ""
	}
	return fmt.Sprintf(", replication held for %s", d.Lag)
}
