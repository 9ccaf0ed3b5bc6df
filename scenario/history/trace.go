package history

// A Trace is what there is to know of rows that were imported: another tool made
// the attempts, by clocks of its own.
type Trace struct {
	// Files are where the rows came from.
	Files []string `json:"files"`
	Rows  int64    `json:"rows"`
	// Timed is how many rows say when they ran.
	Timed int64 `json:"timed"`
	// Untimed is how many rows lack an instant that the rules would use: each is
	// held to have been open from the first instant of the record to the last, as
	// far as its own do not say otherwise. See Attempt.Timed.
	Untimed int64 `json:"untimed"`
	// ClockError is by how much an instant may be off, in ns: by the clock it was
	// taken from, and by how finely it was written down. The judge makes every
	// attempt begin so much earlier and end so much later.
	ClockError int64 `json:"clock_error"`
	// Resolution is the part of ClockError that is due to the writing.
	Resolution int64 `json:"resolution"`
	// Skipped is how many rows were of other items, Copies how many were left out
	// because an equal one was there.
	Skipped int64 `json:"skipped,omitempty"`
	Copies  int64 `json:"copies,omitempty"`
	// Audited is whether somebody read what the server had left.
	Audited bool `json:"audited"`
}

// Unordered reports whether no row says when it ran, so that none can be told to
// have been before another.
func (t *Trace) Unordered() bool { return t != nil && t.Timed == 0 && t.Untimed > 0 }

// Timed reports whether the instants of an attempt were told. Those of the others
// only bound it, and no figure may be made of them; their Due is Never.
func (a *Attempt) Timed() bool { return a.Due != Never }
