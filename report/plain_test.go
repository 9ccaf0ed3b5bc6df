package report

import (
	"math"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestPlain(t *testing.T) {
	for _, test := range []struct{ text, reason, want string }{
		{"sold out, 售罄", "letters stay letters", "sold out, 售罄"},
		{"\x1b[2J", "the screen is not cleared", `\x1b[2J`},
		{"a\r\nb\tc", "nor the line overwritten", `a\r\nb\tc`},
		{"\u202egnp.exe", "nor the direction of the text turned", `\u202egnp.exe`},
		{"\xff\x00", "bytes that are no text show", `\xff\x00`},
		{"\u009b31m", "the one-byte form of an escape code", `\u009b31m`},
		{"it's", "a quote is left alone", "it's"},
	} {
		if got := Plain(test.text); got != test.want {
			t.Errorf("%s: %q, want %q", test.reason, got, test.want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("\x1b]0;title\a")
	f.Fuzz(func(t *testing.T, text string) {
		got := Plain(text)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func TestFigures(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{span(0), "0 ns"}, {span(999), "999 ns"}, {span(1000), "1.00 µs"}, {span(999_499), "999 µs"},
		{span(999_600), "1.00 ms"}, {span(12_345_678), "12.3 ms"}, {span(999_600_000), "1.00 s"},
		{span(119_900_000_000), "120 s"}, {span(125_400_000_000), "2m5s"}, {span(-1500), "-1.50 µs"},
		{bound(1_000_000_000), "1 s"}, {bound(1_500_000), "1.5 ms"}, {bound(100_000_000), "100 ms"}, {bound(3_600_000_000_000), "1h0m0s"},
		{thousands(0), "0"}, {thousands(-1234), "-1,234"}, {thousands(1234567), "1,234,567"}, {thousands(math.MinInt64), "-9,223,372,036,854,775,808"},
		{rate(0.5), "0.50/s"}, {rate(99.99), "100/s"}, {rate(51234.5), "51,235/s"},
		{share(1, 3), "33.3%"}, {share(0, 0), "0%"}, {size(48 << 20), "48.0 MiB"}, {size(3 << 30), "3.00 GiB"},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}

func TestWrapLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z ]{0,300}`).Draw(t, "text")
		first := rapid.StringMatching(` {0,4}[-x]? `).Draw(t, "first")
		got := wrap(first, text, 40)
		if want := strings.Fields(first + text); strings.Join(strings.Fields(got), " ") != strings.Join(want, " ") {
			t.Fatalf("%q became %q", text, got)
		}
		for line := range strings.Lines(got) {
			line = strings.TrimSuffix(line, "\n")
			if len(line) > 40 && len(strings.Fields(strings.TrimPrefix(line, first))) > 1 {
				t.Fatalf("a line of %d columns: %q", len(line), line)
			}
		}
	})
}
