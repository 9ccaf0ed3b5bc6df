package contract

import (
	"context"
	"fmt"
	"strconv"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A collection is a kind of key that lists buyers, and how it is read.
type collection struct {
	// name is the reader's name in a contract.
	name string
	// steps reads it a part at a time, which spares a server that others use;
	// whole reads it at once.
	steps, whole string
	// stepWidth and wholeWidth are the words a member takes in either reply.
	stepWidth, wholeWidth int
	// ledger is what the members tell.
	ledger sale.Ledger
}

var collections = []collection{
	{"smembers", "SSCAN", "SMEMBERS", 1, 1, sale.Presence},
	{"hkeys", "HSCAN", "HKEYS", 2, 1, sale.Presence},
	{"hgetall", "HSCAN", "HGETALL", 2, 2, sale.Units},
}

// scanCount is how many members a step asks for.
const scanCount = "1000"

// read returns the buyers that a key lists, each once. An absent key lists
// none. A server that refuses to be read in steps is read at once.
func (c *collection) read(ctx context.Context, do doer, key string) ([]sale.Holding, error) {
	members := members{of: c, seen: map[string]bool{}}
	err := c.scan(ctx, do, key, &members)
	if err != nil && isErrorReply(err) {
		members.reset()
		err = c.readWhole(ctx, do, key, &members)
	}
	if err != nil {
		return nil, err
	}
	return members.holdings, nil
}

// scan reads a key in steps.
func (c *collection) scan(ctx context.Context, do doer, key string, into *members) error {
	cursor := "0"
	for {
		reply, err := do(ctx, c.steps, key, cursor, "COUNT", scanCount)
		if err != nil {
			return fmt.Errorf("%s %q: %w", c.steps, key, err)
		}
		parts, _ := reply.([]any)
		if len(parts) != 2 {
			return fmt.Errorf("%s %q: want a cursor and members, not %s", c.steps, key, printed(reply))
		}
		if err := into.add(parts[1], c.stepWidth); err != nil {
			return fmt.Errorf("%s %q: %w", c.steps, key, err)
		}
		next, isText := parts[0].(string)
		switch {
		case !isText:
			return fmt.Errorf("%s %q: want a cursor, not %s", c.steps, key, printed(parts[0]))
		case next == "0":
			return nil
		}
		cursor = next
	}
}

// readWhole reads a key at once.
func (c *collection) readWhole(ctx context.Context, do doer, key string, into *members) error {
	reply, err := do(ctx, c.whole, key)
	if err == nil {
		err = into.add(reply, c.wholeWidth)
	}
	if err != nil {
		return fmt.Errorf("%s %q: %w", c.whole, key, err)
	}
	return nil
}

// members collects the buyers of a collection. Scanning may show a member more
// than once.
type members struct {
	of       *collection
	seen     map[string]bool
	holdings []sale.Holding
}

func (m *members) reset() {
	clear(m.seen)
	m.holdings = nil
}

// add takes a reply in which every member takes width words, the first of them
// the buyer.
func (m *members) add(reply any, width int) error {
	words, isList := reply.([]any)
	if byName, isMap := reply.(map[any]any); isMap && width == 2 { // HGETALL over RESP3
		for buyer, value := range byName {
			words = append(words, buyer, value)
		}
		isList = true
	}
	if !isList || len(words)%width != 0 {
		return fmt.Errorf("want a list of members, not %s", printed(reply))
	}
	for member := words; len(member) > 0; member = member[width:] {
		if err := m.addOne(member[:width]); err != nil {
			return err
		}
	}
	return nil
}

func (m *members) addOne(words []any) error {
	buyer, isText := words[0].(string)
	if !isText {
		return fmt.Errorf("want members that are texts, not %s", printed(words[0]))
	}
	h := sale.Holding{Buyer: buyer, Units: 1}
	if m.of.ledger == sale.Units {
		units, whole := wholeNumber(words[1])
		if !whole {
			return fmt.Errorf("the units of buyer %s: %s is not a whole number", strconv.Quote(buyer), printed(words[1]))
		}
		h.Units = units
	}
	if !m.seen[buyer] {
		m.seen[buyer] = true
		m.holdings = append(m.holdings, h)
	}
	return nil
}
