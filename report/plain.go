package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Plain makes text from a script, a server or a user safe to print on a
// terminal: what would move the cursor, colour, ring or reorder stands there
// as its escape, a line break too.
func Plain(text string) string {
	if !strings.ContainsFunc(text, unsafeRune) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case unsafeRune(r):
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

func unsafeRune(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }

// thousands writes a number with a comma between each three digits.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	digits, sign := strings.TrimPrefix(text, "-"), ""
	if len(digits) < len(text) {
		sign = "-"
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// rate writes attempts per second.
func rate(perSecond float64) string {
	if perSecond < 100 {
		return three(perSecond) + "/s"
	}
	return thousands(int64(perSecond+0.5)) + "/s"
}

// span writes a time in ns with three digits and its unit.
func span(ns int64) string {
	if ns < 0 {
		return "-" + span(-ns)
	}
	switch d := time.Duration(ns); { // what would round up to the next unit is written in it
	case d < time.Microsecond:
		return strconv.FormatInt(ns, 10) + " ns"
	case d < time.Millisecond-500*time.Nanosecond:
		return three(float64(ns)/1e3) + " µs"
	case d < time.Second-500*time.Microsecond:
		return three(float64(ns)/1e6) + " ms"
	case d < 2*time.Minute:
		return three(d.Seconds()) + " s"
	default:
		return d.Round(time.Second).String()
	}
}

// bound is span for a time that somebody chose: without zeros at its end.
func bound(ns int64) string {
	number, unit, found := strings.Cut(span(ns), " ")
	if !found || !strings.Contains(number, ".") {
		return span(ns)
	}
	return strings.TrimRight(strings.TrimRight(number, "0"), ".") + " " + unit
}

// three writes a number of at most 999 with three digits, a larger one whole.
func three(x float64) string {
	switch {
	case x < 9.995:
		return strconv.FormatFloat(x, 'f', 2, 64)
	case x < 99.95:
		return strconv.FormatFloat(x, 'f', 1, 64)
	default:
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
}

// share writes n of all in percent.
func share(n, all int64) string {
	return percent(float64(n) / float64(max(all, 1)))
}

// percent writes a share from 0 to 1: exact at its ends, three digits between.
func percent(share float64) string {
	return strconv.FormatFloat(100*share, 'g', 3, 64) + "%"
}

// size writes a number of bytes.
func size(bytes int64) string {
	if bytes < 1<<30 {
		return three(float64(bytes)/(1<<20)) + " MiB"
	}
	return three(float64(bytes)/(1<<30)) + " GiB"
}

// wrap breaks text at spaces so that no line is longer than width, unless one
// word is. The first line begins with first, the others with as many spaces.
func wrap(first, text string, width int) string {
	var b strings.Builder
	indent := strings.Repeat(" ", utf8.RuneCountInString(first))
	b.WriteString(first)
	at, fresh := len(indent), true
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		if !fresh && at+1+n > width {
			b.WriteString("\n" + indent)
			at, fresh = len(indent), true
		}
		if !fresh {
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at, fresh = at+n, false
	}
	b.WriteByte('\n')
	return b.String()
}

// upperFirst writes the first letter of a sentence large.
func upperFirst(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + text[size:]
}
