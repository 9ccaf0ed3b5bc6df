package strategy

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"strings"

	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// Script returns the strategy of a script under its contract.
func Script(c *contract.Contract) Strategy {
	s := script{c}
	made := Strategy{
		Name: c.Name, SHA1: c.SHA1, CallBy: c.CallBy, Terms: c.Terms, Quantity: c.Quantity, Items: c.Items,
		Apart: c.Apart(), KeysFromAnswers: c.KeysFromAnswers(), Cluster: c.Cluster, About: about(c), Trips: "1", Contract: c,
		With: s.with, Keys: c.Keys, KeysFor: c.KeysFor, Load: s.load, OpenFor: s.open,
		Open: func(ctx context.Context, do Doer, item sale.Item) error { return s.open(ctx, do, item, sale.Took{}) },
		Call: s.call, Words: c.Append, Read: c.Reply,
		Teach: func(ctx context.Context, do Doer, p *sale.Purchase) sale.Answer {
			return s.ask(ctx, do, p, c.AppendEval)
		},
		Audit: func(ctx context.Context, do Doer, item sale.Item) sale.Audit {
			return c.Audit(ctx, do, item, sale.Took{})
		},
		AuditFor: func(ctx context.Context, do Doer, item sale.Item, took sale.Took) sale.Audit {
			return c.Audit(ctx, do, item, took)
		},
		Stock: func(ctx context.Context, do Doer, item sale.Item) (int64, error) { return c.Stock(ctx, do, item) },
	}
	if c.Restocks() {
		made.Restock = s.restock
	}
	if c.Has(sale.Release) {
		made.Release = s.call
	}
	if c.Has(sale.Confirm) {
		made.Confirm = s.call
	}
	if c.Has(sale.After) {
		made.After = s.call
	}
	return made
}

type script struct{ *contract.Contract }

func (s script) with(quantity, limit int64) (Strategy, error) {
	c, err := s.With(quantity, limit)
	if err != nil {
		return Strategy{}, err
	}
	return Script(c), nil
}

// load has the server compile the scripts, and keep them where EVALSHA finds
// them.
func (s script) load(ctx context.Context, do Doer) error {
	switch s.CallBy {
	case contract.Eval:
		return nil
	case contract.FCall:
		return s.loadLibrary(ctx, do)
	}
	for _, script := range s.Scripts() {
		reply, err := do.Do(ctx, "SCRIPT", "LOAD", string(script.Source))
		if err != nil {
			return compileError(script.File, err)
		}
		if digest, _ := reply.(string); !strings.EqualFold(digest, script.SHA1) {
			return fmt.Errorf("%s: the server knows the script as %v, its text says %s", script.File, reply, script.SHA1)
		}
	}
	return nil
}

// scriptLine finds where Redis, or the embedded server, says a script does not
// compile.
var scriptLine = regexp.MustCompile(`(?:user_script:|user_function:|line:)([0-9]+)`)

// compileError adds the place in the script's file to what the server says.
func compileError(file string, err error) error {
	if at := scriptLine.FindStringSubmatch(err.Error()); at != nil {
		return fmt.Errorf("%s:%s: %w", file, at[1], err)
	}
	return fmt.Errorf("%s: %w", file, err)
}

func (s script) open(ctx context.Context, do Doer, item sale.Item, took sale.Took) error {
	if s.CallBy == contract.FCall { // no call carries a library along
		if err := s.loadLibrary(ctx, do); err != nil {
			return err
		}
	}
	return sendAll(ctx, do, s.Contract.Open(item, took), fmt.Sprintf("opening item %q of %s", item.ID, s.Name))
}

func (s script) restock(ctx context.Context, do Doer, item sale.Item, units int64) error {
	return sendAll(ctx, do, s.Contract.Restock(item, units), fmt.Sprintf("restocking item %q of %s", item.ID, s.Name))
}

// sendAll sends commands until one fails.
func sendAll(ctx context.Context, do Doer, commands iter.Seq2[[]any, error], what string) error {
	for command, err := range commands {
		if err != nil {
			return err
		}
		if _, err := do.Do(ctx, command...); err != nil {
			return fmt.Errorf("%s: %v: %w", what, command[0], err)
		}
	}
	return nil
}

func (s script) call(ctx context.Context, do Doer, p *sale.Purchase) sale.Answer {
	return s.ask(ctx, do, p, s.Append)
}

// ask renders a purchase, sends it, and reads the answer. A purchase that
// cannot be rendered was not sent.
func (s script) ask(ctx context.Context, do Doer, p *sale.Purchase, render func([]any, *sale.Purchase) ([]any, error)) sale.Answer {
	args, err := render(nil, p)
	if err != nil {
		return sale.Answer{Outcome: sale.Failed, Left: sale.Untold, Raw: err.Error()}
	}
	reply, err := do.Do(ctx, args...)
	return s.Reply(p, reply, err)
}

// about says in one line what a script promises.
func about(c *contract.Contract) string {
	promises := []string{"no limit a buyer"}
	if c.Terms.Limit > 0 {
		promises[0] = fmt.Sprintf("%d a buyer", c.Terms.Limit)
	}
	if c.Quantity > 1 {
		promises = append(promises, fmt.Sprintf("%d a purchase", c.Quantity))
	}
	promises = append(promises, "a resend "+map[sale.RetrySafe]string{
		sale.RetryNone: "may sell again", sale.RetryBuyer: "sells nothing again", sale.RetryRequest: "hears the first answer",
	}[c.Terms.RetrySafe])
	if missing := (map[sale.MissingStock]string{
		sale.MissingRefuse: "refused", sale.MissingError: "an error", sale.MissingInit: "opened anew",
	})[c.MissingStock]; missing != "" {
		promises = append(promises, "a missing stock is "+missing)
	}
	if c.Cluster {
		promises = append(promises, "one hash slot")
	}
	return strings.Join(promises, "; ")
}
