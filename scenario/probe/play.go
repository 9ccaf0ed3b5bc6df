package probe

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// A play is a case while it is played. After an error nothing more is done.
type play struct {
	Case
	*prober
	strat    strategy.Strategy
	head     history.Head
	wire     *wire
	sheet    *sheet
	memory   *history.Memory
	rec      *history.Recorder
	events   []history.Event
	requests uint32
	made     []sale.Purchase
	// held is what is known of the keys before the next step; nil: nobody looks.
	held server.Keyspace
	// changed are the keys that the script changed, still those that it changed
	// and should not have, whatever the audit tells of them.
	changed, refused, still map[string]bool
	// expiring are those that it gave a time to live.
	expiring map[string]bool

	// units are what the items held that was there to sell, where that is not
	// what they were opened with.
	units []int64
	// allows is what the script may do in this step.
	allows allowance
	// odd is the text in the place of the quantity; nil: none.
	odd *string
	// taken are the places of the stock that were emptied.
	taken []contract.StockPlace
	// strict: every error is the script's, also one that kept it from running.
	strict  bool
	stopped error
}

// play plays a scene from its opening to its audit.
func (by *prober) play(s *scene) (Case, error) {
	p := &play{
		Case:   Case{Class: s.class, Name: s.name, Title: s.title, SellsOut: s.sellsOut, Skipped: s.skip},
		prober: by, strat: s.strat, wire: &wire{route: by.door.to}, sheet: by.newSheet("redis-cli"), memory: new(history.Memory),
		held: server.Keyspace{}, changed: map[string]bool{}, refused: map[string]bool{}, still: map[string]bool{},
		expiring: map[string]bool{},
	}
	if p.Skipped != "" {
		return p.Case, nil
	}
	if x := by.door.link.RoundTrip(by.ctx, []any{"FLUSHALL"}); x.Err != nil {
		return p.Case, fmt.Errorf("emptying the server: %w", x.Err)
	}
	p.head = by.headOf(s)
	p.rec = history.NewRecorder(p.memory)
	defer p.rec.Close()
	if s.act(p); p.Skipped != "" {
		p.Steps = nil
	} else if p.stopped == nil && p.History == nil && !s.aside {
		p.stopped = p.finish()
	}
	if p.stopped != nil && p.wire.lost() {
		p.Broken, p.History = p.stopped.Error(), nil
		return p.Case, nil
	}
	if p.stopped != nil {
		p.stopped = fmt.Errorf("case %s: %w", p.Name, p.stopped)
	}
	return p.Case, p.stopped
}

// headOf is the head of a scene's history.
func (by *prober) headOf(s *scene) history.Head {
	head := history.Head{
		Version: history.Version, Name: s.name, Seed: by.Seed, Shard: "1/1", Started: time.Now().UTC(), Model: "closed",
		Quantity: s.strat.Quantity, Buyers: buyers, BuyerIDs: sale.BuyerIDs{From: by.firstBuyer}, Terms: s.strat.Terms,
		Script: history.Script{Name: s.strat.Name, SHA1: s.strat.SHA1, Call: s.strat.CallBy}, Server: by.described,
		Host: history.Host{CPUs: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()},
	}
	if s.ids != nil {
		head.BuyerIDs = *s.ids
	}
	if list := head.BuyerIDs.List(); list != nil {
		head.Buyers = int64(len(list))
	}
	for i, id := range s.items {
		head.Items = append(head.Items, sale.Item{ID: id, Stock: s.stock, Index: i})
	}
	return head
}

// finish audits what was sold and completes the history.
func (p *play) finish() (err error) {
	tail := history.Tail{
		Ended: history.EndedDone, Attempts: p.rec.Count(), Warnings: []string{}, Driver: history.Driver{Bound: "schedule"},
	}
	p.wire.forget()
	for _, item := range p.head.Items {
		tail.Audits = append(tail.Audits, p.audit(item))
	}
	if p.held != nil {
		if tail.Foreign, err = p.foreign(p.wire.sent); err != nil {
			return err
		}
	}
	for i, units := range p.units {
		p.head.Items[i].Stock = units
		p.head.Terms.Atomic = false // the script tells what is left of another stock
	}
	if err := p.rec.Close(); err != nil {
		return err
	}
	for _, event := range p.events {
		p.memory.Event(event)
	}
	tail.Finished = time.Now().UTC()
	p.History = p.memory.History(p.head, &tail)
	return nil
}

// audit reads the server's account of an item. Where the stock was taken away
// and nobody made another, what is left is not known.
func (p *play) audit(item sale.Item) sale.Audit {
	audit := p.strat.AuditFor(p.ctx, p.wire, item, p.took(item))
	if p.taken != nil && !slices.ContainsFunc(p.taken, p.holds) {
		audit.Stock, audit.Problems = nil, nil
	}
	return audit
}

// foreign names the keys that the script had no business to change: those that
// the contract does not name, and those that a refusal changed and the audit
// does not read, for what that reads has rules of its own.
func (p *play) foreign(audit [][]any) ([]string, error) {
	named, read := map[string]bool{}, map[string]bool{}
	for _, item := range p.head.Items {
		for key, err := range p.strat.KeysFor(item, p.took(item)) {
			if err != nil {
				return nil, err
			}
			named[key] = true
		}
	}
	for _, command := range audit {
		for _, word := range command {
			if key, isText := word.(string); isText {
				read[key] = true
			}
		}
	}
	keys := []string{}
	for key := range p.changed {
		if !named[key] || p.still[key] || p.refused[key] && !read[key] {
			keys = append(keys, fmt.Sprintf("%q", key))
		}
	}
	slices.Sort(keys)
	return keys, nil
}

// took says who takes part in the sale of an item.
func (p *play) took(item sale.Item) sale.Took {
	return sale.Took{
		Buyers: func(yield func(sale.Purchase) bool) {
			for n := range uint32(p.head.Buyers) {
				if !yield(p.purchase(&ask{verb: sale.Buy, buyer: n, request: n}, item)) {
					return
				}
			}
		},
		Requests: func(yield func(sale.Purchase) bool) {
			for _, made := range p.made {
				if made.Item.ID == item.ID && !yield(made) {
					return
				}
			}
		},
	}
}

// open puts every item on sale.
func (p *play) open() {
	for _, item := range p.head.Items {
		p.do(fmt.Sprintf("item %s is opened with %d", item.ID, item.Stock), func() error {
			return p.strat.OpenFor(p.ctx, p.wire, item, p.took(item))
		})
	}
}

// send has somebody else than the script do something.
func (p *play) send(what string, args ...any) {
	p.do(what, func() error {
		_, err := p.wire.Do(p.ctx, args...)
		return err
	})
}

// do is a step that is no attempt.
func (p *play) do(what string, does func() error) {
	if p.stopped != nil {
		return
	}
	p.wire.forget()
	if err := does(); err != nil {
		p.stopped = fmt.Errorf("%s: %w", what, err)
		return
	}
	p.step(what, "")
}

// step notes a step and looks at the keys again.
func (p *play) step(what, reply string) []server.Change {
	s := Step{What: what, Reply: reply}
	for _, args := range p.wire.sent {
		s.Lines = append(s.Lines, p.sheet.lines(args)...)
	}
	if p.held != nil {
		now, err := p.srv.Keyspace(p.ctx)
		if err != nil {
			p.stopped = fmt.Errorf("looking at the keys: %w", err)
			return nil
		}
		s.Changes, p.held = p.held.Changes(now), now
	}
	p.Steps = append(p.Steps, s)
	return s.Changes
}
