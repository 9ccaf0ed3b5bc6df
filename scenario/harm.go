package scenario

import (
	"context"
	"fmt"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/fault"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// mayHarm refuses faults that a server, or a strategy, cannot have, and all of
// them on a server that neither is ours nor was named for it.
func (s *Spec) mayHarm(ctx context.Context, strat *strategy.Strategy, srv *server.Server) error {
	if (s.Topology.Clustered() || srv.Clustered()) && !strat.Cluster {
		where := "--topology " + s.Topology.String()
		if srv.Clustered() && !srv.Ours() {
			where = "--server " + srv.Address
		}
		return fmt.Errorf("%s: %s does not promise that all keys of an item are declared and in one slot (cluster: true)", where, promiser(strat))
	}
	if s.ForkAt > 0 && srv.Kind != server.Spawned {
		return fmt.Errorf("--fork-at: %s is no server that the harness started: only those are told to fork", srv.Address)
	}
	if len(s.Faults) == 0 {
		return nil
	}
	if !srv.Ours() && WithoutPassword(s.AllowFaultsOn) != srv.Address {
		named := ""
		if s.AllowFaultsOn != "" {
			named = fmt.Sprintf(", and --allow-faults-on names %s", WithoutPassword(s.AllowFaultsOn))
		}
		return fmt.Errorf("--fault: %s is not ours to harm%s; --allow-faults-on %s says that it may be", srv.Address, named, srv.Address)
	}
	for i := range s.Faults {
		f := &s.Faults[i]
		if err := f.Suits(ctx, srv); err != nil {
			return err
		}
		if f.OfKeys() {
			if _, err := keysNamed(strat.Contract, f.Target, nil); err != nil {
				return fmt.Errorf("fault %s: %w", f, err)
			}
		}
	}
	return nil
}

// keysNamed are the keys of some items that have a name in the contract.
func keysNamed(c *contract.Contract, name string, items []sale.Item) (keys []string, err error) {
	if c == nil {
		return nil, fmt.Errorf("target=%s: a strategy in Go has no contract that names its keys", name)
	}
	if err := c.HasKey(name); err != nil {
		return nil, fmt.Errorf("target=%s: %w", name, err)
	}
	for _, item := range items {
		of, err := c.KeysNamed(name, item)
		if err != nil {
			return nil, err
		}
		keys = append(keys, of...)
	}
	return keys, nil
}

// wire is what spoils the buyers' connections; nil where nothing is to.
func (s *Sale) wire() *conn.Wire {
	if s.spec.LostReplies == 0 && !fault.NeedWire(s.spec.Faults) {
		return nil
	}
	return conn.NewWire(s.spec.source(streamLoss).Uint64())
}

// rig is all that the faults of the sale act on.
func (s *Sale) rig(d *drive, wire *conn.Wire) *fault.Rig {
	rig := &fault.Rig{
		Server: s.server, Wire: wire, Haste: &fault.Haste{Seed: s.spec.source(streamHaste).Uint64()}, Now: d.clock.now,
		Keys: func(name string) ([]string, error) { return keysNamed(s.strategy.Contract, name, s.Head.Items) },
		Note: func(h fault.Happened) {
			e := history.Event{At: h.From, Until: h.Until, Kind: history.EventFault, Text: h.Text}
			if !h.Healed {
				e.Until = history.Never
			}
			d.note(e)
		},
	}
	if keys, err := s.strategy.Keys(s.Head.Items[0]); err == nil && len(keys) > 0 {
		rig.Key = keys[0]
	}
	return rig
}

// harm does to the sale what its faults say, until the buyers have left, and
// heals it. It closes ready when the doors may open.
func (d *drive) harm(ready chan<- struct{}) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(d.doors))
	defer cancel()
	go func() {
		select {
		case <-d.left:
			cancel()
		case <-ctx.Done():
		}
	}()
	d.rig.Run(ctx, d.spec.Faults, ready)
}

// loseReplies loses a share of the replies until it is healed.
func (d *drive) loseReplies() (heal func() int64) {
	if d.spec.LostReplies == 0 {
		return func() int64 { return 0 }
	}
	return d.rig.Wire.Spoil(conn.Mischief{Kind: conn.DropReply, Share: float64(d.spec.LostReplies)})
}

// counters are what the server counts by itself; nil where it does not tell.
func (s *Sale) counters(ctx context.Context) server.Counters {
	counted, err := s.server.Counters(ctx)
	if err != nil {
		return nil
	}
	return counted
}

// signsSince is what was counted since.
func (s *Sale) signsSince(ctx context.Context, before server.Counters) *history.Signs {
	now := s.counters(ctx)
	if before == nil || now == nil {
		return nil
	}
	since := now.Since(before)
	return &history.Signs{Evicted: since.Evicted, Expired: since.Expired, Restarted: since.Restarted, Errors: since.Errors}
}
