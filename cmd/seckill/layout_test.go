package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/seckill-bench/seckill/"

// mayImport is the whole dependency graph of the project: what each package
// may import of ours, and which libraries belong to it alone.
var mayImport = map[string][]string{
	"lua":               {},
	"scenario/sale":     {},
	"scenario/arrival":  {},
	"scenario/history":  {"scenario/sale"},
	"scenario/contract": {"scenario/sale"},
	"scenario/check":    {"scenario/history", "scenario/sale"},
	"scenario/server":   {},
	"scenario/conn":     {"scenario/server"},
	"scenario/order":    {"scenario/sale"},
	"scenario/trace":    {"scenario/contract", "scenario/history", "scenario/sale"},
	"scenario/saletest": {"scenario", "scenario/arrival", "scenario/check", "scenario/conn", "scenario/history", "scenario/sale", "scenario/server", "scenario/strategy"},
	"scenario/fault":    {"scenario/conn", "scenario/sale", "scenario/server"},
	"scenario/strategy": {"scenario/sale", "scenario/contract", "lua"},
	"scenario": {
		"scenario/sale", "scenario/arrival", "scenario/history", "scenario/conn", "scenario/server", "scenario/fault",
		"scenario/strategy", "scenario/contract", "scenario/order",
	},
	"scenario/probe": {
		"scenario/sale", "scenario/history", "scenario/conn", "scenario/server", "scenario/strategy", "scenario/contract",
	},
	"scenario/compare":  {},
	"scenario/capacity": {},
	"report":            {"scenario/check", "scenario/history", "scenario/sale", "scenario/compare", "scenario/capacity"},
	"cmd/seckill": {
		"lua", "report", "scenario", "scenario/arrival", "scenario/capacity", "scenario/check", "scenario/compare", "scenario/conn", "scenario/contract", "scenario/fault", "scenario/history", "scenario/order",
		"scenario/probe", "scenario/sale", "scenario/server", "scenario/strategy", "scenario/trace",
	},

	// A PostgreSQL for the tests of several packages; no program links it.
	"scenario/order/postgrestest": {},
}

// onlyIn holds the libraries that must not spread: the files that may import them.
var onlyIn = map[string][]string{
	"github.com/redis/go-redis":       {"scenario/server/", "scenario/conn/"},
	"github.com/alicebob/miniredis":   {"scenario/server/"},
	"github.com/yuin/gopher-lua":      {"scenario/probe/"},
	"modernc.org/sqlite":              {"scenario/order/"},
	"github.com/jackc/pgx":            {"scenario/order/"},
	"github.com/prometheus":           {"report/exporter.go"},
	"github.com/HdrHistogram":         {"report/histogram.go"},
	"github.com/parquet-go":           {"scenario/history/"},
	"gonum.org/v1/plot":               {"report/plot"},
	"github.com/vbauerster/mpb":       {"cmd/seckill/progress.go"},
	"github.com/alecthomas/kong":      {"cmd/seckill/"},
	"go.yaml.in/yaml":                 {"scenario/contract/", "scenario/load.go", "scenario/variant.go", "scenario/background_yaml.go", "scenario/crowd_yaml.go", "scenario/fault/fault.go", "report/"},
	"github.com/anishathalye":         {},
	"github.com/chromedp":             {},
	"pgregory.net/rapid":              {},
	"github.com/rogpeppe/go-internal": {},
}

// The limits of a file and a function, in lines.
const (
	maxFile     = 450
	maxFunction = 80
)

func TestLayout(t *testing.T) {
	files := token.NewFileSet()
	seen := 0
	err := filepath.WalkDir("../..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") {
			return err
		}
		seen++
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel("../..", name)
		checkSizes(t, files, rel, file)
		if !strings.HasSuffix(name, "_test.go") {
			checkImports(t, filepath.ToSlash(rel), file)
			checkHabits(t, filepath.ToSlash(rel), file)
		}
		return nil
	})
	if err != nil || seen < 20 {
		t.Fatalf("read %d files: %v", seen, err)
	}
}

func checkSizes(t *testing.T, files *token.FileSet, name string, file *ast.File) {
	if lines := files.Position(file.End()).Line; lines > maxFile {
		t.Errorf("%s has %d lines, more than %d", name, lines, maxFile)
	}
	for _, decl := range file.Decls {
		f, isFunc := decl.(*ast.FuncDecl)
		if !isFunc {
			continue
		}
		if lines := files.Position(f.End()).Line - files.Position(f.Pos()).Line + 1; lines > maxFunction {
			t.Errorf("%s: %s has %d lines, more than %d", name, f.Name.Name, lines, maxFunction)
		}
	}
}

func checkImports(t *testing.T, name string, file *ast.File) {
	pkg := path.Dir(name)
	allowed, known := mayImport[pkg]
	if !known {
		t.Errorf("%s: package %s is not on the allow-list", name, pkg)
	}
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		if ours, found := strings.CutPrefix(imported, module); found && !slices.Contains(allowed, ours) {
			t.Errorf("%s imports %s; %s may import only %v", name, ours, pkg, allowed)
		}
		for library, places := range onlyIn {
			inPlace := func(place string) bool { return strings.HasPrefix(name, place) }
			if strings.HasPrefix(imported, library) && !slices.ContainsFunc(places, inPlace) {
				t.Errorf("%s imports %s, which belongs to %v alone", name, imported, places)
			}
		}
	}
}

// checkHabits refuses init functions and exits outside package main.
func checkHabits(t *testing.T, name string, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				t.Errorf("%s has an init function", name)
			}
		case *ast.SelectorExpr:
			on, isName := n.X.(*ast.Ident)
			exits := isName && (on.Name == "os" && n.Sel.Name == "Exit" || on.Name == "log" && strings.HasPrefix(n.Sel.Name, "Fatal"))
			if exits && path.Dir(name) != "cmd/seckill" {
				t.Errorf("%s calls %s.%s; only main ends the process", name, on.Name, n.Sel.Name)
			}
		}
		return true
	})
}
