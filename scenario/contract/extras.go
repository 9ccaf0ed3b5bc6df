package contract

import "slices"

// Extras are commands that audits send and the contract does not name: they
// spare a server that others use, or read at one moment what lies in several
// places. Where a server answers one of them with an error, audits do without.
// They are SSCAN, HSCAN and MULTI, sorted.
func (c *Contract) Extras() (commands []string) {
	for _, of := range []*collection{c.buyers.listed(), c.orders.listed()} {
		if of != nil && of.whole != "" {
			commands = append(commands, of.steps)
		}
	}
	if c.stock != nil && c.stock.command == "" {
		commands = append(commands, "MULTI")
	}
	slices.Sort(commands)
	return slices.Compact(commands)
}

func (r *buyersReader) listed() *collection {
	if r == nil {
		return nil
	}
	return r.collection
}

func (r *ordersReader) listed() *collection {
	if r == nil {
		return nil
	}
	return r.collection
}
