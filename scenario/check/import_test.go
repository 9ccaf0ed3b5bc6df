package check

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed is all that the judge may import: nothing that reaches a server, a
// file, a clock or a source of randomness.
var allowed = []string{
	"cmp", "errors", "fmt", "iter", "maps", "math", "math/bits", "runtime", "slices", "sort", "strconv", "strings", "sync", "sync/atomic",
	"github.com/seckill-bench/seckill/scenario/history",
	"github.com/seckill-bench/seckill/scenario/sale",
}

// fromHistory is what it may use of the record: its types, not its files.
var fromHistory = []string{"Attempt", "History", "Head", "Trace", "Tail", "Event", "Signs", "Never", "EndedDone", "EventRestock", "EventStock", "EventFault"}

func TestJudgeIsPure(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range file.Imports {
			if path, _ := strconv.Unquote(imported.Path.Value); !slices.Contains(allowed, path) {
				t.Errorf("%s imports %s", name, path)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, is := n.(*ast.SelectorExpr); is {
				if x, is := s.X.(*ast.Ident); is && x.Name == "history" && !slices.Contains(fromHistory, s.Sel.Name) {
					t.Errorf("%s uses history.%s", name, s.Sel.Name)
				}
			}
			return true
		})
	}
}
