package probe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// An ask is what one attempt asks for.
type ask struct {
	verb    sale.Verb
	buyer   uint32
	item    int
	request uint32
	try     uint8
	receipt map[string]string
}

// A told is an attempt with its answer.
type told struct {
	ask
	answer sale.Answer
}

// An allowance is what a script may do that is asked for what cannot be had.
type allowance struct {
	// errors: it may raise an error.
	errors bool
	// refusals: it may refuse with whatever word, if it changes nothing.
	refusals bool
	// traces: it may change something.
	traces bool
}

// buy has a buyer ask for the first item.
func (p *play) buy(buyer uint32) told { return p.buyItem(buyer, 0) }

// buys has buyers ask one after the other, from first up to end.
func (p *play) buys(first, end uint32) {
	for n := first; n < end; n++ {
		p.buy(n)
	}
}

func (p *play) buyItem(buyer uint32, item int) told {
	p.requests++
	return p.attempt(ask{verb: sale.Buy, buyer: buyer, item: item, request: p.requests - 1})
}

// again sends the same request once more.
func (p *play) again(t told) told {
	t.ask.try++
	return p.attempt(t.ask)
}

// next goes on with what was bought.
func (p *play) next(verb sale.Verb, t told) told {
	t.ask.verb, t.ask.receipt = verb, t.answer.Receipt
	return p.attempt(t.ask)
}

func (p *play) purchase(a *ask, item sale.Item) sale.Purchase {
	return sale.Purchase{
		Verb: a.verb, Item: item, Buyer: p.head.BuyerIDs.ID(a.buyer), Request: p.head.RequestID(a.request), Quantity: p.head.Quantity,
		BuyerIndex: a.buyer, RequestIndex: a.request, Attempt: uint32(a.try), Receipt: a.receipt,
	}
}

// attempt asks once and records what came of it.
func (p *play) attempt(a ask) told {
	if p.stopped != nil {
		return told{ask: a}
	}
	p.wire.forget()
	made := p.purchase(&a, p.head.Items[a.item])
	p.made = append(p.made, made)
	answer := p.call(&made)
	if answer.Receipt != nil { // keys may be made of what it captured
		p.made[len(p.made)-1].Receipt = answer.Receipt
	}
	wireErr := p.wire.err
	if p.wire.lost() {
		p.stopped = fmt.Errorf("%s: no reply within %s, the script does not return or has ended the server: %w", p.asked(&made), timeout, wireErr)
		return told{ask: a}
	}
	if answer.Outcome == sale.Indeterminate && wireErr != nil && conn.FateOf(wireErr) == conn.NotRun && !p.strict {
		answer.Outcome, answer.Defect = sale.Failed, sale.NoDefect
	}
	changes := slices.DeleteFunc(slices.Clone(p.step(p.asked(&made), reply(answer))), expired)
	p.notice(answer, changes)
	answer = p.weigh(answer, len(changes) > 0)
	p.record(a, answer)
	return told{a, answer}
}

// call asks as the contract has it, with an odd quantity where there is one.
func (p *play) call(made *sale.Purchase) sale.Answer {
	call := p.strat.Call
	switch made.Verb {
	case sale.Release:
		call = p.strat.Release
	case sale.Confirm:
		call = p.strat.Confirm
	}
	if p.odd == nil {
		return call(p.ctx, p.wire, made)
	}
	asked := *made
	asked.Quantity = marker
	answer := call(p.ctx, &oddly{p.wire, *p.odd}, &asked)
	if answer.Outcome == sale.OK {
		answer.Granted = made.Quantity
	}
	answer.Raw = strings.TrimSuffix(fmt.Sprintf("to the quantity %q: %s", *p.odd, answer.Raw), ": ")
	return answer
}

// expired reports whether a key had a time to live and is gone: it has come to
// its end, and nobody took it away.
func expired(change server.Change) bool { return change.Before.Expires && change.After.Type == "" }

// notice remembers the keys that an attempt changed.
func (p *play) notice(answer sale.Answer, changes []server.Change) {
	refused := answer.Outcome >= sale.SoldOut && answer.Outcome <= sale.Failed
	for _, change := range changes {
		p.changed[change.Key] = true
		if change.After.Expires {
			p.expiring[change.Key] = true
		}
		p.refused[change.Key] = p.refused[change.Key] || refused && !p.allows.traces
		p.still[change.Key] = p.still[change.Key] || p.odd != nil
	}
}

// weigh takes the weight off an answer that was asked for: one to a purchase
// that could not be had, as far as the script may answer so.
func (p *play) weigh(answer sale.Answer, changed bool) sale.Answer {
	switch {
	case answer.Outcome == sale.OK || answer.Outcome == sale.Replayed || answer.Defect == sale.UnmappedReply:
	case answer.Defect == sale.ScriptError && p.allows.errors && !changed:
		answer.Outcome, answer.Defect = sale.Failed, sale.NoDefect
	case answer.Defect == sale.ScriptError && p.allows.errors:
		answer.Defect = sale.NoDefect
		p.warn("an error comes after the script has written, and nothing is rolled back: " + short(answer.Raw))
	case answer.Defect == sale.ScriptError:
		if !p.strict {
			p.crashes[short(answer.Raw)] = true
		}
	case p.allows.traces, p.allows.refusals && !changed:
		answer.Outcome = sale.Failed
	}
	return answer
}

// record puts an attempt into the history.
func (p *play) record(a ask, answer sale.Answer) {
	at := history.Attempt{
		Due: p.wire.call, Call: p.wire.call, Return: p.wire.done, Left: answer.Left,
		Buyer: a.buyer, Request: a.request, Item: uint16(a.item), Quantity: int32(p.head.Quantity), Try: a.try,
		Verb: a.verb, Outcome: answer.Outcome, Defect: answer.Defect,
		Reply: p.rec.Texts.Keep(answer.Raw), Receipt: p.rec.Receipts.Keep(answer.Receipt),
	}
	if a.verb == sale.Buy {
		at.Granted = int32(answer.Granted)
	}
	if at.Call == history.Never { // it could not be rendered, and was not sent
		at.Due, at.Return = p.now(), p.now()
	}
	p.rec.Put(&at)
}

// asked says what an attempt asks for.
func (p *play) asked(made *sale.Purchase) string {
	quantity, item := fmt.Sprint(made.Quantity), ""
	if p.odd != nil {
		quantity = fmt.Sprintf("%q", *p.odd)
	}
	if len(p.head.Items) > 1 {
		item = " of item " + made.Item.ID
	}
	does := "asks for " + quantity + item
	switch {
	case made.Verb == sale.Release:
		does = "gives back what he bought" + item
	case made.Verb == sale.Confirm:
		does = "confirms what he bought" + item
	case made.Attempt > 0:
		does = "sends his request again" + item
	}
	return "buyer " + escape(made.Buyer) + " " + does
}

// reply says what was answered.
func reply(answer sale.Answer) string {
	text := answer.Outcome.String()
	if answer.Defect != sale.NoDefect {
		text = answer.Defect.String()
	}
	if answer.Raw != "" {
		text += ", " + short(answer.Raw)
	}
	return text
}

// marker is a quantity that nothing else in a call is like.
const marker = 1_717_171_713

// oddly sends commands with a text in the place of the marked quantity: a
// contract makes quantities of numbers only.
type oddly struct {
	strategy.Doer
	text string
}

// Do sends one command and returns its reply.
func (o *oddly) Do(ctx context.Context, args ...any) (any, error) {
	return o.Doer.Do(ctx, marked(args, o.text)...)
}

// marked returns a command with a text in the place of the marked quantity.
func marked(args []any, text string) []any {
	replaced := make([]any, len(args))
	for i, arg := range args {
		if word, isText := arg.(string); isText {
			arg = strings.ReplaceAll(word, fmt.Sprint(marker), text)
		}
		replaced[i] = arg
	}
	return replaced
}
