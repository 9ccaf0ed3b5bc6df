package scenario

import "github.com/seckill-bench/seckill/scenario/arrival"

// A Background is what others read beside the sale, at a rate of its own. Its
// text is READ rate=RATE.
type Background struct {
	// Read is what is read: stock, or a command whose words may hold $KEY and
	// {{item}}.
	Read string       `yaml:"read"`
	Rate arrival.Rate `yaml:"rate"`
}

// UnmarshalText accepts READ rate=RATE.
func (b *Background) UnmarshalText(text []byte) error { panic("skeleton") }

// checkBackground refuses reads that cannot be made.
func (s *Spec) checkBackground() error { return nil }
