package capacity

import (
	"math"
	"strconv"
	"strings"
)

// perSecond writes a rate.
func perSecond(rate float64) string { return number(rate) + "/s" }

// number writes a figure with three digits or all before the point, and a comma
// between each three of them.
func number(x float64) string {
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(x, 'f', digits(x), 64), ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		whole += "." + fraction
	}
	return whole
}

// digits is how many come after the point.
func digits(x float64) int {
	if x == 0 {
		return 0
	}
	return max(0, 2-int(math.Floor(math.Log10(math.Abs(x)))))
}
