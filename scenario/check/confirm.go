package check

// confirm makes an order of everything that happened to the item and has it
// replayed: then the history is valid, whatever the rules are worth.
func (j *judge) confirm() {
	if j.lined || j.arrange() == nil {
		if steps, ok := j.scenePlain().replay(j.acts(), int(j.line.buyers), int(j.line.shared)); ok {
			j.witnessed = steps
			return
		}
	}
	j.unconfirmed = true
}

// scene is what the replayer is told of the item.
func (j *judge) scene() *scene {
	s := &scene{stock: j.stock, most: j.most, order: j.order, onceARequest: j.onceARequest, perRequest: j.perRequest, left: j.left}
	s.presence = j.once && !j.exact
	return s
}

func (j *judge) scenePlain() *scene {
	s := j.scene()
	if j.ledger() {
		s.stored = j.ledgerUnits
	}
	for c := granted; c < maybe; c++ {
		s.answers[deedOf[c]] = j.record.count[c]
	}
	for i := range j.tells.rest {
		s.answers[readsStock] += bit(j.tells.rest[i].op == nil)
	}
	return s
}

// ledgerUnits yields the ledger by buyer: in units, where they can be told.
func (j *judge) ledgerUnits(yield func(int64) bool) {
	each := int64(1)
	if j.once && j.exact {
		each = j.quantity
	}
	for i := range j.shards {
		for k := range j.shards[i].groups {
			if !yield(j.shards[i].groups[k].units * each) {
				return
			}
		}
	}
}

// confirmFlow has the order that a run of the sale made replayed.
func (f *flow) confirmFlow(w *witness) {
	steps, ok := f.sceneFlow().replay(w.acts(), len(f.buyers), len(w.ops))
	f.witnessed, f.unconfirmed = steps, !ok
}

func (f *flow) sceneFlow() *scene {
	s := f.scene()
	if f.ledger() {
		s.stored = f.ledgerOf
	}
	for i := range f.ops {
		if o := &f.ops[i]; o.answered() {
			s.answers[deedOf[o.class]]++
		}
	}
	return s
}

// ledgerOf yields the ledger by buyer.
func (f *flow) ledgerOf(yield func(int64) bool) {
	for i := range f.buyers {
		if !yield(f.buyers[i].stored) {
			return
		}
	}
}
