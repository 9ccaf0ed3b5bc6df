package main

import (
	"bytes"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
	"testing"
)

// TestManual runs every command of the manual, in order, in one empty folder,
// and holds what it prints against what the manual says. In the manual … stands
// for any text within a line, and a line of … alone for any number of lines.
func TestManual(t *testing.T) {
	commands := manual(t)
	t.Chdir(t.TempDir())
	if len(commands) < 5 {
		t.Fatalf("the manual shows %d commands", len(commands))
	}
	for _, c := range commands {
		var out, errs bytes.Buffer // progress goes to errs, and so do mistakes
		if code := Main(t.Context(), t.Context(), strings.Fields(strings.ReplaceAll(c.line, "'", ""))[1:], &out, &errs); code == exitUsage {
			out.Write(errs.Bytes())
		}
		if got := out.String(); !c.want.MatchString(got) {
			t.Errorf("$ %s\nprints\n%s\nwhich is not what the manual says:\n%s", c.line, got, c.text)
		}
	}
}

type manualCommand struct {
	line, text string
	want       *regexp.Regexp
}

// manual reads the commands from the indented blocks of the package comment.
func manual(t *testing.T) (commands []manualCommand) {
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(file.Doc.Text(), "\n\t$ ")[1:] {
		lines := strings.Split(block, "\n")
		c := manualCommand{line: lines[0]}
		for _, line := range lines[1:] {
			if !strings.HasPrefix(line, "\t") && line != "" {
				break
			}
			c.text += strings.TrimPrefix(line, "\t") + "\n"
		}
		c.text = strings.TrimRight(c.text, "\n") + "\n"
		c.want = pattern(c.text)
		commands = append(commands, c)
	}
	return commands
}

func pattern(text string) *regexp.Regexp {
	p := regexp.QuoteMeta(text)
	p = strings.ReplaceAll(p, "\n…\n", "\n(?s:.*)")
	if strings.HasPrefix(p, "…\n") {
		p = "(?s:.*)" + strings.TrimPrefix(p, "…\n")
	}
	return regexp.MustCompile(`\A` + strings.ReplaceAll(p, "…", ".*") + `\s*\z`)
}
