package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
	"github.com/seckill-bench/seckill/scenario/trace"
)

// importFlags are those of a check that judges what another tool drove.
type importFlags struct {
	Import     []string      `sep:"none" placeholder:"FILE" group:"import" help:"Judge the attempts in this file, .csv, .jsonl or .parquet, which another tool made; may be there more than once, and be a pattern or a folder of Parquet files. IMPORT.md describes the columns."`
	Contract   string        `placeholder:"FILE" group:"import" help:"The contract of the script that sold."`
	Script     string        `placeholder:"NAME" group:"import" help:"A built-in strategy that sold, or the path of a script."`
	Audit      string        `placeholder:"URL|FILE" group:"import" help:"Where to read what is left: the server, which is not changed, or a JSON file."`
	Stock      *int64        `placeholder:"N" group:"import" help:"Units that each item opened with."`
	Quantity   *int64        `placeholder:"N" group:"import" help:"Units a purchase where the rows do not tell; the contract's, if not given."`
	Limit      *int64        `placeholder:"N" group:"import" help:"Units a buyer may hold, 0 for no limit; the contract's, if not given."`
	Item       string        `placeholder:"ID" group:"import" help:"The item that is judged; rows of others are left out."`
	Sent       *int64        `placeholder:"N" group:"import" help:"Attempts that were made, where the rows may be fewer."`
	ClockError time.Duration `default:"0s" placeholder:"TIME" group:"import" help:"By how much the clocks may be off that the rows were stamped by: 5ms."`
	Column     []string      `sep:"none" placeholder:"NAME=COLUMN" group:"import" help:"A column that is called otherwise: buyer=userId, call=timeStamp:ms; may be there more than once."`
	Outcome    string        `placeholder:"COLUMN=VALUE:OUTCOME,…" group:"import" help:"What the values of a column mean: 'status=200:ok,409:duplicate,410:sold_out,*:indeterminate'; reply instead of an outcome has the contract read the reply."`
	Copies     string        `placeholder:"keep|drop" group:"import" help:"What becomes of a row that is there twice; an error, if not given."`
	Expect     []string      `placeholder:"RULES" group:"import" help:"Rules that the configuration does not promise to keep, joined by commas, as of run."`
	Out        string        `placeholder:"DIR" group:"import" help:"The results folder; results/NAME-TIME if not given."`
	Replace    bool          `group:"import" help:"Replace a results folder that exists, if it is one."`
}

// importRows judges rows that another tool wrote, and leaves a results folder.
func (c *checkCmd) importRows(app *app) (int, error) {
	// Rows become many small texts and then garbage: see judgeRecord.
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	strat, err := c.sold()
	if err != nil {
		return 0, err
	}
	if _, err := check.ParseExpect(c.Expect); err != nil {
		return 0, fmt.Errorf("--expect: %w", err)
	}
	rows, err := trace.Read(c.Import, trace.Options{
		Columns: c.Column, Outcome: c.Outcome, Item: c.Item, Quantity: cmp.Or(strat.Quantity, 1), ClockError: c.ClockError, Copies: c.Copies,
		Reply: strat.Read, NotRun: func(err error) bool { return conn.FateOf(err) == conn.NotRun },
	})
	if err != nil {
		return 0, err
	}
	head := c.head(app, &strat)
	tail, events, err := c.left(app, &strat, rows, &head)
	if err != nil {
		return 0, err
	}
	h, err := rows.History(head, tail, events)
	if err != nil {
		return 0, err
	}
	dir, err := c.write(h)
	if err != nil {
		return 0, err
	}
	return new(runCmd).report(app, dir)
}

// sold is the strategy that sold, with the quantity and the limit that were given.
func (c *checkCmd) sold() (s strategy.Strategy, err error) {
	switch {
	case c.Script != "":
		s, err = strategy.Find(c.Script, c.Contract)
	case c.Contract != "":
		s, err = underContract(c.Contract)
	default:
		err = errors.New("--import: want --contract FILE, or --script NAME for a strategy that is built in")
	}
	if err != nil {
		return s, err
	}
	quantity, limit := max(s.Quantity, 1), s.Terms.Limit
	if c.Quantity != nil {
		quantity = *c.Quantity
	}
	if c.Limit != nil {
		limit = *c.Limit
	}
	switch {
	case quantity < 1 || quantity > 1<<30:
		return s, fmt.Errorf("--quantity %d: a purchase takes from 1 to %d units", quantity, 1<<30)
	case limit < 0:
		return s, errors.New("--limit: a limit is 1 unit or more, or 0 for none")
	case c.Stock != nil && *c.Stock < 0:
		return s, fmt.Errorf("--stock %d: an item opens with 0 units or more", *c.Stock)
	}
	s, err = s.With(quantity, limit)
	s.Quantity = quantity
	return s, err
}

// underContract is the strategy of a contract and the script that it names.
func underContract(file string) (strategy.Strategy, error) {
	dir, name := filepath.Split(file)
	c, err := contract.Load(os.DirFS(cmp.Or(dir, ".")), name)
	if wrong := (*contract.Error)(nil); errors.As(err, &wrong) {
		wrong.File = filepath.Join(dir, wrong.File)
	}
	if err != nil {
		return strategy.Strategy{}, err
	}
	return strategy.Script(c), nil
}

// head is what is known of the sale before its rows are looked at.
func (c *checkCmd) head(app *app, s *strategy.Strategy) history.Head {
	base := filepath.Base(c.Import[0])
	name := strings.TrimRight(strings.TrimSuffix(base, filepath.Ext(base)), "*-_.?[")
	return history.Head{
		Version: history.Version, Name: cmp.Or(name, "import"), Shard: "1/1", Started: time.Now().UTC(), Model: "closed",
		Scenario: "# imported: there is no scenario to run\n", Command: strings.TrimSuffix(repeat(app.kong.Args, 0), " --seed 0"),
		Terms: s.Terms, Expect: c.Expect, Script: history.Script{Name: s.Name, SHA1: s.SHA1, Call: s.CallBy},
		Server: history.Server{Kind: "remote"},
		Host:   history.Host{CPUs: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), Seckill: version()},
	}
}

// left is what the sale left, by the server or by a file, or nothing is known of it.
// It puts the items into the head.
func (c *checkCmd) left(app *app, s *strategy.Strategy, rows *trace.Trace, head *history.Head) (tail *history.Tail, events []history.Event, err error) {
	var account *trace.Account
	if c.Audit != "" && !strings.Contains(c.Audit, "://") {
		if account, err = trace.ReadAccount(c.Audit); err != nil {
			return nil, nil, fmt.Errorf("--audit: %w", err)
		}
		rows.Told.Audited = true
		if c.Item == "" {
			rows.AddItems(account)
		}
	}
	for i, id := range rows.Items {
		head.Items = append(head.Items, sale.Item{ID: id, Index: i})
	}
	tail = &history.Tail{Ended: history.EndedDone}
	if account != nil {
		if tail, events, err = account.For(head.Items); err != nil {
			return nil, nil, fmt.Errorf("--audit %s: %w", c.Audit, err)
		}
	}
	for i := range head.Items {
		if c.Stock != nil {
			head.Items[i].Stock = *c.Stock
		} else if account == nil || !account.Opened(head.Items[i].ID) {
			return nil, nil, fmt.Errorf("--import: want --stock N, the units that item %s opened with", head.Items[i].ID)
		}
	}
	if c.Audit != "" && account == nil {
		if err = c.ask(app, s, rows, head, tail); err != nil {
			return nil, nil, err
		}
	}
	if tail == nil {
		return nil, events, nil
	}
	sent := c.Sent
	if sent == nil && account != nil && account.Sent != nil { // rows that were left out are not missing
		sent = new(*account.Sent - rows.Told.Skipped)
	}
	if tail.Attempts = int64(len(rows.Attempts)); sent != nil {
		tail.Attempts = *sent
	}
	if tail.Attempts < int64(len(rows.Attempts)) {
		return nil, nil, fmt.Errorf("--sent %d: there are %d rows, and no more rows than attempts that were made", tail.Attempts, len(rows.Attempts))
	}
	return tail, events, nil
}

// ask reads what is left from the server.
func (c *checkCmd) ask(app *app, s *strategy.Strategy, rows *trace.Trace, head *history.Head, tail *history.Tail) error {
	options, err := serverOptions(c.Audit, c.Access)
	if err != nil {
		return err
	}
	srv, err := server.Open(app.ctx, options)
	if err != nil {
		return fmt.Errorf("--audit: %w", err)
	}
	defer srv.Close()
	for _, item := range head.Items {
		if there, err := scenario.IsThere(app.ctx, srv, s, item); err == nil && !there {
			return fmt.Errorf("--audit: no key of item %s is on %s: --item says which item the rows are of, or a column item", item.ID, srv.Address)
		}
	}
	took := func(item int) sale.Took { return rows.Took(item, head.Items[item]) }
	account, err := scenario.Audit(app.ctx, srv, s, head.Items, took, rows.Pending > 0)
	if err != nil {
		return fmt.Errorf("--audit: %w", err)
	}
	head.Server, tail.Audits, tail.AuditsDiffer, rows.Told.Audited = account.Server, account.Audits, account.Differ, true
	return nil
}

// write makes the results folder with the record in it.
func (c *checkCmd) write(h *history.History) (dir string, err error) {
	res, err := newResults(c.Out, h.Head.Name, time.Now(), c.Replace)
	if err != nil {
		return "", err
	}
	if err := history.Write(filepath.Join(res.dir, "history"), h); err != nil {
		res.discard()
		return "", fmt.Errorf("the results folder: %w", err)
	}
	res.keep()
	return res.dir, nil
}

// onlyImports refuses flags of an import without one.
func (c *checkCmd) onlyImports(args []string) error {
	for _, flag := range []string{"contract", "script", "audit", "stock", "quantity", "limit", "item", "sent", "clock-error", "column", "outcome", "copies", "expect", "out", "replace"} {
		if slices.ContainsFunc(args, func(arg string) bool { return arg == "--"+flag || strings.HasPrefix(arg, "--"+flag+"=") }) {
			return fmt.Errorf("--%s goes with --import", flag)
		}
	}
	return nil
}

// exportRows writes the record in a results folder as rows, and says how they are
// judged elsewhere.
func exportRows(app *app, dir, path string) error {
	h, err := history.Open(filepath.Join(dir, "history"))
	if err != nil {
		return err
	}
	account := filepath.Join(filepath.Dir(path), accountFile)
	if err := trace.Export(path, account, h); err != nil {
		return fmt.Errorf("--export: %w", err)
	}
	q := ""
	if h.Head.Quantity > 0 {
		q = fmt.Sprintf(" --quantity %d", h.Head.Quantity)
	}
	fmt.Fprintf(app.stdout, "Wrote %s and %s; judge them with\n  %s\n", path, account, report.Plain(fmt.Sprintf("seckill check --import %s --audit %s --script %s%s --limit %d",
		path, account, h.Head.Script.Name, q, h.Head.Terms.Limit)))
	return nil
}

// accountFile is what was left, beside exported rows.
const accountFile = "audit.json"
