package probe

import (
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// A role is what a text is to a command.
type role string

// The roles in which an id is written or looked for.
const (
	asKey    role = "the key"
	asMember role = "a member"
	asField  role = "a field"
	asValue  role = "a value"
)

// A place is one argument of a command in which an id may stand.
type place struct {
	command string
	role    role
	text    ast.Expr
	label   ast.Expr // the field before a value, else nil
}

func (p place) said() string { return string(p.role) + " of " + p.command }

// A span is a row of arguments: the first, counted from the key as 0, and the
// distance to the next one, 0 where there is none.
type span struct {
	role       role
	first, gap int
}

// idAt says where the commands take a member or a field. Source: the command
// reference of Redis. ZADD and XADD have options before, and are not here.
var idAt = map[string]span{
	"SADD": {asMember, 1, 1}, "SREM": {asMember, 1, 1}, "SISMEMBER": {asMember, 1, 0}, "SMISMEMBER": {asMember, 1, 1},
	"SMOVE": {asMember, 2, 0}, "ZREM": {asMember, 1, 1}, "ZSCORE": {asMember, 1, 0}, "ZRANK": {asMember, 1, 0},
	"ZREVRANK": {asMember, 1, 0}, "ZMSCORE": {asMember, 1, 1}, "ZINCRBY": {asMember, 2, 0},
	"HSET": {asField, 1, 2}, "HMSET": {asField, 1, 2}, "HSETNX": {asField, 1, 0}, "HGET": {asField, 1, 0},
	"HMGET": {asField, 1, 1}, "HEXISTS": {asField, 1, 0}, "HDEL": {asField, 1, 1}, "HSTRLEN": {asField, 1, 0},
	"HINCRBY": {asField, 1, 0}, "HINCRBYFLOAT": {asField, 1, 0},
	"EXISTS": {asKey, 1, 1}, "DEL": {asKey, 1, 1}, "UNLINK": {asKey, 1, 1},
}

// amountAt says where the commands take a number that is meant as one.
var amountAt = map[string][]int{
	"INCRBY": {1}, "DECRBY": {1}, "INCRBYFLOAT": {1}, "HINCRBY": {2}, "HINCRBYFLOAT": {2}, "ZINCRBY": {1},
	"EXPIRE": {1}, "PEXPIRE": {1}, "EXPIREAT": {1}, "PEXPIREAT": {1}, "SETEX": {1}, "PSETEX": {1},
}

// noKeyFirst holds the commands whose first argument is no key.
var noKeyFirst = []string{
	"", "ECHO", "PING", "SELECT", "PUBLISH", "SPUBLISH", "OBJECT", "MEMORY", "SCAN", "TIME", "INFO", "WAIT", "EVAL", "EVALSHA",
	"XREAD", "XREADGROUP", "XGROUP", "XINFO", "BITOP", "SINTERCARD", "ZINTERCARD", "ZUNION", "ZINTER", "ZDIFF", "LMPOP", "ZMPOP",
	"COMMAND", "CONFIG", "DEBUG", "ACL", "CLUSTER", "LATENCY", "SLOWLOG", "SCRIPT", "FUNCTION", "FCALL", "CLIENT", "KEYS",
}

// places returns the arguments of a call of Redis in which an id may stand.
func (s *script) places(call *ast.FuncCallExpr) []place {
	name, args := s.command(call)
	if len(args) == 0 || slices.Contains(noKeyFirst, name) {
		return nil
	}
	all := []place{{command: name, role: asKey, text: args[0]}}
	switch name {
	case "ZADD":
		return append(all, s.members(args)...)
	case "XADD":
		return append(all, s.entries(args)...)
	}
	at, known := idAt[name]
	for i := at.first; known && i < len(args); i += at.gap {
		all = append(all, place{command: name, role: at.role, text: args[i]})
		if at.gap == 0 {
			break
		}
	}
	return all
}

// skipOptions returns the index of the first argument behind the key that is
// none of the words, in capitals.
func (s *script) skipOptions(args []ast.Expr, words ...string) int {
	for i := 1; i < len(args); i++ {
		if word, _ := s.constant(args[i]); !slices.Contains(words, strings.ToUpper(word)) {
			return i
		}
	}
	return len(args)
}

// members returns the members of ZADD: after the options, every second argument.
func (s *script) members(args []ast.Expr) []place {
	var all []place
	for i := s.skipOptions(args, "NX", "XX", "GT", "LT", "CH", "INCR") + 1; i < len(args); i += 2 {
		all = append(all, place{command: "ZADD", role: asMember, text: args[i]})
	}
	return all
}

// entries returns the values of XADD, each with its field. Before them stand
// the options, which are known by their words, and the id of the entry.
func (s *script) entries(args []ast.Expr) []place {
	i := s.skipOptions(args, "NOMKSTREAM")
	if i < len(args) {
		if word, _ := s.constant(args[i]); slices.Contains([]string{"MAXLEN", "MINID"}, strings.ToUpper(word)) {
			i = s.trimmed(args, i+1)
		}
	}
	var all []place
	for i += 2; i < len(args); i += 2 {
		all = append(all, place{command: "XADD", role: asValue, text: args[i], label: args[i-1]})
	}
	return all
}

// trimmed returns the index behind the options of trimming, from behind the
// first word of them. LIMIT and its number are two, as a field and its value
// are, and may stay.
func (s *script) trimmed(args []ast.Expr, i int) int {
	if i < len(args) {
		if sign, _ := s.constant(args[i]); sign == "=" || sign == "~" {
			i++
		}
	}
	return i + 1
}

// idNames holds the words that name an id, and, with Id behind, do so too.
var idNames = []string{"user", "buyer", "customer", "member", "order", "voucher", "item", "goods", "request"}

// isIDName says whether a name is one of an id: id, uid, userId, order_id, buyer.
func isIDName(name string) bool {
	lower := strings.ToLower(name)
	whose := strings.TrimSuffix(lower, "id")
	return lower == "id" || lower == "uid" || slices.Contains(idNames, whose) ||
		strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "_id") || strings.HasSuffix(name, "ID")
}

// isPart says whether a name is one of a part that is counted from 0 or 1.
func isPart(name string) bool {
	lower := strings.ToLower(name)
	return slices.ContainsFunc([]string{"bucket", "shard", "slot", "part", "index", "day", "hour"}, func(part string) bool {
		return strings.HasSuffix(lower, part)
	})
}
