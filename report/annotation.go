package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Level is how grave an annotation is.
type Level string

// The levels, as the commands of a GitHub workflow have them.
const (
	LevelError   Level = "error"
	LevelWarning Level = "warning"
	LevelNotice  Level = "notice"
)

// maxAnnotations is how many of a level GitHub shows of a step.
const maxAnnotations = 10

// An Annotation is a finding beside a line of a file.
type Annotation struct {
	Level Level
	// File is the path in the repository; empty: the one of the list.
	File string
	// Line counts from 1; 0: the file as a whole.
	Line int
	// Title is a few words, Text whole sentences; Text may have several lines.
	Title, Text string
}

// WriteAnnotations writes a list as commands of a GitHub workflow, which shows
// them beside the files; file is where an annotation belongs that names none.
// GitHub shows ten: where there are more, the tenth says how many. Errors come
// first, so that no warning hides one.
// Format: https://docs.github.com/actions/reference/workflow-commands-for-github-actions;
// its escapes are those of https://github.com/actions/toolkit, command.ts.
func WriteAnnotations(w io.Writer, file string, list []Annotation) error {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Annotation) int { return cmp.Compare(a.rank(), b.rank()) })
	if n := len(list) - (maxAnnotations - 1); n > 0 {
		list = append(list[:maxAnnotations-1], Annotation{Level: list[maxAnnotations-1].Level, Text: fmt.Sprintf("and %s more", thousands(int64(n)))})
	}
	for i := range list {
		if _, err := io.WriteString(w, list[i].command(file)); err != nil {
			return err
		}
	}
	return nil
}

// rank is 0 for an error, 2 for a notice and 1 for all else.
func (a *Annotation) rank() int {
	switch a.Level {
	case LevelError:
		return 0
	case LevelNotice:
		return 2
	}
	return 1
}

// command is the annotation as a line of a workflow's log.
func (a *Annotation) command(file string) string {
	var properties []string
	if file = cmp.Or(a.File, file); file != "" {
		properties = append(properties, "file="+property(file))
		if a.Line > 0 {
			properties = append(properties, fmt.Sprintf("line=%d", a.Line))
		}
	}
	if a.Title != "" {
		properties = append(properties, "title="+property(a.Title))
	}
	name := []Level{LevelError, LevelWarning, LevelNotice}[a.rank()]
	return strings.TrimSuffix(fmt.Sprintf("::%s %s", name, strings.Join(properties, ",")), " ") + "::" + message(a.Text) + "\n"
}

var (
	messageEscapes  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// message is a text after the second ::, its line breaks kept.
func message(text string) string {
	return messageEscapes.Replace(plainLines(strings.Split(text, "\n")))
}

// property is a text before it.
func property(text string) string { return propertyEscapes.Replace(Plain(text)) }
