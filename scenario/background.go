package scenario

import (
	"fmt"
	"strings"

	"github.com/seckill-bench/seckill/scenario/arrival"
	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// A Background is what others read beside the sale, at a rate of its own. Its
// text is READ rate=RATE.
type Background struct {
	// Read is what is read: stock, or a command whose words may hold $KEY and
	// {{item}}.
	Read string       `yaml:"read"`
	Rate arrival.Rate `yaml:"rate"`
}

// readStock is the read of the stock, as the strategy reads it.
const readStock = "stock"

// maxBackground is how many different reads there may be: each has a timer of its own.
const maxBackground = 100

// UnmarshalText accepts READ rate=RATE.
func (b *Background) UnmarshalText(text []byte) error {
	words := strings.Fields(string(text))
	last := max(len(words)-1, 0)
	rate := strings.Join(words[last:], "")
	number, found := strings.CutPrefix(rate, "rate=")
	if !found || last == 0 {
		return fmt.Errorf("%q: want what is read and how often: stock rate=500/s, or GET $stock rate=500/s", text)
	}
	b.Read = strings.Join(words[:last], " ")
	if err := b.Rate.UnmarshalText([]byte(number)); err != nil {
		return fmt.Errorf("rate: %w", err)
	}
	return b.check()
}

func (b *Background) check() error {
	switch {
	case b.Read == "":
		return fmt.Errorf("it does not say what is read: want stock, or a command like GET $stock")
	case b.Rate <= 0:
		return fmt.Errorf("%s: want how often it is read, like rate=500/s", b.Read)
	case b.Read == readStock:
		return nil
	}
	return contract.MustRead(b.Read)
}

// checkBackground refuses reads that cannot be made.
func (s *Spec) checkBackground() error {
	switch n := len(s.Background); {
	case n > maxBackground:
		return fmt.Errorf("--background: %d reads are more than the %d that can go on beside each other", n, maxBackground)
	case n > 0 && s.Arrivals.Turns != nil:
		return fmt.Errorf("--background goes with items that are on sale together, not with --arrivals %s", s.Arrivals)
	}
	for i := range s.Background {
		if err := s.Background[i].check(); err != nil {
			return fmt.Errorf("--background: %w", err)
		}
	}
	return nil
}

// questions are what the background asks of a strategy, or why it cannot.
func (s *Spec) questions(strat *strategy.Strategy) (all []question, err error) {
	for _, b := range s.Background {
		if b.Read != readStock {
			reading, err := contract.NewReading(strat.Contract, b.Read)
			if err != nil {
				return nil, fmt.Errorf("--background %s: %w", b.Read, err)
			}
			all = append(all, raw(reading))
			continue
		}
		if strat.Stock == nil {
			return nil, fmt.Errorf("--background stock: %s does not say how the stock is read (audit: {stock: …})", promiser(strat))
		}
		all = append(all, stockOf(strat))
	}
	return all, nil
}

// background is that of a record.
func (s *Spec) background() (all []history.Background) {
	for _, b := range s.Background {
		all = append(all, history.Background{Read: b.Read, Rate: float64(b.Rate)})
	}
	return all
}
