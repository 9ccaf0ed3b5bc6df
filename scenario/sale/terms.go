package sale

import (
	"fmt"
	"slices"
	"strings"
)

// Terms is what a strategy promises, as far as the judge needs it.
type Terms struct {
	// Limit is how many units one buyer may hold; 0: no limit.
	Limit int64 `json:"limit"`
	// Order is the order in which the strategy tests its conditions.
	Order Order `json:"order,omitempty"`
	// RetrySafe is what a resend after a lost reply may do.
	RetrySafe RetrySafe `json:"retry_safe,omitempty"`
	// Partial: fewer units may be granted than were asked for.
	Partial bool `json:"partial,omitempty"`
	// Atomic: a sale is one command that nothing comes between, and so is the
	// reading of the stock. Only then do stocks that are read or told while
	// buyers are inside mean one moment.
	Atomic bool `json:"atomic,omitempty"`
}

// Order is which condition a strategy tests first. It decides which refusal a
// buyer hears to whom both apply.
type Order string

// The orders. With OrderUnknown no rule that depends on the order is applied.
const (
	OrderUnknown   Order = ""
	DuplicateFirst Order = "duplicate_first"
	StockFirst     Order = "stock_first"
)

// UnmarshalText accepts duplicate_first and stock_first.
func (o *Order) UnmarshalText(text []byte) error {
	return oneOf(o, text, "order", DuplicateFirst, StockFirst)
}

// RetrySafe is what a second attempt of the same request may do.
type RetrySafe string

const (
	// RetryNone: a request must not be sent again.
	RetryNone RetrySafe = "none"
	// RetryBuyer: a resend sells nothing twice, but may be told duplicate.
	RetryBuyer RetrySafe = "buyer"
	// RetryRequest: a resend is told the answer of the first attempt.
	RetryRequest RetrySafe = "request"
)

// UnmarshalText accepts none, buyer and request.
func (r *RetrySafe) UnmarshalText(text []byte) error {
	return oneOf(r, text, "retry_safe", RetryNone, RetryBuyer, RetryRequest)
}

// MissingStock is what a strategy does when the item has no stock key.
type MissingStock string

const (
	// MissingRefuse: it refuses.
	MissingRefuse MissingStock = "refuse"
	// MissingError: it raises an error.
	MissingError MissingStock = "error"
	// MissingInit: it opens the item itself, once, before the first sale.
	MissingInit MissingStock = "init"
)

// UnmarshalText accepts refuse, error and init.
func (m *MissingStock) UnmarshalText(text []byte) error {
	return oneOf(m, text, "missing_stock", MissingRefuse, MissingError, MissingInit)
}

func oneOf[T ~string](dst *T, text []byte, what string, known ...T) error {
	if len(text) > 0 && slices.Contains(known, T(text)) {
		*dst = T(text)
		return nil
	}
	return fmt.Errorf("unknown %s %q; known: %s", what, text, list(known))
}

func list[T ~string](names []T) string {
	texts := make([]string, len(names))
	for i, n := range names {
		texts[i] = string(n)
	}
	return strings.Join(texts, ", ")
}
