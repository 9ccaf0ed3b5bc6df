package probe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// declared are the keys that a command declares.
func declared(args []any) []string {
	if len(args) < 3 {
		return nil
	}
	switch args[0] {
	case "EVAL", "EVALSHA", "FCALL":
		n, _ := strconv.Atoi(fmt.Sprint(args[2]))
		keys := make([]string, 0, n)
		for _, arg := range args[3:min(3+n, len(args))] {
			keys = append(keys, fmt.Sprint(arg))
		}
		return keys
	}
	return nil
}

// watchKeys compares the keys that calls touch with those they declare.
func (p *play) watchKeys() {
	p.open()
	touched := map[sale.Verb][]string{}
	bought := p.watch(touched, func() told { return p.buy(0) })
	p.watch(touched, func() told { return p.buy(1) })
	if p.strat.Release != nil {
		p.watch(touched, func() told { return p.next(sale.Release, bought) })
	}
	for _, verb := range []sale.Verb{sale.Buy, sale.Release} {
		if keys := touched[verb]; len(keys) > 0 {
			p.warn(fmt.Sprintf("%s touches keys that it does not declare: %s", verb, strings.Join(keys, ", ")))
		}
	}
}

// watch collects the keys that a call touches and does not declare.
func (p *play) watch(touched map[sale.Verb][]string, asks func() told) (t told) {
	if p.stopped != nil {
		return t
	}
	var keys []string
	called, err := p.srv.CalledKeys(p.ctx, func() error {
		t = asks()
		keys = p.declaredNow()
		return p.stopped
	})
	if err != nil {
		p.stopped = err
		return t
	}
	for _, key := range called {
		if text := fmt.Sprintf("%q", key); !slices.Contains(keys, key) && !slices.Contains(touched[t.verb], text) {
			touched[t.verb] = append(touched[t.verb], text)
		}
	}
	return t
}

// warn adds a warning that is not there yet.
func (p *play) warn(warning string) {
	if !slices.Contains(p.Warnings, warning) {
		p.Warnings = append(p.Warnings, warning)
	}
}

// declaredNow are the keys that the latest step declared.
func (p *play) declaredNow() (keys []string) {
	for _, args := range p.wire.sent {
		keys = append(keys, declared(args)...)
	}
	return keys
}

// confine has a buyer ask as a user of the server who may touch the keys that
// the call declares, and no others.
func (p *play) confine() {
	p.open()
	if p.stopped != nil {
		return
	}
	a := ask{verb: sale.Buy}
	as, err := p.srv.Confined(p.ctx, p.declares(&a))
	if err != nil {
		p.stopped = err
		return
	}
	door, err := openDoor(p.ctx, as, p.now)
	if err != nil {
		p.stopped = err
		return
	}
	defer door.close()
	all := p.wire.route
	p.wire.route, p.strict = door.to, true
	asked := p.attempt(a)
	p.wire.route, p.strict = all, false
	if asked.answer.Defect == sale.ScriptError && !p.crashes[short(asked.answer.Raw)] {
		p.warn("a user who may touch only the declared keys is told " + short(asked.answer.Raw))
	}
}

// declares are the keys that the call of an attempt declares.
func (p *play) declares(a *ask) (keys []string) {
	made := p.purchase(a, p.head.Items[a.item])
	var calls dry
	p.strat.Call(p.ctx, &calls, &made)
	for _, args := range calls.sent {
		keys = append(keys, declared(args)...)
	}
	return keys
}
