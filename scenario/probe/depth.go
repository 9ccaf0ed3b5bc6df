package probe

import (
	"bytes"
	"fmt"

	"github.com/yuin/gopher-lua/parse"
)

// nesting counts what the parser must hold open at once: blocks, brackets, and
// the operators whose right side comes first.
type nesting struct {
	operators []int // of every open block or bracket, and of the script, in its current expression
	total     int
}

// checkDepth reads the tokens of a script ahead of the parser, whose memory
// grows with what is open, to a gigabyte for a million brackets. A token that is
// none is left to the parser, which says so.
func checkDepth(file string, source []byte) error {
	scanner, lexer := parse.NewScanner(bytes.NewReader(source), file), &parse.Lexer{}
	n := &nesting{operators: []int{0}}
	for {
		token, err := scanner.Scan(lexer)
		if err != nil || token.Type == parse.EOF {
			return nil
		}
		lexer.PrevTokenType = token.Type
		n.take(token.Type)
		if n.total >= maxDepth {
			return fmt.Errorf("%s:%d: expected statements and expressions less than %d deep", file, token.Pos.Line, maxDepth)
		}
	}
}

func (n *nesting) take(token int) {
	switch token {
	case '(', '{', '[', parse.TFunction, parse.TIf, parse.TDo, parse.TRepeat:
		n.operators = append(n.operators, 0)
		n.total++
	case ')', '}', ']', parse.TEnd, parse.TUntil:
		n.reset()
		if len(n.operators) > 1 {
			n.operators = n.operators[:len(n.operators)-1]
			n.total--
		}
	case parse.TNot, parse.T2Comma, '-', '#', '^':
		n.operators[len(n.operators)-1]++
		n.total++
	case ',', ';', '=', parse.TAnd, parse.TOr, parse.TThen, parse.TElse, parse.TElseIf, parse.TLocal, parse.TReturn, parse.TWhile, parse.TFor:
		n.reset()
	}
}

// reset ends the operators of an expression.
func (n *nesting) reset() {
	last := len(n.operators) - 1
	n.total -= n.operators[last]
	n.operators[last] = 0
}
