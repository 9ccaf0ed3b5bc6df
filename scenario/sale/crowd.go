package sale

// A Crowd says of which kind each buyer is. Its kinds are drawn by their shares
// from the buyer's number, so that every reader of a record knows them again.
type Crowd struct {
	Seed  uint64 `json:"seed"`
	Kinds []Kind `json:"kinds,omitempty"`
}

// A Kind is a share of the crowd whose buyers behave alike.
type Kind struct {
	Name  string `json:"name"`
	Share Share  `json:"share"`
}

// KindOf is the index in Kinds of a buyer's kind; 0 where there are none. Each
// buyer is drawn for himself, so the shares are kept as n draws keep them. What
// the shares lack of 1 goes to the last kind, and what they have beyond it is
// never drawn: nobody is without a kind.
func (c *Crowd) KindOf(buyer uint32) int {
	last := len(c.Kinds) - 1
	if last < 1 {
		return 0
	}
	at := Share(scatter(c.Seed^scatter(uint64(buyer)+1))>>11) / (1 << 53) // 0 to 1, without 1
	for i := range last {
		if at -= c.Kinds[i].Share; at < 0 {
			return i
		}
	}
	return last
}

// scatter spreads numbers over all 64 bits, so that neighbours have nothing in
// common: the output function of SplitMix64 (Steele, Lea, Flood: Fast splittable
// pseudorandom number generators, 2014). Records rest on it: it must stay.
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
