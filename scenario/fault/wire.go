package fault

import (
	"context"
	"fmt"

	"github.com/seckill-bench/seckill/scenario/conn"
)

// mischiefs are the kinds of fault that happen on the wire.
var mischiefs = map[string]conn.Kind{
	"drop-reply": conn.DropReply, "drop-request": conn.DropRequest, "delay-request": conn.DelayRequest,
	"hold": conn.Hold, "reset": conn.Reset,
}

// spoil spoils what goes over the wire.
func (r *Rig) spoil(_ context.Context, d *deed) (effect, error) {
	heal := r.Wire.Spoil(conn.Mischief{Kind: mischiefs[d.Do], Share: d.share(), Delay: d.Delay})
	return effect{ofAll(d), func(context.Context) (string, error) {
		hits := heal()
		if hits == 0 {
			r.fail("%s met nobody", d.Fault)
		}
		return plural(hits, "request"), nil
	}}, nil
}

// ofAll says what part of the requests is meant.
func ofAll(d *deed) string {
	text := fmt.Sprintf("of %.4g%%", 100*d.share())
	if d.Delay > 0 {
		text += fmt.Sprintf(" for %s", d.Delay)
	}
	return text
}
