package probe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// A float is a value that was a text, or may have been, when it was sent.
type float struct {
	class string
	node  ast.Expr // where it becomes a number
	key   string   // the same for the same value
	what  string   // as the script writes it, such as ARGV[2]
	name  string   // of the local or the field that holds it, or ""
	asLua bool     // Lua makes the text of it, with 14 digits, and not Redis, with 17
}

// maxTrace bounds how many expressions are looked at to find what a text is made of.
const maxTrace = 64

// A tracer finds the floats that the text of an expression is made of.
type tracer struct {
	*script
	left  int // expressions that it may still look at
	found []float
}

func (s *script) floats(e ast.Expr) []float {
	t := &tracer{script: s, left: maxTrace}
	t.trace(e, "", false)
	return t.found
}

// trace follows names, .. and tostring. It does not follow arithmetic: what
// comes out of that is no id.
func (t *tracer) trace(e ast.Expr, name string, asLua bool) {
	t.left--
	if t.left < 0 {
		return
	}
	switch e := e.(type) {
	case *ast.IdentExpr:
		if value := t.declared(e); value != nil {
			t.trace(value, e.Value, asLua)
		}
	case *ast.StringConcatOpExpr:
		t.trace(e.Lhs, "", true)
		t.trace(e.Rhs, "", true)
	case *ast.FuncCallExpr:
		if args := t.callOf(e, "tostring"); len(args) == 1 {
			t.trace(args[0], name, true)
			return
		}
		t.add(t.throughNumber(e), name, asLua)
	case *ast.AttrGetExpr:
		t.add(t.throughCJSON(e), name, asLua)
	}
}

func (t *tracer) add(f *float, name string, asLua bool) {
	if f == nil {
		return
	}
	if f.name == "" {
		f.name = name
	}
	f.asLua = asLua
	t.found = append(t.found, *f)
}

// declared returns what a local was declared with, if it still is that.
func (s *script) declared(name *ast.IdentExpr) ast.Expr {
	v := s.locals[name]
	if v == nil || v.assigned {
		return nil
	}
	return v.value
}

// throughNumber returns tonumber(ARGV[n]) as a float.
func (s *script) throughNumber(call *ast.FuncCallExpr) *float {
	args := s.callOf(call, "tonumber")
	if len(args) == 0 {
		return nil
	}
	what, isSent := s.argument(args[0])
	if !isSent {
		return nil
	}
	name := ""
	if id, isName := args[0].(*ast.IdentExpr); isName {
		name = id.Value
	}
	return &float{class: IDThroughNumber, node: call, key: what, what: what, name: name}
}

// throughCJSON returns cjson.decode(ARGV[n]).field as a float, unless the script
// sets a field of that name itself.
func (s *script) throughCJSON(get *ast.AttrGetExpr) *float {
	var path []string
	e := ast.Expr(get)
	for range maxHops {
		get, isGet := s.value(e).(*ast.AttrGetExpr)
		if !isGet {
			break
		}
		key, isText := get.Key.(*ast.StringExpr)
		if !isText || s.fields[key.Value] {
			return nil
		}
		path, e = append(path, key.Value), get.Object
	}
	call, isCall := s.value(e).(*ast.FuncCallExpr)
	if !isCall || len(path) == 0 || len(call.Args) != 1 || !s.isMember(call.Func, "cjson", "decode") {
		return nil
	}
	sent, isSent := s.argument(call.Args[0])
	if !isSent {
		return nil
	}
	slices.Reverse(path)
	what := strings.Join(path, ".") + " in the JSON of " + sent
	return &float{class: IDThroughCJSON, node: get, key: what, what: what, name: path[len(path)-1]}
}

// lossyIDs warns of every id that becomes a float and then a text again, at the
// place where it becomes a float.
func (s *script) lossyIDs() []Warning {
	amounts, ordered := s.amounts(), s.keysOf(s.compared)
	seen := map[string]bool{}
	var all []Warning
	for _, call := range s.calls {
		for _, place := range s.places(call) {
			for _, f := range s.floats(place.text) {
				id := f.class + fmt.Sprint(f.node.Line()) + f.key
				if seen[id] || amounts[f.key] || !s.isID(f, place, ordered) {
					continue
				}
				seen[id] = true
				all = append(all, Warning{Line: f.node.Line(), Class: f.class, Text: about(f, place, call.Line())})
			}
		}
	}
	return all
}

// isID says whether a float at a place is an id for sure. A member or a field
// is one. A key may be of a part with a small number, and a value of a stream
// may be anything, unless names tell.
func (s *script) isID(f float, at place, ordered map[string]bool) bool {
	if isPart(f.name) {
		return false
	}
	switch at.role {
	case asKey:
		return !ordered[f.key]
	case asValue:
		label, _ := s.constant(at.label)
		return isIDName(f.name) || isIDName(label)
	}
	return true
}

// amounts returns what the script calculates with, hands to Redis as an amount,
// or asks for its type. All of that is no id, or is looked after.
func (s *script) amounts() map[string]bool {
	all := slices.Clone(s.summed)
	for _, call := range s.calls {
		all = append(all, s.callOf(call, "type")...)
		name, args := s.command(call)
		for _, i := range amountAt[name] {
			if i < len(args) {
				all = append(all, args[i])
			}
		}
	}
	return s.keysOf(all)
}

// keysOf returns the keys of the floats that expressions are, or would be if
// they went through tonumber.
func (s *script) keysOf(all []ast.Expr) map[string]bool {
	keys := map[string]bool{}
	for _, e := range all {
		if what, isSent := s.argument(e); isSent {
			keys[what] = true
		}
		for _, f := range s.floats(e) {
			keys[f.key] = true
		}
	}
	return keys
}

func about(f float, at place, line int) string {
	limit := "above 2^53"
	if f.asLua {
		limit = "of more than 14 digits"
	}
	if f.class == IDThroughNumber {
		return fmt.Sprintf("tonumber makes a float of %s, which is %s in line %d: ids %s lose digits, and two become one; take %s as it comes, a text",
			f.what, at.said(), line, limit, f.what)
	}
	return fmt.Sprintf("%s is %s in line %d: if it arrives as a JSON number, ids %s lose digits, and two become one; send it as a JSON string",
		f.what, at.said(), line, limit)
}
