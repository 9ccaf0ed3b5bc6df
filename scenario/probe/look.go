package probe

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// The classes of warnings.
const (
	NumberAsCondition = "number-as-condition" // the truth of a number is asked, and every number is true
	UndeclaredGlobal  = "undeclared-global"   // a name that is no local, and no global of Redis
	IDThroughNumber   = "id-through-number"   // an id that tonumber makes a float of
	IDThroughCJSON    = "id-through-cjson"    // an id that cjson makes a float of, if it was sent as a number
)

// MaxScript is the longest script, in bytes, that Look reads.
const MaxScript = 1 << 20

// maxDepth bounds how deep statements and expressions may lie in each other.
// Lua itself goes to 200, but counts neither the terms of a sum nor elseif.
const maxDepth = 1000

// A Warning is what the text of a script alone makes suspicious.
type Warning struct {
	File  string
	Line  int    // counted from 1
	Class string // one of the constants above
	Text  string // one sentence: what happens, and what to write instead
}

// Look reads the text of a script, or of a library of Redis Functions, and
// returns its warnings in the order of their lines. They are few, and only of
// what goes wrong whatever the data are: a warning that may be passed over
// teaches its reader to pass over the next one too. The file is only a name, for
// warnings and errors. The text must be Lua 5.1, of MaxScript bytes at most: an
// error says where it is not.
func Look(file string, source []byte) ([]Warning, error) {
	if len(source) > MaxScript {
		return nil, fmt.Errorf("%s: %d bytes, expected a script of at most %d", file, len(source), MaxScript)
	}
	text, library := blankShebang(source)
	if err := checkDepth(file, text); err != nil {
		return nil, err
	}
	chunk, err := parseLua(file, text)
	if err != nil {
		return nil, err
	}
	s, err := readScript(file, chunk, library)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(s.numbersAsConditions(), s.undeclaredGlobals(), s.lossyIDs())
	for i := range all {
		all[i].File = file
	}
	slices.SortStableFunc(all, func(a, b Warning) int { return cmp.Compare(a.Line, b.Line) })
	return all, nil
}

// blankShebang empties a first line that starts with #!, which Redis reads
// itself, but not its end: all lines keep their numbers. Only a library has a name.
func blankShebang(source []byte) (text []byte, library bool) {
	if !bytes.HasPrefix(source, []byte("#!")) {
		return source, false
	}
	first, _, _ := bytes.Cut(source, []byte("\n"))
	return source[len(first):], bytes.Contains(first, []byte(" name="))
}

// parseLua parses a script. Its errors have the form file:line: what is wrong.
func parseLua(file string, source []byte) (chunk []ast.Stmt, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			chunk, err = nil, fmt.Errorf("%s:1: expected Lua 5.1, and the parser gave up: %v", file, reason)
		}
	}()
	chunk, err = parse.Parse(bytes.NewReader(source), file)
	if err == nil {
		return chunk, nil
	}
	var at *parse.Error
	if !errors.As(err, &at) {
		return nil, fmt.Errorf("%s:1: expected Lua 5.1, and the parser gave up: %w", file, err)
	}
	if at.Pos.Line < 1 {
		return nil, fmt.Errorf("%s:%d: expected Lua 5.1: %s at the end of the file", file, 1+bytes.Count(source, []byte("\n")), at.Message)
	}
	return nil, fmt.Errorf("%s:%d: expected Lua 5.1: %s near %q", file, at.Pos.Line, at.Message, at.Token)
}
