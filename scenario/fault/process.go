package fault

import (
	"context"
	"fmt"
	"slices"

	"github.com/seckill-bench/seckill/scenario/server"
)

// down is the effect of a server that is not running.
func down(n *server.Node, text string) effect {
	return effect{text, func(ctx context.Context) (string, error) { return "", n.Start(ctx) }}
}

func (r *Rig) kill(ctx context.Context, d *deed) (effect, error) {
	n, err := r.node(ctx, d.Target)
	if err != nil {
		return effect{}, err
	}
	return down(n, r.called(ctx, n)), n.Kill()
}

func (r *Rig) term(ctx context.Context, d *deed) (effect, error) {
	n, err := r.node(ctx, d.Target)
	if err != nil {
		return effect{}, err
	}
	return down(n, r.called(ctx, n)), n.Term(ctx)
}

func (r *Rig) pause(ctx context.Context, d *deed) (effect, error) {
	n, err := r.node(ctx, d.Target)
	if err != nil {
		return effect{}, err
	}
	return effect{r.called(ctx, n), func(context.Context) (string, error) { return "", n.Resume() }}, n.Pause()
}

func (r *Rig) cutAOF(ctx context.Context, d *deed) (effect, error) {
	n, err := r.node(ctx, d.Target)
	if err != nil {
		return effect{}, err
	}
	e := down(n, r.called(ctx, n))
	if err := n.Kill(); err != nil {
		return e, err
	}
	cut, err := n.CutAOF(d.Bytes)
	e.text = fmt.Sprintf("of %s by %d bytes", e.text, cut)
	return e, err
}

// called is how a server is named, where there are several.
func (r *Rig) called(ctx context.Context, n *server.Node) string {
	if len(r.Server.Nodes()) == 1 {
		return "the server"
	}
	if primaries, err := r.Server.Primaries(ctx); err == nil && slices.Contains(primaries, n) {
		return "primary (" + n.Name() + ")"
	}
	return n.Name()
}
