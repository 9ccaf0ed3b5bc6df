package server

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
)

// The versions of the protocol.
const (
	RESP2 = 2
	RESP3 = 3
)

// checkProtocol refuses what no connection can have.
func (o *Options) checkProtocol() error {
	switch {
	case o.Protocol != 0 && o.Protocol != RESP2 && o.Protocol != RESP3:
		return fmt.Errorf("--resp %d: want 2 or 3", o.Protocol)
	case o.Protocol == RESP3 && o.NoHello:
		return errors.New("--resp 3 does not go with --no-hello: RESP3 is asked for by HELLO")
	}
	return nil
}

// Flat returns a reply in the types of RESP2, in which contracts are written:
// nil, int64, string, error and []any of these. RESP3 has more for the same.
func Flat(reply any) any {
	switch r := reply.(type) {
	case []any:
		for i := range r {
			r[i] = Flat(r[i])
		}
	case map[any]any:
		list := make([]any, 0, 2*len(r))
		for name, value := range r {
			list = append(list, Flat(name), Flat(value))
		}
		return list
	case bool:
		if r {
			return int64(1)
		}
		return int64(0)
	case float64:
		return strconv.FormatFloat(r, 'f', -1, 64)
	case *big.Int:
		return r.String()
	}
	return reply
}
