package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// reading is what was measured, within which interval, and why that is not
// enough where it is not.
func (f *Finding) reading() string {
	chance := f.interval()
	if f.Reason == ReasonStraddles {
		chance = "" // Why says it
	}
	parts := slices.DeleteFunc([]string{f.measured(), chance, f.Why}, func(part string) bool { return part == "" })
	return strings.Join(parts, "; ")
}

// measured is the value of a finding and what it rests on, in words; empty
// without a value.
func (f *Finding) measured() string {
	of := fmt.Sprintf(" of %s attempts", thousands(f.N))
	switch {
	case f.value() == "":
		return ""
	case f.figure == soldOutAt || f.figure == goodputBack || f.figure == allAnswered || figureUnits[f.figure] == aRate:
		return f.value()
	default:
		return f.value() + of
	}
}

// value is what was measured, in words; empty where there is none.
func (f *Finding) value() string {
	if f.Value == nil {
		return ""
	}
	switch figureUnits[f.figure] {
	case aShare:
		return nearWhole(*f.Value, *f.Value)
	case aRate:
		return rate(*f.Value)
	}
	return span(int64(*f.Value))
}

// interval is what it may have been by chance, in words; empty where one run
// cannot tell.
func (f *Finding) interval() string {
	switch {
	case f.Low == nil || f.High == nil:
		return ""
	case figureUnits[f.figure] == aTime:
		return fmt.Sprintf("the share within %s is %s", bound(int64(f.Limit)), f.between())
	case figureUnits[f.figure] == aRate:
		return "the rate is " + f.between()
	default:
		return "the share is " + f.between()
	}
}

// chance is the interval for the cell of a table.
func (f *Finding) chance() string {
	switch {
	case f.Low == nil || f.High == nil:
		return ""
	case figureUnits[f.figure] == aTime:
		return f.between() + " within " + bound(int64(f.Limit))
	default:
		return f.between()
	}
}

// between are the two ends.
func (f *Finding) between() string {
	if figureUnits[f.figure] == aRate {
		return rate(*f.Low) + " to " + rate(*f.High)
	}
	return nearWhole(*f.Low, *f.High) + " to " + nearWhole(*f.High, *f.Low)
}

// nearWhole writes a share in percent. Where it or what it stands beside is near
// 100%, what is lacking keeps two digits: 99.94% is not 99.9%.
func nearWhole(share, beside float64) string {
	lacking := 100 * (1 - max(share, beside))
	if beside == 1 {
		lacking = 100 * (1 - share)
	}
	if share < .9 || share == 1 || lacking <= 0 {
		return percent(share)
	}
	places := min(max(1-int(math.Floor(math.Log10(lacking))), 0), 6)
	return strconv.FormatFloat(100*share, 'f', places, 64) + "%"
}
