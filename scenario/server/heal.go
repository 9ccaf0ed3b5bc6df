package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// healTimeout is how long everything may take to be as at the start.
const healTimeout = 30 * time.Second

// Heal undoes what was done to the processes, and returns when they serve as
// at the start, within 30 s: what is held is released, what is paused goes on,
// what is down is started; of replicas:N all others follow the primary, which
// clients reach from now on, and a primary that is demoted hangs up on its
// clients, as Sentinel has it do; a cluster agrees on its masters, each with its
// replica, if it has any; every replica has its primary's data. The error says, in one line,
// what could not be healed.
func (s *Server) Heal(ctx context.Context) error {
	if s.private == nil {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, healTimeout, fmt.Errorf("not within %v", healTimeout))
	defer cancel()
	var failed []error
	for _, n := range s.private.nodes {
		if n.proxy != nil {
			n.proxy.releaseAll()
		}
		if n.Paused() {
			failed = append(failed, n.Resume())
		}
	}
	failed = append(failed, s.private.startDown(ctx)...)
	switch {
	case s.private.topology.Clustered():
		failed = append(failed, s.private.awaitAgreement(ctx)...)
	case s.private.topology.Replicated():
		failed = append(failed, s.follow(ctx, s.Primary())...)
	}
	if err := oneLine(failed); err != nil {
		return fmt.Errorf("not healed: %w", err)
	}
	return nil
}

// startDown starts every node that is down.
func (g *private) startDown(ctx context.Context) []error {
	errs := make([]error, len(g.nodes))
	var wait sync.WaitGroup
	for i, n := range g.nodes {
		wait.Go(func() { errs[i] = n.Start(ctx) })
	}
	wait.Wait()
	return errs
}

// follow has all others follow the primary, and waits until they have its data.
func (s *Server) follow(ctx context.Context, primary *Node) (errs []error) {
	s.MoveClients(primary)
	for _, n := range s.private.nodes {
		if n != primary && n.Up() {
			errs = append(errs, n.demote(ctx, primary))
		}
	}
	for _, n := range s.private.nodes {
		if n == primary || !n.Up() {
			continue
		}
		if err := await(ctx, func() bool { return n.isAt(ctx, primary) && n.hasLink(ctx) }); err != nil {
			errs = append(errs, fmt.Errorf("the link of %s to %s is down (%w)", n.name, primary.name, err))
		}
	}
	if oneLine(errs) == nil {
		errs = append(errs, primary.awaitStream(ctx, s.private.topology.replicas))
	}
	return errs
}

// demote makes a node a replica of another, unless it is one.
func (n *Node) demote(ctx context.Context, primary *Node) error {
	wasPrimary := n.leader() == nil
	if !wasPrimary && n.isAt(ctx, primary) {
		return nil
	}
	if err := n.attach(ctx, primary); err != nil || !wasPrimary {
		return err
	}
	_, err := n.Do(ctx, "CLIENT", "KILL", "TYPE", "normal")
	return err
}

// awaitAgreement waits until a cluster is whole, and says what is not.
func (g *private) awaitAgreement(ctx context.Context) (errs []error) {
	var missing []string
	whole := func() bool {
		missing = g.missing(ctx)
		return missing == nil
	}
	if err := await(ctx, whole); err != nil {
		for _, text := range missing {
			errs = append(errs, errors.New(text))
		}
		errs = append(errs, err)
	}
	return errs
}

// missing says what a cluster lacks to be as at the start.
func (g *private) missing(ctx context.Context) (texts []string) {
	l, err := g.layout(ctx)
	if err != nil {
		return []string{err.Error()}
	}
	for _, n := range l.silent {
		texts = append(texts, n.name+" does not answer")
	}
	for _, n := range l.failing {
		texts = append(texts, "others hold "+n.name+" for dead")
	}
	replicas := map[*Node]int{}
	for _, n := range g.nodes {
		if !n.agrees(ctx) {
			texts = append(texts, n.name+" is not in a cluster that serves")
		}
		primary := l.follows[n]
		if primary == nil {
			continue
		}
		if replicas[primary]++; !n.hasLink(ctx) {
			texts = append(texts, "the link of "+n.name+" to "+primary.name+" is down")
		}
	}
	owners := l.owners(g)
	if len(owners) != g.topology.masters {
		texts = append(texts, fmt.Sprintf("%d masters have slots", len(owners)))
	}
	for _, n := range owners {
		if l.follows[n] != nil || replicas[n] < g.topology.replicas {
			texts = append(texts, n.name+" has no replica")
		} else if !n.isHeard(ctx) {
			texts = append(texts, "the replica of "+n.name+" gets nothing yet")
		}
	}
	return texts
}

// oneLine joins errors without a line break; nil if all are.
func oneLine(errs []error) error {
	var texts []string
	for _, err := range errs {
		if err != nil {
			texts = append(texts, strings.ReplaceAll(err.Error(), "\n", "; "))
		}
	}
	if texts == nil {
		return nil
	}
	return errors.New(strings.Join(texts, "; "))
}
