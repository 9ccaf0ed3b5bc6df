package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestAnnotations(t *testing.T) {
	var eleven []Annotation
	for n := range 11 {
		eleven = append(eleven, Annotation{Level: LevelWarning, Line: n + 1, Text: fmt.Sprint("w", n)})
	}
	eleven[10].Level = LevelError
	for _, test := range []struct {
		reason string
		list   []Annotation
		want   string
	}{
		{"nothing to say", nil, ""},
		{"all there is", []Annotation{{LevelError, "once.lua", 3, "oversell", "3 units too many"}}, "::error file=once.lua,line=3,title=oversell::3 units too many\n"},
		{"without a file the list's; without a line none", []Annotation{{Level: LevelWarning, Text: "t"}}, "::warning file=once.yaml::t\n"},
		{
			"commas, colons and line breaks end no property", []Annotation{{LevelError, "a,b:c%.lua", 1, "x::y,\nz", "d"}},
			"::error file=a%2Cb%3Ac%25.lua,line=1,title=x%3A%3Ay%2C\\nz::d\n",
		},
		{"a text keeps its lines, and begins no command of its own", []Annotation{{Level: LevelError, Text: "50%\n::error::x,y"}}, "::error file=once.yaml::50%25%0A::error::x,y\n"},
		{"nothing moves the cursor of a log", []Annotation{{Level: LevelError, Text: "\x1b[2J\r"}}, "::error file=once.yaml::\\x1b[2J\\r\n"},
		{
			"errors come first, and the tenth line counts the rest", eleven,
			"::error file=once.yaml,line=11::w10\n" + warnings(0, 8) + "::warning file=once.yaml::and 2 more\n",
		},
		{"nine are shown in full", eleven[:9], warnings(0, 9)},
		{"ten are nine and one", eleven[:10], warnings(0, 9) + "::warning file=once.yaml::and 1 more\n"},
		{
			"a notice comes last", []Annotation{{Level: LevelNotice, Text: "n"}, {Level: LevelWarning, Text: "w"}, {Level: LevelError, Text: "e"}},
			"::error file=once.yaml::e\n::warning file=once.yaml::w\n::notice file=once.yaml::n\n",
		},
		{"a level that is none is no command either", []Annotation{{Level: "set-env name=PATH", Text: "t"}}, "::warning file=once.yaml::t\n"},
	} {
		var out bytes.Buffer
		if err := WriteAnnotations(&out, "once.yaml", test.list); err != nil {
			t.Fatal(err)
		}
		if out.String() != test.want {
			t.Errorf("%s:\n%s want\n%s", test.reason, out.String(), test.want)
		}
	}
	if eleven[0].Line != 1 || eleven[9].Text != "w9" {
		t.Error("the caller's list was changed")
	}
}

func warnings(from, to int) string {
	var b strings.Builder
	for n := from; n < to; n++ {
		fmt.Fprintf(&b, "::warning file=once.yaml,line=%d::w%d\n", n+1, n)
	}
	return b.String()
}

func TestAnnotationWithoutAnyFile(t *testing.T) {
	var out bytes.Buffer
	if err := WriteAnnotations(&out, "", []Annotation{{Level: LevelError, Line: 4, Text: "t"}}); err != nil || out.String() != "::error::t\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}
