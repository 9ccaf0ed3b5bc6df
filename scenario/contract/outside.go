package contract

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// maxOutside bounds the orders that are read from a file or a command, in bytes.
const maxOutside = 256 << 20

// errOutside says that there is more than anybody will read.
var errOutside = fmt.Errorf("there are more than %d MiB of it", maxOutside>>20)

// An outside says where orders are that the server does not hold: in a file, or in
// what a command prints.
type outside struct {
	command []template
	file    *template
}

// In returns the contract with the folder it stands in: its files of orders are
// found from there, and its command runs there.
func (c *Contract) In(folder string) *Contract {
	in := *c
	in.folder = folder
	return &in
}

// AllowCommands returns the contract with leave to run its command.
func (c *Contract) AllowCommands() *Contract {
	allowed := *c
	allowed.allowed = true
	return &allowed
}

// Command names the program that has to be run to read orders; empty: none.
func (c *Contract) Command() string {
	if c.orders == nil || c.orders.outside == nil || c.orders.outside.command == nil {
		return ""
	}
	return cmp.Or(c.orders.outside.command[0].source(), "a program")
}

// Inside returns the contract without the orders that are not on the server, and
// whether there are any.
func (c *Contract) Inside() (*Contract, bool) {
	if c.orders == nil || c.orders.outside == nil {
		return c, false
	}
	inside := *c
	inside.orders = nil
	return &inside, true
}

// readOutside returns the orders of an item that are in a file or come from a
// command.
func (r *ordersReader) readOutside(ctx context.Context, c *Contract, item sale.Item) (*sale.Orders, error) {
	v := c.values(item, c.Quantity)
	text, where, err := r.outside.text(ctx, c, &v)
	if err != nil {
		return nil, err
	}
	orders := &sale.Orders{Fields: r.fields}
	if r.parse != nil {
		err = r.readLines(bytes.NewReader(text), orders)
	} else {
		err = r.readCSV(bytes.NewReader(text), orders)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return orders, nil
}

// text is what the file holds or the command prints; where is what errors call it.
func (o *outside) text(ctx context.Context, c *Contract, v *values) (text []byte, where string, err error) {
	if o.file != nil {
		name, err := o.file.text(v)
		if err != nil {
			return nil, "", err
		}
		text, err := readOrders(c.folder, name)
		return text, "file " + quoted(name), err
	}
	words := make([]string, len(o.command))
	for i := range o.command {
		if words[i], err = o.command[i].text(v); err != nil {
			return nil, "", err
		}
	}
	where = "command " + quoted(words[0])
	if !c.allowed {
		return nil, where, fmt.Errorf("%s: the contract reads orders by it, and commands run only with --allow-commands", where)
	}
	text, err = runCommand(ctx, c.folder, words, maxOutside)
	return text, where, err
}

// readOrders reads a file. What is none, such as a pipe, might have no end.
func readOrders(folder, name string) ([]byte, error) {
	path := name
	if !filepath.IsAbs(name) {
		path = filepath.Join(folder, name)
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("is no file")
	}
	var text []byte
	if err == nil && info.Size() > maxOutside {
		err = errOutside
	} else if err == nil {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("file %s: %w", quoted(name), plainReason(err))
	}
	return text, nil
}

// plainReason leaves the path out of an error about a file.
func plainReason(err error) error {
	if wrong := (*fs.PathError)(nil); errors.As(err, &wrong) {
		return wrong.Err
	}
	return err
}

// outsideFields are the readers of what the server does not hold.
func (l *loader) outsideFields(r *ordersReader, one func(string, func(*yaml.Node) error) field) []field {
	const what = "audit.orders"
	return []field{
		one("command", func(n *yaml.Node) error {
			words, err := l.list(n, what+".command")
			if err == nil && (len(words) == 0 || words[0].Value == "") {
				return l.errorf(n, "%s.command: want a program and its words, such as [psql, --csv, -c, \"select …\"]", what)
			}
			r.outside = &outside{command: []template{}}
			for _, word := range words {
				t, err := l.template(word, what+".command", l.scope(itemNames))
				if err != nil {
					return err
				}
				r.outside.command = append(r.outside.command, t)
			}
			return err
		}),
		one("file", func(n *yaml.Node) error {
			t, err := l.template(n, what+".file", l.scope(itemNames))
			r.outside = &outside{file: &t}
			if err == nil && n.Value == "" {
				return l.errorf(n, "%s.file: want the name of a file", what)
			}
			return err
		}),
	}
}

// fitsOutside refuses what does not tell how a line is taken apart.
func (l *loader) fitsOutside(n *yaml.Node, r *ordersReader, what string) error {
	numbers := 0
	for _, name := range r.named {
		if strings.HasPrefix(name, "$") {
			return l.errorf(n, "%s: %q is a path; want json: {…} for lines that are JSON, and map: {…} for the columns of CSV", what, name)
		}
		if _, whole := wholeNumber(name); whole && columnNumber(name) == 0 {
			return l.errorf(n, "%s: the column %s: want a number from 1 on, or a name in the first line", what, name)
		}
		numbers += min(1, columnNumber(name))
	}
	switch {
	case len(r.named) > 0 && r.parse != nil:
		return l.errorf(n, "%s: map is for CSV, parse and json are for other lines; want one", what)
	case numbers > 0 && numbers < len(r.named):
		return l.errorf(n, "%s: map has numbers and names; want either: numbers where no line names the columns, names where the first line does", what)
	}
	return nil
}

// source is the text of a template without values, and otherwise of its plain
// parts.
func (t *template) source() string {
	var text strings.Builder
	for _, s := range t.segments {
		if s.name == 0 {
			text.WriteString(s.literal)
		} else {
			text.WriteString("…")
		}
	}
	return text.String()
}
