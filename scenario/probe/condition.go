package probe

import (
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

// answersNumber holds the commands whose reply is an integer whatever the data
// and the options are, with the comparison that its truth is mistaken for.
// Source: the command reference of Redis, "Integer reply". Not here is what may
// answer nil too, such as ZRANK, and ZADD, which INCR makes one of those: see
// answers.
var answersNumber = map[string]string{
	"EXISTS": "== 1", "DEL": "> 0", "UNLINK": "> 0", "TOUCH": "> 0", "COPY": "== 1", "RENAMENX": "== 1",
	"EXPIRE": "== 1", "PEXPIRE": "== 1", "EXPIREAT": "== 1", "PEXPIREAT": "== 1", "PERSIST": "== 1",
	"TTL": "> 0", "PTTL": "> 0", "EXPIRETIME": "> 0", "PEXPIRETIME": "> 0",

	"SETNX": "== 1", "MSETNX": "== 1", "APPEND": "> 0", "STRLEN": "> 0", "SETRANGE": "> 0",
	"INCR": "> 0", "DECR": ">= 0", "INCRBY": "> 0", "DECRBY": ">= 0",
	"GETBIT": "== 1", "SETBIT": "== 1", "BITCOUNT": "> 0", "BITPOS": ">= 0", "BITOP": "> 0",

	"HSET": "> 0", "HSETNX": "== 1", "HEXISTS": "== 1", "HDEL": "> 0", "HLEN": "> 0", "HSTRLEN": "> 0",
	"HINCRBY": "> 0",

	"LLEN": "> 0", "LPUSH": "> 0", "RPUSH": "> 0", "LPUSHX": "> 0", "RPUSHX": "> 0", "LREM": "> 0",
	"LINSERT": "> 0",

	"SADD": "> 0", "SREM": "> 0", "SISMEMBER": "== 1", "SCARD": "> 0", "SMOVE": "== 1",
	"SUNIONSTORE": "> 0", "SINTERSTORE": "> 0", "SDIFFSTORE": "> 0", "SINTERCARD": "> 0",

	"ZREM": "> 0", "ZCARD": "> 0", "ZCOUNT": "> 0", "ZLEXCOUNT": "> 0",
	"ZREMRANGEBYRANK": "> 0", "ZREMRANGEBYSCORE": "> 0", "ZREMRANGEBYLEX": "> 0",

	"XLEN": "> 0", "XDEL": "> 0", "XTRIM": "> 0", "XACK": "> 0",
	"PFADD": "== 1", "PFCOUNT": "> 0", "PUBLISH": "> 0",
}

// numbersAsConditions warns of tests that ask the truth of a number.
func (s *script) numbersAsConditions() []Warning {
	var all []Warning
	for _, e := range s.tested {
		name, comparison := s.answers(e)
		if comparison == "" {
			continue
		}
		all = append(all, Warning{Line: e.Line(), Class: NumberAsCondition, Text: fmt.Sprintf(
			"%s answers a number, and to Lua 0 is as true as 1, so this test always finds it true: compare the reply, as in %s", name, comparison)})
	}
	return all
}

// answers returns the command whose integer reply an expression is, and the
// comparison to make of it; "" for any other expression.
func (s *script) answers(e ast.Expr) (name, comparison string) {
	call, isCall := s.value(e).(*ast.FuncCallExpr)
	if !isCall {
		return "", ""
	}
	name, args := s.command(call)
	if name == "ZADD" && len(args) == 3 && !isList(args[2]) {
		return name, "== 1" // without room for an option, it counts what it added
	}
	return name, answersNumber[name]
}

// isList says whether an expression may stand for several values.
func isList(e ast.Expr) bool {
	switch e.(type) {
	case *ast.FuncCallExpr, *ast.Comma3Expr:
		return true
	}
	return false
}
