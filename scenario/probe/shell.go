package probe

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seckill-bench/seckill/scenario/contract"
)

// A sheet writes commands as lines that a person can paste into a POSIX shell,
// which then sends the same bytes.
type sheet struct {
	// client is redis-cli, with what it needs to find its server.
	client string
	// scripts lie in files where the shell is.
	scripts []contract.Script
	// loaded is whether the server has been told to remember them.
	loaded bool
}

// lines are the lines that send a command; none for what only a program needs.
func (s *sheet) lines(args []any) []string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = fmt.Sprint(arg)
	}
	switch strings.ToUpper(words[0]) {
	case "SCRIPT":
		return nil
	case "FUNCTION":
		return s.library()
	case "EVALSHA", "EVAL":
		return s.call(words)
	}
	return []string{s.command(words)}
}

// library loads a library of functions from its file, once. A program looks
// first whether it is there.
func (s *sheet) library() []string {
	if s.loaded {
		return nil
	}
	s.loaded = true
	return []string{s.client + " -x FUNCTION LOAD REPLACE < " + Quote(s.scripts[0].File)}
}

// call calls a script by the text in its file. Words that no shell can pass go
// another way, on which there is no room for the text.
func (s *sheet) call(words []string) []string {
	for i := range s.scripts {
		script := &s.scripts[i]
		if words[1] != script.SHA1 && words[1] != string(script.Source) {
			continue
		}
		file := Quote(script.File)
		if !passes(words[2:]) {
			line := s.command(append([]string{"EVALSHA", script.SHA1}, words[2:]...))
			if s.loaded {
				return []string{line}
			}
			s.loaded = true
			return []string{s.client + " -x SCRIPT LOAD < " + file, line}
		}
		return []string{s.client + ` EVAL "$(cat ` + file + `)" ` + quoteAll(words[2:])}
	}
	return []string{s.command(words)}
}

// command is one command, passed as words or, where it holds bytes that no
// shell can pass or no person can see, as a line for the client to read.
func (s *sheet) command(words []string) string {
	if passes(words) {
		return s.client + " " + quoteAll(words)
	}
	escaped := make([]string, len(words))
	for i, word := range words {
		escaped[i] = escape(word)
	}
	return `printf '%s\n' ` + Quote(strings.Join(escaped, " ")) + " | " + s.client
}

// passes reports whether a shell can pass all words, and a person see them.
func passes(words []string) bool {
	for _, word := range words {
		if !utf8.ValidString(word) || strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return false
		}
	}
	return true
}

func quoteAll(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = Quote(word)
	}
	return strings.Join(quoted, " ")
}

// plainWord needs no quotes in a POSIX shell.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

// Quote returns a word as a POSIX shell takes it for itself.
func Quote(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// escape returns a word as redis-cli reads it from a line: in quotes, what is
// no printable ASCII as its bytes.
func escape(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(word) {
		switch c := word[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
