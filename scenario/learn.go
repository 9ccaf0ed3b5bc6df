package scenario

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
)

const (
	// lookedAt is how many keys tell whether a server has all of them: one of two
	// equal nodes has so many by a chance of 1 in 65,536.
	lookedAt = 16
	// trialsTried is how many items are thought of to find one on each master.
	trialsTried = 1000
)

// learn finds out what the server lets the sale do, and chooses the items of
// the canary. An error says why nothing can be sold there; nothing was written.
func (s *Sale) learn(ctx context.Context) error {
	keys, err := s.trialKeys(lookedAt)
	if err != nil {
		return err
	}
	if err := s.server.IsPart(ctx, keys); err != nil {
		return err
	}
	want := server.Want{Scripts: s.callsScript()}
	if len(keys) > 0 {
		want.Key = keys[0]
	}
	if s.strategy.Contract != nil {
		want.Commands = s.strategy.Contract.Extras()
	}
	s.Head.Server = serverTold(s.server, s.server.DescribeFor(ctx, want))
	s.Head.Server.Look = LookAt(ctx, s.server).Look
	if ctx.Err() != nil { // what was asked last was not refused
		return context.Cause(ctx)
	}
	if err := s.canCall(); err != nil {
		return err
	}
	return s.chooseTrials(ctx)
}

// callsScript reports whether purchases go by EVAL or EVALSHA.
func (s *Sale) callsScript() bool {
	return s.strategy.CallBy == contract.Eval || s.strategy.CallBy == contract.EvalSHA
}

// canCall refuses a server that runs no scripts, before anything is written.
func (s *Sale) canCall() error {
	if can, asked := s.Head.Server.Capabilities["del"]; asked && !can {
		return fmt.Errorf("server %s: %s cannot be sold with there: %s", s.server.Address, s.strategy.Name, s.refusal("DEL"))
	}
	if !s.callsScript() {
		return nil
	}
	for _, command := range []string{"EVAL", "EVALSHA"} {
		if err := s.server.Declines(command); err != nil && (command == "EVAL" || s.strategy.CallBy == contract.EvalSHA) {
			return fmt.Errorf("server %s: %s cannot be sold with there: %s", s.server.Address, s.strategy.Name, s.refusal(command))
		}
	}
	return nil
}

// refusal is what the server said to a command, with what is lost by it.
func (s *Sale) refusal(command string) string {
	i := slices.IndexFunc(s.Head.Server.Refused, func(text string) bool { return strings.HasPrefix(text, command+" ") })
	if i < 0 {
		return command + " refused"
	}
	return s.Head.Server.Refused[i]
}

// declined warns of audits that are not as they should be.
func (s *Sale) declined() []string {
	warnings := []string{}
	if s.strategy.Contract == nil {
		return warnings
	}
	for _, command := range s.strategy.Contract.Extras() {
		if s.server.Declines(command) != nil {
			warnings = append(warnings, s.refusal(command))
		}
	}
	return warnings
}

// trialItem is an item of the canary's: ten purchases' worth of stock, with the
// microsecond of the start for an id, and the ones before it for further ones.
func (s *Sale) trialItem(n int) sale.Item {
	return sale.Item{ID: strconv.FormatInt(s.Head.Started.UnixMicro()-int64(n), 10), Stock: 10 * s.spec.Quantity.Most()}
}

// trialKeys are the first keys of so many items that the canary may take.
func (s *Sale) trialKeys(n int) (keys []string, err error) {
	for i := range n {
		of, err := s.strategy.Keys(s.trialItem(i))
		if err != nil || len(of) == 0 {
			return nil, err
		}
		keys = append(keys, of[0])
	}
	return keys, nil
}

// chooseTrials chooses an item for the canary: in a cluster one on each master
// that can have any, because each has to learn the script.
func (s *Sale) chooseTrials(ctx context.Context) error {
	s.trials = []sale.Item{s.trialItem(0)}
	if !s.server.Clustered() {
		return nil
	}
	keys, err := s.trialKeys(trialsTried)
	if err != nil || len(keys) == 0 {
		return err
	}
	masters, err := s.server.MastersOf(ctx, keys)
	if err != nil {
		return err
	}
	for i, master := range masters {
		if i > 0 && !slices.Contains(masters[:i], master) {
			s.trials = append(s.trials, s.trialItem(i))
		}
	}
	return nil
}

// canaryKeys lists the keys that the canary makes.
func (s *Sale) canaryKeys() (keys []string, err error) {
	defer func(before int) { s.trying = before }(s.trying)
	for s.trying = range s.trials {
		of, err := s.keys(s.canary(), s.tookCanary())
		if err != nil {
			return nil, err
		}
		keys = append(keys, of...)
	}
	return keys, nil
}

// serverTold is what a server said of itself, as the record has it.
func serverTold(srv *server.Server, info server.Info) history.Server {
	return history.Server{
		Kind: srv.Kind, Address: srv.Address, Topology: srv.Topology(),
		Product: info.Product, Version: info.Version, Config: info.Config,
		Capabilities: info.Capabilities, Refused: info.Refused, SameHost: info.SameHost,
	}
}
