package contract

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// readers are the commands that change nothing, as Redis itself flags them. Those that
// wait, subscribe or go through the whole server are not among them.
var readers = []string{
	"PING", "EXISTS", "TYPE", "TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME", "DUMP",
	"GET", "MGET", "STRLEN", "GETRANGE", "GETBIT", "BITCOUNT", "BITPOS", "BITFIELD_RO", "LCS",
	"HGET", "HMGET", "HGETALL", "HKEYS", "HVALS", "HLEN", "HEXISTS", "HSTRLEN", "HRANDFIELD", "HSCAN",
	"LLEN", "LRANGE", "LINDEX", "LPOS",
	"SCARD", "SISMEMBER", "SMISMEMBER", "SMEMBERS", "SRANDMEMBER", "SSCAN", "SINTER", "SINTERCARD", "SUNION", "SDIFF",
	"ZCARD", "ZCOUNT", "ZLEXCOUNT", "ZSCORE", "ZMSCORE", "ZRANK", "ZREVRANK", "ZRANGE", "ZRANGEBYSCORE", "ZREVRANGE",
	"ZREVRANGEBYSCORE", "ZRANGEBYLEX", "ZREVRANGEBYLEX", "ZRANDMEMBER", "ZSCAN", "ZINTER", "ZINTERCARD", "ZUNION", "ZDIFF",
	"GEODIST", "GEOHASH", "GEOPOS", "GEOSEARCH", "XLEN", "XRANGE", "XREVRANGE",
	"SORT_RO", "EVALSHA_RO", "FCALL_RO",
}

// MustRead returns an error unless a command is known to change nothing.
func MustRead(command string) error {
	word, _, _ := strings.Cut(command, " ")
	if !slices.Contains(readers, strings.ToUpper(word)) {
		return fmt.Errorf("%s is not among the commands that are known to change nothing, such as GET, MGET, HGETALL, LLEN, SMEMBERS or ZRANGE", word)
	}
	return nil
}

// A Reading is a command that changes nothing, made for one item or another. It is
// safe for use by many goroutines.
type Reading struct {
	c     *Contract
	words []operand
}

// NewReading reads a command as a person types it, GET $stock: words with blanks
// between them, of which $KEY is a key of the contract, and {{item}} and what else is
// known of an item may be in the others. A nil contract has no keys. An error says
// which word is wrong.
func NewReading(c *Contract, command string) (*Reading, error) {
	if err := MustRead(command); err != nil {
		return nil, err
	}
	if c == nil {
		c = &Contract{Quantity: 1, prepared: new(sync.Map)}
	}
	r := &Reading{c: c}
	for word := range strings.FieldsSeq(command) {
		o, err := r.operand(word)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", word, err)
		}
		r.words = append(r.words, o)
	}
	return r, nil
}

func (r *Reading) operand(word string) (operand, error) {
	name, isKey := strings.CutPrefix(word, "$")
	if !isKey {
		text, err := parseTemplate(word, scope{names: itemNames, vars: r.c.vars})
		return operand{key: -1, text: text}, err
	}
	i := slices.IndexFunc(r.c.keys, func(k key) bool { return k.name == name })
	switch {
	case i < 0 && len(r.c.keys) == 0:
		return operand{}, errors.New("there is no contract that names a key; want the key itself, like item:{{item}}:stock")
	case i < 0:
		return operand{}, r.c.HasKey(name)
	case r.c.keys[i].own():
		return operand{}, errors.New("that key is a buyer's or a request's own, and here is none")
	}
	return operand{key: i}, nil
}

// Words are those of the command for an item. Errors are those of Keys, or a
// template's.
func (r *Reading) Words(item sale.Item) ([]any, error) {
	p, err := r.c.prepare(item, r.c.Quantity)
	if err != nil {
		return nil, err
	}
	v := r.c.values(item, r.c.Quantity)
	var words []any
	for i := range r.words {
		if words, err = new(opening).word(r.c, p, &v, &r.words[i], words); err != nil {
			return nil, err
		}
	}
	return words, nil
}
