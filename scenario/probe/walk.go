package probe

import (
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// walker goes through a chunk once and fills its script.
type walker struct {
	*script
	scope    map[string][]*variable // the locals of each name, the innermost last
	declared []string               // names in the order of their declaration
	depth    int
	tooDeep  int // the line where maxDepth was passed, or 0
	caught   int // functions around this place whose errors pcall catches
}

// enter counts one level more, and says whether there is still room for it.
func (w *walker) enter(at ast.PositionHolder) bool {
	w.depth++
	if w.depth >= maxDepth && w.tooDeep == 0 {
		w.tooDeep = max(at.Line(), 1)
	}
	return w.tooDeep == 0
}

func (w *walker) declare(name string, v *variable) {
	w.scope[name] = append(w.scope[name], v)
	w.declared = append(w.declared, name)
}

// leave forgets all locals but the first n.
func (w *walker) leave(n int) {
	for _, name := range w.declared[n:] {
		w.scope[name] = w.scope[name][:len(w.scope[name])-1]
	}
	w.declared = w.declared[:n]
}

func (w *walker) lookUp(name string) *variable {
	all := w.scope[name]
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// block walks statements in a scope of their own, in which names are declared.
func (w *walker) block(statements []ast.Stmt, names ...string) {
	n := len(w.declared)
	for _, name := range names {
		w.declare(name, &variable{})
	}
	for _, statement := range statements {
		w.statement(statement)
	}
	w.leave(n)
}

func (w *walker) statement(statement ast.Stmt) {
	defer func() { w.depth-- }()
	if !w.enter(statement) {
		return
	}
	switch st := statement.(type) {
	case *ast.AssignStmt:
		w.assign(st)
	case *ast.LocalAssignStmt:
		w.local(st)
	case *ast.FuncCallStmt:
		w.expr(st.Expr)
	case *ast.DoBlockStmt:
		w.block(st.Stmts)
	case *ast.WhileStmt:
		w.test(st.Condition)
		w.block(st.Stmts)
	case *ast.RepeatStmt:
		w.repeat(st)
	case *ast.IfStmt:
		w.test(st.Condition)
		w.block(st.Then)
		w.block(st.Else)
	case *ast.NumberForStmt:
		w.exprs(st.Init, st.Limit, st.Step)
		w.block(st.Stmts, st.Name)
	case *ast.GenericForStmt:
		w.exprs(st.Exprs...)
		w.block(st.Stmts, st.Names...)
	case *ast.FuncDefStmt:
		w.define(st)
	case *ast.ReturnStmt:
		w.exprs(st.Exprs...)
	}
}

func (w *walker) assign(st *ast.AssignStmt) {
	w.exprs(st.Rhs...)
	for _, e := range st.Lhs {
		w.target(e)
	}
}

// target walks an expression that something is assigned to.
func (w *walker) target(e ast.Expr) {
	if name, isName := e.(*ast.IdentExpr); isName {
		w.name(name, true)
		return
	}
	if get, isGet := e.(*ast.AttrGetExpr); isGet {
		if key, isText := get.Key.(*ast.StringExpr); isText {
			w.fields[key.Value] = true
		}
	}
	w.expr(e)
}

// local declares after its expressions are walked, but for a function, which
// may call itself. The parser does not tell "local function f" from "local f =
// function", so the second is taken for the first.
func (w *walker) local(st *ast.LocalAssignStmt) {
	if len(st.Names) == 1 && len(st.Exprs) == 1 {
		if f, isFunction := st.Exprs[0].(*ast.FunctionExpr); isFunction {
			w.declare(st.Names[0], &variable{value: f})
			w.expr(f)
			return
		}
	}
	w.exprs(st.Exprs...)
	for i, name := range st.Names {
		v := &variable{}
		if i < len(st.Exprs) {
			v.value = st.Exprs[i]
		}
		w.declare(name, v)
	}
}

// repeat walks a loop whose condition sees the locals of its body.
func (w *walker) repeat(st *ast.RepeatStmt) {
	n := len(w.declared)
	for _, inner := range st.Stmts {
		w.statement(inner)
	}
	w.test(st.Condition)
	w.leave(n)
}

func (w *walker) define(st *ast.FuncDefStmt) {
	if st.Name.Func != nil {
		w.target(st.Name.Func)
		w.expr(st.Func)
		return
	}
	w.expr(st.Name.Receiver)
	n := len(w.declared)
	w.declare("self", &variable{})
	w.expr(st.Func)
	w.leave(n)
}

func (w *walker) exprs(all ...ast.Expr) {
	for _, e := range all {
		if e != nil {
			w.expr(e)
		}
	}
}

func (w *walker) expr(e ast.Expr) { w.visit(e, false) }

// test walks an expression that is asked for its truth.
func (w *walker) test(e ast.Expr) { w.visit(e, true) }

// visit walks an expression. Where it is tested, so are the operands of and,
// or and not. Elsewhere "x or default" and "test and x or y" are the idioms for
// a value, and only what stands before and is a test.
func (w *walker) visit(e ast.Expr, tested bool) {
	defer func() { w.depth-- }()
	if !w.enter(e) {
		return
	}
	switch e := e.(type) {
	case *ast.LogicalOpExpr:
		if name := comparedToo(e); name != nil {
			w.expr(name)
		} else {
			w.visit(e.Lhs, tested || e.Operator == "and")
		}
		w.visit(e.Rhs, tested)
		return
	case *ast.UnaryNotOpExpr:
		w.test(e.Expr)
		return
	}
	if tested {
		w.tested = append(w.tested, e)
	}
	w.operands(e)
}

func (w *walker) operands(e ast.Expr) {
	switch e := e.(type) {
	case *ast.IdentExpr:
		w.name(e, false)
	case *ast.AttrGetExpr:
		w.exprs(e.Object, e.Key)
	case *ast.TableExpr:
		for _, field := range e.Fields {
			w.exprs(field.Key, field.Value)
		}
	case *ast.FuncCallExpr:
		w.call(e)
	case *ast.RelationalOpExpr:
		if e.Operator != "==" && e.Operator != "~=" {
			w.compared = append(w.compared, e.Lhs, e.Rhs)
		}
		w.exprs(e.Lhs, e.Rhs)
	case *ast.StringConcatOpExpr:
		w.exprs(e.Lhs, e.Rhs)
	case *ast.ArithmeticOpExpr:
		// An id is no number, but many shards are found as id % shards.
		if e.Operator != "%" {
			w.summed = append(w.summed, e.Lhs, e.Rhs)
		}
		w.exprs(e.Lhs, e.Rhs)
	case *ast.UnaryMinusOpExpr:
		w.summed = append(w.summed, e.Expr)
		w.expr(e.Expr)
	case *ast.UnaryLenOpExpr:
		w.expr(e.Expr)
	case *ast.FunctionExpr:
		w.function(e)
	}
}

func (w *walker) name(id *ast.IdentExpr, assigns bool) {
	v := w.lookUp(id.Value)
	switch {
	case v != nil:
		w.locals[id] = v
		v.assigned = v.assigned || assigns
	case w.caught == 0:
		w.globals = append(w.globals, globalUse{id.Value, id.Line(), assigns})
	}
}

func (w *walker) call(e *ast.FuncCallExpr) {
	w.calls = append(w.calls, e)
	w.exprs(e.Func, e.Receiver)
	catches := e.Func != nil && (w.isGlobal(e.Func, "pcall") || w.isGlobal(e.Func, "xpcall"))
	for _, arg := range e.Args {
		_, isFunction := arg.(*ast.FunctionExpr)
		if catches && isFunction {
			w.caught++
		}
		w.expr(arg)
		if catches && isFunction {
			w.caught--
		}
	}
}

// function walks a body. A function with ... has a local arg in Lua 5.1. In a
// library, Redis hands a function its keys and its arguments.
func (w *walker) function(e *ast.FunctionExpr) {
	n := len(w.declared)
	for i, name := range e.ParList.Names {
		isArgv := w.library && i == 1 && slices.Contains([]string{"args", "argv"}, strings.ToLower(name))
		w.declare(name, &variable{argv: isArgv})
	}
	if e.ParList.HasVargs {
		w.declare("arg", &variable{})
	}
	w.block(e.Stmts)
	w.leave(n)
}

// comparedToo returns the name that is asked for its truth only to be compared
// in the same breath, as in "n and n == 1": careful, and not wrong. It is nil
// where there is none.
func comparedToo(e *ast.LogicalOpExpr) *ast.IdentExpr {
	asked := e.Lhs
	if not, isNot := asked.(*ast.UnaryNotOpExpr); isNot {
		asked = not.Expr
	}
	name, isName := asked.(*ast.IdentExpr)
	compared, isCompared := e.Rhs.(*ast.RelationalOpExpr)
	if isName && isCompared && (isNamed(compared.Lhs, name.Value) || isNamed(compared.Rhs, name.Value)) {
		return name
	}
	return nil
}

// isNamed says whether an expression is a name, or a function of one.
func isNamed(e ast.Expr, name string) bool {
	if call, isCall := e.(*ast.FuncCallExpr); isCall && len(call.Args) == 1 {
		e = call.Args[0]
	}
	id, isName := e.(*ast.IdentExpr)
	return isName && id.Value == name
}
