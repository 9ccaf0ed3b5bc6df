// Package history is the record of a sale: every attempt, the events beside
// them, and the audit. Every verdict, figure and picture is a function of it.
//
// It is stable: names and signatures change with the version alone.
package history

import (
	"iter"
	"math"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// Never stands where an instant does not exist: the call of an attempt that
// was dropped, the return of one that was never answered. It is smaller than
// every instant, and histories may start below zero.
const Never = math.MinInt64

// An Attempt is one sending of a purchase. Instants are nanoseconds from the
// opening of the doors, of one monotonic clock.
//
// It is one cache line: buyers fill neighbouring slots at the same time.
type Attempt struct {
	// Due is when the schedule wanted the attempt.
	Due int64
	// Call is the instant before the request could leave, or Never.
	Call int64
	// Return is the instant after the reply was read, or after the buyer
	// gave up; Never for an attempt that was dropped.
	Return int64
	// Left is the stock after this sale as the reply tells it, or sale.Untold.
	Left int64
	// Start is when the buyer's goroutine ran, in microseconds after Due.
	Start uint32
	// Buyer is the buyer's number.
	Buyer uint32
	// Request is the number of the purchase: resends and double clicks share it.
	Request uint32
	// Receipt is the number of what the answer captured, see History.Receipt;
	// 0: nothing.
	Receipt uint32
	// Quantity is the units asked for.
	Quantity int32
	// Granted is the units granted.
	Granted int32
	// Item is the item's number in Head.Items.
	Item uint16
	// Reply is the number of a kept text in Texts; 0 is the empty text.
	Reply uint16
	// Try counts the resends of one click from 0.
	Try     uint8
	Verb    sale.Verb
	Outcome sale.Outcome
	Defect  sale.Defect
}

// Response is the time from due to return; ok is false for an attempt without
// a definite business reply.
func (a *Attempt) Response() (d time.Duration, ok bool) {
	return time.Duration(a.Return - a.Due), a.Outcome.Answered()
}

// Service is the time from call to return; ok as for Response.
func (a *Attempt) Service() (d time.Duration, ok bool) {
	return time.Duration(a.Return - a.Call), a.Outcome.Answered()
}

// Lateness is the time from due to call; ok is false for an attempt that was
// never handed to a connection.
func (a *Attempt) Lateness() (d time.Duration, ok bool) {
	return time.Duration(a.Call - a.Due), a.Call != Never
}

// A Sink takes finished attempts, a batch at a time. The batch is reused after
// Append returns.
type Sink interface {
	Append(batch []Attempt) error
}

// An Event is something that happened beside the attempts.
type Event struct {
	// At and Until are nanoseconds from the opening; Until equals At for an
	// event without a length.
	At, Until int64
	// Kind is one of the Event constants.
	Kind string
	// Text says what a person should know. That of a fault begins with the word
	// of the scenario for it.
	Text string
	// Item is the number in Head.Items of the item it happened to: of a restock
	// and a stock reading. Units is how many units a restock brought, and how many
	// a reading found. A restock that may have run, now or later, and a fault that
	// was not healed are until Never.
	Item  uint16
	Units int64
}

// The kinds of event.
const (
	EventReload  = "reload"  // the script was loaded again
	EventRestock = "restock" // an item got more units
	EventStock   = "stock"   // the stock of an item was read
	EventFault   = "fault"   // somebody did the sale some harm on purpose
	EventFork    = "fork"    // the server was asked to save, or to rewrite its log: it forks for that
)

// A History is a whole sale, as the judge and the reports read it.
type History struct {
	Head Head
	// Tail is nil when the record is incomplete: the driver did not end by itself.
	Tail   *Tail
	Events []Event
	// Batches reads all attempts, in no particular order, a batch at a time;
	// a batch is valid until the next one. It may be called again.
	Batches func() iter.Seq2[[]Attempt, error]
	// Texts are the replies that attempts refer to by number. It is complete
	// once Batches has been read to its end.
	Texts *Texts
	// Receipt returns what the answer to an attempt captured, and the values of
	// the variables it was asked with, by their names: those that orders are
	// compared with or a release is made with. It takes the Receipt of an attempt
	// of the latest batch. nil: there are none.
	Receipt func(uint32) map[string]string
}
