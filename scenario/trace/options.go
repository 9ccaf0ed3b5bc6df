package trace

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// Options say how rows are to be read.
type Options struct {
	// Columns name columns that are called otherwise: NAME=COLUMN or, of an instant
	// or a length of time, NAME=COLUMN:UNIT with ns, us, ms or s.
	Columns []string
	// Outcome says what the values of a column mean: COLUMN=VALUE:OUTCOME,…; empty:
	// the column outcome has our words.
	Outcome string
	// Item is the one that is bought; rows of others are left out. Empty: whichever
	// the rows name, or item 1.
	Item string
	// Quantity is the units of a purchase whose row does not tell.
	Quantity int64
	// ClockError is by how much the clocks may be off.
	ClockError time.Duration
	// Copies is what becomes of a row that is there twice: keep, drop, or empty for
	// an error.
	Copies string
	// Reply says what a reply to a purchase means, as the contract has it; nil: only
	// outcomes can be read.
	Reply func(p *sale.Purchase, reply any, err error) sale.Answer
	// NotRun reports whether an error reply says that the script did not run; nil:
	// none does.
	NotRun func(error) bool
}

// check refuses options that mean nothing.
func (o *Options) check() error {
	switch {
	case o.Copies != "" && o.Copies != "keep" && o.Copies != "drop":
		return fmt.Errorf("--copies %s: want keep or drop", o.Copies)
	case o.ClockError < 0:
		return fmt.Errorf("--clock-error %s: want a length of time", o.ClockError)
	case o.ClockError > time.Hour:
		return fmt.Errorf("--clock-error %s: clocks that far apart tell nothing; want an hour or less", o.ClockError)
	case o.Quantity < 1 || o.Quantity > 1<<30:
		return fmt.Errorf("--quantity %d: a purchase takes from 1 to %d units", o.Quantity, 1<<30)
	}
	return nil
}

// A role is what a column may be for.
type role int

const (
	buyer role = iota
	request
	item
	verb
	quantity
	try
	due
	call
	returned
	elapsed
	outcome
	reply
	failure
	granted
	left
	defect
	receipt
	status // what --outcome names
	roles
)

// roleNames are the columns that are found by their names.
var roleNames = [...]string{"buyer", "request", "item", "verb", "quantity", "try", "due", "call", "return", "elapsed", "outcome", "reply", "error", "granted", "left", "defect", "receipt"}

// otherNames are further names of roles.
var otherNames = map[string]role{"start": call, "end": returned}

// units are the ends of a name, and the words behind a colon, that say what a number
// counts.
var units = map[string]time.Duration{"ns": time.Nanosecond, "us": time.Microsecond, "µs": time.Microsecond, "ms": time.Millisecond, "s": time.Second}

func (r role) isTime() bool { return r >= due && r <= elapsed }

func (r role) String() string { return roleNames[r] }

// roleOf is the role of a name; false where it has none.
func roleOf(name string) (r role, unit time.Duration, is bool) {
	if i := slices.Index(roleNames[:], name); i >= 0 {
		return role(i), 0, true
	}
	if r, is := otherNames[name]; is {
		return r, 0, true
	}
	if at := strings.LastIndexByte(name, '_'); at > 0 && units[name[at+1:]] != 0 {
		if r, _, is := roleOf(name[:at]); is && r.isTime() {
			return r, units[name[at+1:]], true
		}
	}
	return 0, 0, false
}

// An assignment is a column that was named for a role.
type assignment struct {
	role   role
	column string
	unit   time.Duration
	text   string
}

func parseColumns(texts []string) (all []assignment, err error) {
	for _, text := range texts {
		name, column, found := strings.Cut(text, "=")
		r, unit, known := roleOf(name)
		switch {
		case !found || column == "":
			return nil, fmt.Errorf("--column %s: want NAME=COLUMN, such as buyer=userId or call=timeStamp:ms", text)
		case !known:
			return nil, fmt.Errorf("--column %s: unknown name %q; known: %s", text, name, strings.Join(roleNames[:], ", "))
		}
		if at := strings.LastIndexByte(column, ':'); at > 0 && r.isTime() {
			if unit = units[column[at+1:]]; unit == 0 {
				return nil, fmt.Errorf("--column %s: unknown unit %q; known: ns, us, ms, s", text, column[at+1:])
			}
			column = column[:at]
		}
		if slices.ContainsFunc(all, func(a assignment) bool { return a.role == r }) {
			return nil, fmt.Errorf("--column %s: %s has a column already", text, r)
		}
		all = append(all, assignment{r, column, unit, text})
	}
	return all, nil
}

// A mapping says what the values of a column mean.
type mapping struct {
	column string
	cases  []mapped
}

// A mapped is one value, or a kind of them, and its outcome; 0: the reply tells.
type mapped struct {
	value   string
	outcome sale.Outcome
}

// byReply stands in a mapping for the outcome that the reply tells.
const byReply = "reply"

func parseMapping(text string) (*mapping, error) {
	column, rest, found := strings.Cut(text, "=")
	if !found || column == "" || rest == "" {
		return nil, fmt.Errorf("--outcome %s: want COLUMN=VALUE:OUTCOME,…, such as status=200:ok,409:duplicate,410:sold_out,*:indeterminate", text)
	}
	m := &mapping{column: column}
	for pair := range strings.SplitSeq(rest, ",") {
		at := strings.LastIndexByte(pair, ':')
		if at < 0 {
			return nil, fmt.Errorf("--outcome %s: want VALUE:OUTCOME, not %q", text, pair)
		}
		one := mapped{value: pair[:at]}
		if word := pair[at+1:]; word != byReply {
			if err := one.outcome.UnmarshalText([]byte(word)); err != nil {
				return nil, fmt.Errorf("--outcome %s: %w, %s", text, err, byReply)
			}
		}
		for _, earlier := range m.cases {
			if earlier.value == one.value || earlier.value == "*" {
				return nil, fmt.Errorf("--outcome %s: %q is never reached behind %q", text, one.value, earlier.value)
			}
		}
		m.cases = append(m.cases, one)
	}
	return m, nil
}

// of is what a value means.
func (m *mapping) of(value string) (sale.Outcome, error) {
	for _, c := range m.cases {
		if c.matches(value) {
			return c.outcome, nil
		}
	}
	return 0, fmt.Errorf("%q is none of the values in --outcome; add %s:OUTCOME, or *:indeterminate for what may have run", value, value)
}

// matches: * is every value, and 5xx every one of three digits that begins with 5.
func (c *mapped) matches(value string) bool {
	if c.value == "*" || c.value == value {
		return true
	}
	digits := strings.Trim(value, "0123456789") == "" && len(value) == 3
	return digits && len(c.value) == 3 && c.value[1:] == "xx" && c.value[0] == value[0]
}
