package check

// A deal is a sale that was made, or may have been. It is kept to 16 bytes, for
// there may be one for every attempt: what is told of few is kept apart.
type deal struct {
	o *op
	// who is its buyer, numbered in the line.
	who uint32
	// told is its number by the stock that it was told, 0: none; above isSpecial
	// its place among the special deals.
	told uint32
}

const isSpecial = 1 << 31

// A special deal is one of which more is known than its call, its return and its
// number.
type special struct {
	// due is when it must have been made, if not by the end of the line already.
	due int64
	// request is its request, numbered in the line; one of its own is 0.
	request, told uint32
	// spare: the order does as well without it. early: it cannot be the last.
	spare, early bool
}

// of is what is known of a deal.
func (l *line) of(d *deal) special {
	if d.told < isSpecial {
		return special{due: d.o.ret, told: d.told}
	}
	return l.specials[d.told-isSpecial]
}

// addDeal adds a deal.
func (l *line) addDeal(o *op, who uint32, s special) {
	d := deal{o: o, who: who, told: s.told}
	if plain := (special{due: o.ret, told: s.told}); s != plain {
		d.told = isSpecial + uint32(len(l.specials))
		l.specials = append(l.specials, s)
	}
	l.deals = append(l.deals, d)
}

// hasten says that a deal must have been made by an instant.
func (l *line) hasten(d *deal, by int64) {
	if d.told < isSpecial {
		if by >= d.o.ret {
			return
		}
		l.specials = append(l.specials, special{due: d.o.ret, told: d.told})
		d.told = isSpecial + uint32(len(l.specials)) - 1
	}
	s := &l.specials[d.told-isSpecial]
	s.due = min(s.due, by)
}
