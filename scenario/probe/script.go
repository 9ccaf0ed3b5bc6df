package probe

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// A variable is one local of a script.
type variable struct {
	value    ast.Expr // what it was declared with; nil where that is not known
	assigned bool     // again, after its declaration
	argv     bool     // it holds the arguments of a function of a library
}

// A globalUse is one place where a name means a global.
type globalUse struct {
	name    string
	line    int
	assigns bool
}

// script is the text of a script, ready for the questions of the classes.
type script struct {
	library  bool
	locals   map[*ast.IdentExpr]*variable // what a name means; those of globals are not in it
	calls    []*ast.FuncCallExpr
	tested   []ast.Expr // whatever is asked for its truth
	summed   []ast.Expr // operands of arithmetic, but for those of %
	compared []ast.Expr // operands of < > <= >=
	globals  []globalUse
	fields   map[string]bool // names of fields that the script itself assigns
}

// readScript resolves the names of a chunk and collects what the classes ask for.
func readScript(file string, chunk []ast.Stmt, library bool) (*script, error) {
	w := &walker{
		script: &script{library: library, locals: map[*ast.IdentExpr]*variable{}, fields: map[string]bool{}},
		scope:  map[string][]*variable{},
	}
	w.block(chunk)
	if w.tooDeep > 0 {
		return nil, fmt.Errorf("%s:%d: expected statements and expressions less than %d deep", file, w.tooDeep, maxDepth)
	}
	return w.script, nil
}

// value follows names to the expression that they were declared with, as long
// as nothing else was assigned to them.
func (s *script) value(e ast.Expr) ast.Expr {
	for range maxHops {
		name, isName := e.(*ast.IdentExpr)
		if !isName {
			return e
		}
		v := s.locals[name]
		if v == nil || v.assigned || v.value == nil {
			return e
		}
		e = v.value
	}
	return e
}

// maxHops bounds how many names are followed from one to the next.
const maxHops = 16

// isGlobal says whether an expression is the global of that name.
func (s *script) isGlobal(e ast.Expr, name string) bool {
	id, isName := e.(*ast.IdentExpr)
	return isName && id.Value == name && s.locals[id] == nil
}

// isMember says whether an expression is table.name, or a local that holds it.
func (s *script) isMember(e ast.Expr, table, name string) bool {
	get, isGet := s.value(e).(*ast.AttrGetExpr)
	if !isGet {
		return false
	}
	key, isText := get.Key.(*ast.StringExpr)
	return isText && key.Value == name && s.isGlobal(s.value(get.Object), table)
}

// callOf returns the arguments of a call of a global function, nil of any other
// expression.
func (s *script) callOf(e ast.Expr, name string) []ast.Expr {
	call, isCall := e.(*ast.FuncCallExpr)
	if !isCall || call.Func == nil || !s.isGlobal(s.value(call.Func), name) {
		return nil
	}
	return call.Args
}

// command returns what a call asks Redis: the name of the command in capitals
// and its arguments, or "" where it is no call of Redis or the name is not known.
func (s *script) command(call *ast.FuncCallExpr) (name string, args []ast.Expr) {
	if call.Func == nil || len(call.Args) == 0 {
		return "", nil
	}
	for _, table := range []string{"redis", "server"} {
		if s.isMember(call.Func, table, "call") || s.isMember(call.Func, table, "pcall") {
			text, _ := s.constant(call.Args[0])
			return strings.ToUpper(text), call.Args[1:]
		}
	}
	return "", nil
}

// constant returns the text that an expression always has.
func (s *script) constant(e ast.Expr) (string, bool) {
	switch e := s.value(e).(type) {
	case *ast.StringExpr:
		return e.Value, true
	case *ast.NumberExpr:
		return e.Value, true
	}
	return "", false
}

// argument says which of the texts sent with the script an expression is, such
// as ARGV[2]: one of ARGV, one of KEYS, or an argument of a function.
func (s *script) argument(e ast.Expr) (string, bool) {
	get, isGet := s.value(e).(*ast.AttrGetExpr)
	if !isGet {
		return "", false
	}
	of, isName := get.Object.(*ast.IdentExpr)
	if !isName {
		return "", false
	}
	v := s.locals[of]
	if v == nil && of.Value != "ARGV" && of.Value != "KEYS" || v != nil && !v.argv {
		return "", false
	}
	index, isNumber := get.Key.(*ast.NumberExpr)
	if !isNumber {
		return "", false
	}
	if _, err := strconv.Atoi(index.Value); err != nil {
		return "", false
	}
	return of.Value + "[" + index.Value + "]", true
}
