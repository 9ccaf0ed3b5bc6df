package sale

import (
	"fmt"
	"slices"
)

// An Outcome is what an answer means. The list is closed: every reply of every
// script is filed under one of these, and the judge knows no others.
type Outcome uint8

// The outcomes. The zero Outcome is none of them.
const (
	// OK: units were granted.
	OK Outcome = iota + 1
	// Replayed: the answer of an earlier attempt of the same request; nothing new was granted.
	Replayed
	// SoldOut: no units are left for this purchase.
	SoldOut
	// Duplicate: the buyer has bought already.
	Duplicate
	// OverLimit: the buyer would hold more than the limit.
	OverLimit
	// Refused: sold out or duplicate; the script does not tell which.
	Refused
	// NotReady: the item is not open.
	NotReady
	// Failed: certainly not run, neither now nor later.
	Failed
	// Indeterminate: may have run, now or later.
	Indeterminate
	// Dropped: due, but never handed to a connection.
	Dropped
)

// Outcomes lists every outcome in the order reports show them.
var Outcomes = []Outcome{OK, Replayed, SoldOut, Duplicate, OverLimit, Refused, NotReady, Failed, Indeterminate, Dropped}

var outcomeNames = []string{
	OK: "ok", Replayed: "replayed", SoldOut: "sold_out", Duplicate: "duplicate", OverLimit: "over_limit",
	Refused: "refused", NotReady: "not_ready", Failed: "failed", Indeterminate: "indeterminate", Dropped: "dropped",
}

// String returns the name used in contracts, records and reports.
func (o Outcome) String() string { return nameOf(outcomeNames, int(o), "outcome") }

// Answered reports whether the buyer got a definite business reply.
func (o Outcome) Answered() bool { return o >= OK && o <= NotReady }

// MarshalText returns the outcome's name.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText accepts the name of an outcome.
func (o *Outcome) UnmarshalText(text []byte) error {
	i, err := indexOf(outcomeNames, string(text), "outcome")
	*o = Outcome(i)
	return err
}

// A Defect is what is wrong with an answer, whatever its outcome.
type Defect uint8

const (
	// NoDefect: the contract names the reply, or no reply came.
	NoDefect Defect = iota
	// UnmappedReply: a reply the contract does not name.
	UnmappedReply
	// ScriptError: an error raised inside the script.
	ScriptError
)

var defectNames = []string{NoDefect: "", UnmappedReply: "unmapped-reply", ScriptError: "script-error"}

// String returns the defect's name in the record; the empty string for none.
func (d Defect) String() string {
	if int(d) < len(defectNames) {
		return defectNames[d]
	}
	return fmt.Sprintf("defect(%d)", d)
}

// UnmarshalText accepts the name of a defect; the empty text is NoDefect.
func (d *Defect) UnmarshalText(text []byte) error {
	i := slices.Index(defectNames, string(text))
	if i < 0 {
		return fmt.Errorf("unknown defect %q", text)
	}
	*d = Defect(i)
	return nil
}

// A Verb is what a purchase asks for.
type Verb uint8

// The verbs. The zero Verb is none of them.
const (
	// Buy takes units.
	Buy Verb = iota + 1
	// Release gives units back.
	Release
	// Confirm makes a reservation final.
	Confirm
	// After is what the caller does once told ok, over the same connections.
	After
	// PlaceOrder writes what was bought into the order book.
	PlaceOrder
	// Read is a background read beside the sale.
	Read
)

var verbNames = []string{Buy: "buy", Release: "release", Confirm: "confirm", After: "after", PlaceOrder: "order", Read: "read"}

// Beside reports whether an attempt asks nothing of the sale: no rule about units
// and buyers is about it.
func (v Verb) Beside() bool { return v > Confirm }

// String returns the name used in contracts, records and reports.
func (v Verb) String() string { return nameOf(verbNames, int(v), "verb") }

// UnmarshalText accepts the name of a verb.
func (v *Verb) UnmarshalText(text []byte) error {
	i, err := indexOf(verbNames, string(text), "verb")
	*v = Verb(i)
	return err
}

func nameOf(names []string, i int, kind string) string {
	if i > 0 && i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%s(%d)", kind, i)
}

func indexOf(names []string, name, kind string) (int, error) {
	if i := slices.Index(names, name); i > 0 && name != "" {
		return i, nil
	}
	return 0, fmt.Errorf("unknown %s %q; known: %s", kind, name, list(names[1:]))
}
