package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/server"
)

type checkCmd struct {
	Dir   string  `arg:"" optional:"" help:"The results folder." predictor:"dir"`
	Clean *string `placeholder:"URL" help:"Instead of judging, remove the keys that the run named in keys.txt from this server, or its orders from this order book."`

	importFlags     `embed:""`
	scenario.Access `embed:""`
}

// Run judges the history again, from the folder alone.
func (c *checkCmd) Run(app *app) (int, error) {
	switch {
	case len(c.Import) > 0 && (c.Dir != "" || c.Clean != nil):
		return 0, errors.New("--import judges files, and no results folder: want one of the two")
	case len(c.Import) > 0:
		return c.importRows(app)
	case c.Dir == "":
		return 0, errors.New("want the results folder to judge, or --import FILE")
	}
	if err := c.onlyImports(app.kong.Args); err != nil {
		return 0, err
	}
	if c.Clean != nil {
		return 0, c.clean(app)
	}
	_, summary, err := judgeRecord(c.Dir)
	if err != nil {
		return 0, err
	}
	summary.FindCounterexamples(c.Dir)
	return app.exit(summary, report.WriteText(app.stdout, summary))
}

// judge judges the record in a results folder, and writes beside it the smallest
// records that break the rules that it breaks.
func judge(dir string) (*report.Summary, error) {
	h, summary, err := judgeRecord(dir)
	if err != nil {
		return nil, err
	}
	summary.KeepCounterexamples(dir, h)
	return summary, nil
}

// judgeRecord reads the record in a results folder and forms an opinion of it.
func judgeRecord(dir string) (*history.History, *report.Summary, error) {
	// What the judge keeps of the attempts is large and holds hardly a pointer: to
	// collect often costs little, and spares as much memory again.
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	h, err := history.Open(filepath.Join(dir, "history"))
	below, _ := filepath.Glob(filepath.Join(dir, "*", "history"))
	if rounds, _ := filepath.Glob(filepath.Join(dir, "*", "*", "history")); len(below) == 0 {
		below = rounds
	}
	if err != nil && len(below) > 0 {
		return nil, nil, fmt.Errorf("%s holds several runs: want one of them, such as %s", dir, filepath.Dir(below[0]))
	}
	if err != nil {
		return nil, nil, err
	}
	verdict, err := check.Check(h)
	if err != nil {
		return nil, nil, err
	}
	summary, err := report.Summarize(h, verdict)
	return h, summary, err
}

// clean removes exactly the keys that the run had named before it made them, or
// the orders of the items that it had on sale.
func (c *checkCmd) clean(app *app) error {
	if scenario.IsBook(*c.Clean) {
		return c.cleanBook(app)
	}
	keys, err := readKeys(filepath.Join(c.Dir, keysFile))
	if err != nil {
		return err
	}
	if !strings.Contains(*c.Clean, "://") {
		return fmt.Errorf("--clean %q: want the URL of a server, like redis://127.0.0.1:6379", *c.Clean)
	}
	options, err := serverOptions(*c.Clean, c.Access)
	if err != nil {
		return err
	}
	srv, err := server.Open(app.ctx, options)
	if err != nil {
		return err
	}
	defer srv.Close()
	removed, err := scenario.Remove(app.ctx, srv, keys)
	if err != nil {
		return err
	}
	fmt.Fprintf(app.stdout, "Removed %d of the %d keys that %s names; the others are not on %s.\n", removed, len(keys), c.Dir, srv.Address)
	return nil
}

// cleanBook removes the orders of a run from an order book.
func (c *checkCmd) cleanBook(app *app) error {
	h, err := history.Open(filepath.Join(c.Dir, "history"))
	if err != nil {
		return err
	}
	if h.Head.Book == "" {
		return fmt.Errorf("--clean: the run in %s wrote no orders", c.Dir)
	}
	if err := scenario.CleanBook(app.ctx, *c.Clean, h.Head.Items); err != nil {
		return fmt.Errorf("--clean: %w", err)
	}
	fmt.Fprintf(app.stdout, "The orders of %s are no longer in %s.\n", c.Dir, scenario.WithoutPassword(*c.Clean))
	return nil
}

// keysFile lists the keys of a run, one a line, quoted as in Go where a key is
// not plain text. It is written before the first key is made.
const keysFile = "keys.txt"

func writeKeys(path string, keys []string) error {
	var text strings.Builder
	for _, key := range keys {
		if quoted := strconv.Quote(key); quoted != `"`+key+`"` || strings.HasPrefix(key, `"`) {
			key = quoted
		}
		text.WriteString(key + "\n")
	}
	return os.WriteFile(path, []byte(text.String()), 0o644)
}

func readKeys(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	keys := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for i, key := range keys {
		if plain, err := strconv.Unquote(key); err == nil && key[0] == '"' {
			keys[i] = plain
		}
	}
	return keys, nil
}
