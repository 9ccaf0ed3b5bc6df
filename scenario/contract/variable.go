package contract

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A variable is a constant of the contract, or a value that is made anew for
// each item, buyer, request or attempt. A made value is a function of what it
// is made for, and of its own name: made again, it is the same.
type variable struct {
	name string
	// constant is the text of a constant.
	constant string
	// scope is what a value is made for; 0: it is a constant.
	scope name
	gen   string
}

// variableScopes names what values are made for.
var variableScopes = []struct {
	text string
	name name
}{{"attempt", nameAttempt}, {"request", nameRequest}, {"buyer", nameBuyer}, {"item", nameItem}}

// append adds the value to dst. A purchase that has a receipt has its values
// there: releasing, it means those of the purchase it releases.
func (x *variable) append(dst []byte, v *values) []byte {
	if v.p != nil && v.p.Verb != sale.Buy {
		if text, kept := v.p.Receipt[x.name]; kept {
			return append(dst, text...)
		}
	}
	if x.gen == "seq" {
		return strconv.AppendUint(dst, x.number(v), 10)
	}
	seed := x.seed(v)
	switch high, low := binary.BigEndian.Uint64(seed[:]), binary.BigEndian.Uint64(seed[8:]); x.gen {
	case "snowflake": // 18 or 19 digits that fit into 63 bits
		const low18, span = 100_000_000_000_000_000, 9_100_000_000_000_000_000
		return strconv.AppendUint(dst, low18+high%span, 10)
	case "uuid": // RFC 9562, version 4
		high = high&^0xf000 | 0x4000
		low = low&^(3<<62) | 2<<62
		return fmt.Appendf(dst, "%08x-%04x-%04x-%04x-%012x", high>>32, high>>16&0xffff, high&0xffff, low>>48, low&0xffffffffffff)
	}
	return hex.AppendEncode(dst, seed[:16])
}

// number counts what values are made for, from 1.
func (x *variable) number(v *values) uint64 {
	switch x.scope {
	case nameItem:
		return uint64(v.item.Index) + 1
	case nameBuyer:
		return uint64(v.p.BuyerIndex) + 1
	case nameRequest:
		return uint64(v.p.RequestIndex) + 1
	}
	return uint64(v.p.RequestIndex)<<32 + uint64(v.p.Attempt) + 1
}

// seed is a digest of what a value is made for.
func (x *variable) seed(v *values) [sha256.Size]byte {
	var room [256]byte
	text := room[:0]
	word := func(s string) {
		text = binary.BigEndian.AppendUint32(text, uint32(len(s)))
		text = append(text, s...)
	}
	word(x.name)
	if x.scope != nameBuyer {
		word(v.item.ID)
	}
	if x.scope != nameItem {
		word(v.p.Buyer)
	}
	if x.scope == nameRequest || x.scope == nameAttempt {
		word(v.p.Request)
	}
	if x.scope == nameAttempt {
		text = binary.BigEndian.AppendUint32(text, v.p.Attempt)
	}
	return sha256.Sum256(text)
}

func (l *loader) vars(n *yaml.Node) error {
	entries, err := l.entries(n, "vars")
	for _, e := range entries {
		v := variable{name: e.key.Value}
		if err := l.newName(e.key, "vars", v.name); err != nil {
			return err
		}
		if e.value.Kind == yaml.MappingNode {
			err = l.generated(e.value, &v)
		} else {
			v.constant, err = l.text(e.value, "the var "+v.name)
		}
		if err != nil {
			return err
		}
		l.c.vars = append(l.c.vars, v)
	}
	return err
}

func (l *loader) generated(n *yaml.Node, v *variable) error {
	v.scope = nameRequest
	return l.mapping(n, "the var "+v.name,
		field{"gen", "gen: seq, uuid, snowflake or hex", func(n *yaml.Node) (err error) {
			v.gen, err = l.choice(n, "gen", "seq", "uuid", "snowflake", "hex")
			return err
		}},
		field{"scope", "", func(n *yaml.Node) error {
			text, err := l.choice(n, "scope", "attempt", "request", "buyer", "item")
			for _, s := range variableScopes {
				if s.text == text {
					v.scope = s.name
				}
			}
			return err
		}},
	)
}

// newName refuses a name that already means something.
func (l *loader) newName(n *yaml.Node, what, name string) error {
	switch {
	case !keyShape.MatchString(name):
		return l.errorf(n, "%s: the name %q: want letters, digits and underscores", what, name)
	case isTaken(name):
		return l.errorf(n, "%s: %q already means something in a template; want another name", what, name)
	case slices.ContainsFunc(l.c.vars, func(v variable) bool { return v.name == name }):
		return l.errorf(n, "%s: %q is a var already; want another name", what, name)
	}
	return nil
}
