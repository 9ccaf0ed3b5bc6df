package probe

import (
	"fmt"
	"maps"
	"slices"

	"github.com/seckill-bench/seckill/scenario/server"
)

// expiry is a whole sale in which keys are watched that tell what was sold:
// what expires there is forgotten, and sold again. It breaks no promise as long
// as the case lasts, so it is told and not judged.
func (by *prober) expiry() scene {
	again := max(by.most(), 1)
	if again > maxAgain {
		again = 1
	}
	s := by.scene("expiry", "all is sold, and the keys that tell it are watched for a time to live", again+1, func(p *play) {
		p.open()
		opened := p.held
		for range again + 1 {
			p.buy(0)
		}
		p.buys(1, 4)
		p.buy(0)
		p.warnOfExpiry(opened)
	})
	s.aside = true
	return s
}

// warnOfExpiry names the keys of the first item that tell what was sold and were
// given a time to live since the opening, once for each name in the contract.
func (p *play) warnOfExpiry(opened server.Keyspace) {
	if p.stopped != nil {
		return
	}
	item := p.head.Items[0]
	names, err := p.contract.SoldKeys(item, p.took(item))
	if err != nil {
		p.stopped = err
		return
	}
	warned := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(p.expiring)) {
		if name, sold := names[key]; sold && !opened[key].Expires && !warned[name] {
			warned[name] = true
			p.warn(fmt.Sprintf("the key %q is given a time to live: what it holds (%s) is forgotten then", key, name))
		}
	}
}
