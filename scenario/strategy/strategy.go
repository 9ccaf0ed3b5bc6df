// Package strategy holds the ways to sell: a script under its contract, the
// strategies in Go that scripts are compared with, and where one is found by
// name.
package strategy

import (
	"context"
	"iter"

	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// A Doer sends one command and returns its reply. A nil reply is nil without
// an error; an error reply is an error with a method RedisError.
//
// A Doer for audits may have a method Multi besides, see contract.Transactor.
type Doer interface {
	Do(ctx context.Context, args ...any) (any, error)
}

// A Strategy is a way to sell. Its functions are safe for use by many
// goroutines.
type Strategy struct {
	// Name is what reports call it.
	Name string
	// SHA1 is the digest of the script; empty where there is none.
	SHA1 string
	// CallBy is how it is called: evalsha, eval or fcall; go where Go calls.
	CallBy string
	// Terms is what it promises.
	Terms sale.Terms
	// Quantity is the units a purchase, unless a run says otherwise.
	Quantity int64
	// Items is the number of items, unless a run says otherwise.
	Items int64
	// Apart reports whether two items have no key in common, so that both can be
	// on sale at the same time.
	Apart bool
	// Cluster reports whether all keys of an item are declared and in one slot.
	Cluster bool
	// Pinned: its commands are about one connection, so that a purchase needs one
	// that nobody else uses until it is over.
	Pinned bool
	// KeysFromAnswers reports whether KeysFor needs the receipts of those who
	// took part.
	KeysFromAnswers bool
	// About says in one line what it promises, Trips how many exchanges a purchase
	// takes, and Flaw what is known to be wrong with it.
	About, Trips, Flaw string
	// Contract is the contract of its script; nil where there is none.
	Contract *contract.Contract

	// With returns the strategy for another quantity a purchase and another
	// limit a buyer (0: none); an error says why it cannot be had.
	With func(quantity, limit int64) (Strategy, error)
	// Keys returns every key it may touch for an item whoever buys.
	Keys func(sale.Item) ([]string, error)
	// KeysFor yields those, and the keys that are the own of who took part. It
	// ends with an error.
	KeysFor func(sale.Item, sale.Took) iter.Seq2[string, error]
	// Load prepares the server, once.
	Load func(context.Context, Doer) error
	// Open puts an item on sale.
	Open func(context.Context, Doer, sale.Item) error
	// OpenFor does so where something is to be prepared for every buyer.
	OpenFor func(context.Context, Doer, sale.Item, sale.Took) error
	// Restock brings an item on sale more units; nil where the strategy does not
	// say how.
	Restock func(ctx context.Context, do Doer, item sale.Item, units int64) error
	// Call makes one purchase.
	Call func(context.Context, Doer, *sale.Purchase) sale.Answer
	// Words and Read are the two halves of Call, Release, Confirm and After where each
	// is a single command: Words appends its words to room and asks nobody, and
	// Read says what the reply to it means. Both are nil where it takes more.
	Words func(room []any, p *sale.Purchase) ([]any, error)
	Read  func(p *sale.Purchase, reply any, err error) sale.Answer
	// After is what the caller does once told ok; nil where there is no such thing.
	// It needs the receipt of the answer to the purchase.
	After func(context.Context, Doer, *sale.Purchase) sale.Answer
	// Own: a purchase goes over a client of the strategy's own, and not over the
	// Doer it is given. Its call is stamped before Call, and its return after.
	Own bool
	// Release gives a purchase back, Confirm makes it final; nil where there is
	// no such thing. Both need the receipt of the answer to the purchase.
	Release, Confirm func(context.Context, Doer, *sale.Purchase) sale.Answer
	// Teach makes one purchase in a way that prepares the server as Load does.
	Teach func(context.Context, Doer, *sale.Purchase) sale.Answer
	// Audit reads what the server says it sold of an item.
	Audit func(context.Context, Doer, sale.Item) sale.Audit
	// AuditFor does so with the keys that are the own of who took part.
	AuditFor func(context.Context, Doer, sale.Item, sale.Took) sale.Audit
	// Stock reads the units left of an item.
	Stock func(context.Context, Doer, sale.Item) (int64, error)
}
