package contract

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// A stockReader reads the units left of an item: a number the server holds, or
// the sum or difference of what other readers read.
type stockReader struct {
	// command is the first word: GET, HGET, LLEN, HVALS or EVAL; empty for a
	// sum or a difference.
	command string
	// source is the script of EVAL.
	source string
	keys   []int
	// field is the field of a hash; nil: there is none.
	field *template
	// missing stands for what is not there; nil: then nothing is known.
	missing *template
	// path leads to the number in a JSON text; nil: the text is the number.
	path replyPath

	parts []*stockReader
	// minus: the second part is taken off the first.
	minus bool
}

// A stockQuery is one command and the reader that understands the reply.
type stockQuery struct {
	words  []any
	where  string
	reader *stockReader
}

// read asks all at once where there is more than one thing to ask, so that no
// sale comes between.
func (r *stockReader) read(ctx context.Context, do Doer, p *preparedItem, v *values) (int64, error) {
	queries, err := r.queries(nil, p, v)
	if err != nil {
		return 0, err
	}
	replies, err := ask(ctx, do, queries)
	if err != nil {
		return 0, err
	}
	return r.units(&queries, &replies, v)
}

func ask(ctx context.Context, do Doer, queries []stockQuery) ([]any, error) {
	if together, can := do.(Transactor); can && len(queries) > 1 {
		commands := make([][]any, len(queries))
		for i := range queries {
			commands[i] = queries[i].words
		}
		replies, err := together.Multi(ctx, commands...)
		if err == nil && len(replies) == len(queries) {
			return replies, nil
		}
		if err != nil && !isErrorReply(err) {
			return nil, err
		}
	}
	replies := make([]any, len(queries)) // one after the other, where the server has no MULTI for us
	for i, q := range queries {
		reply, err := do.Do(ctx, q.words...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q.where, err)
		}
		replies[i] = reply
	}
	return replies, nil
}

// queries adds what the reader has to ask.
func (r *stockReader) queries(dst []stockQuery, p *preparedItem, v *values) ([]stockQuery, error) {
	var err error
	if r.command == "" {
		for _, part := range r.parts {
			if dst, err = part.queries(dst, p, v); err != nil {
				return dst, err
			}
		}
		return dst, nil
	}
	if r.command == "EVAL" {
		words := []any{"EVAL", r.source, ""}
		for _, k := range r.keys {
			for _, key := range p.keys[k] {
				words = append(words, key)
			}
		}
		words[2] = strconv.Itoa(len(words) - 3)
		return append(dst, stockQuery{words, "the lua reader", r}), nil
	}
	for _, key := range p.keys[r.keys[0]] {
		q := stockQuery{[]any{r.command, key}, fmt.Sprintf("%s %q", r.command, key), r}
		if r.field != nil {
			field, err := r.field.text(v)
			if err != nil {
				return dst, err
			}
			q.words, q.where = append(q.words, field), fmt.Sprintf("%s %q", q.where, field)
		}
		dst = append(dst, q)
	}
	return dst, nil
}

// units makes the number of the replies, which it takes off the front.
func (r *stockReader) units(queries *[]stockQuery, replies *[]any, v *values) (int64, error) {
	var sum int64
	if r.command == "" {
		for i, part := range r.parts {
			units, err := part.units(queries, replies, v)
			if err != nil {
				return 0, err
			}
			if r.minus && i == 1 {
				units = -units
			}
			sum += units
		}
		return sum, nil
	}
	for len(*queries) > 0 && (*queries)[0].reader == r {
		units, err := r.number((*replies)[0], v)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", (*queries)[0].where, err)
		}
		sum += units
		*queries, *replies = (*queries)[1:], (*replies)[1:]
	}
	return sum, nil
}

// number returns the number in one reply.
func (r *stockReader) number(reply any, v *values) (int64, error) {
	if err, failed := reply.(error); failed {
		return 0, err
	}
	if list, isList := reply.([]any); isList && r.command == "HVALS" {
		return sumOf(list)
	}
	if reply == nil {
		if r.missing == nil {
			return 0, errors.New("there is nothing, and the contract does not say what that means (missing:)")
		}
		text, err := r.missing.text(v)
		if err != nil {
			return 0, err
		}
		reply = text
	} else if r.path != nil {
		text, _ := reply.(string)
		value, found := parseJSON(text)
		if found {
			value, found = r.path.follow(value)
		}
		if !found {
			return 0, fmt.Errorf("%s has nothing where the contract's json leads", printed(reply))
		}
		reply = value
	}
	units, whole := wholeNumber(reply)
	if !whole {
		return 0, fmt.Errorf("%s is not a whole number", printed(reply))
	}
	return units, nil
}

func sumOf(list []any) (int64, error) {
	var sum int64
	for _, value := range list {
		units, whole := wholeNumber(value)
		if !whole {
			return 0, fmt.Errorf("%s is not a whole number", printed(value))
		}
		sum += units
	}
	return sum, nil
}

func (l *loader) auditStock(n *yaml.Node) (err error) {
	if isNone(n) {
		return nil
	}
	l.c.stock, err = l.stockReader(n, "audit.stock", false)
	return err
}

// stockReader reads a reader. Within a sum, a key may stand for several.
func (l *loader) stockReader(n *yaml.Node, what string, inSum bool) (*stockReader, error) {
	r, names := new(stockReader), []string{}
	one := func(name string, read func(*yaml.Node) error) field {
		return field{name, "", func(n *yaml.Node) error {
			if names = append(names, name); len(names) > 1 {
				return l.errorf(n, "%s: %s and %s; want one reader", what, names[0], names[1])
			}
			return read(n)
		}}
	}
	onKey := func(name, command string) field {
		return one(name, func(n *yaml.Node) error { return l.readKey(n, r, command, what+"."+name, inSum) })
	}
	err := l.mapping(n, what,
		onKey("get", "GET"), onKey("llen", "LLEN"), onKey("hash_sum", "HVALS"),
		one("hget", func(n *yaml.Node) error { return l.readField(n, r, what+".hget", inSum) }),
		one("sum", func(n *yaml.Node) error { return l.readParts(n, r, what+".sum", true) }),
		one("difference", func(n *yaml.Node) error { return l.readParts(n, r, what+".difference", false) }),
		one("lua", func(n *yaml.Node) error { return l.readLua(n, r, what+".lua") }),
		field{"keys", "", func(n *yaml.Node) error { return l.readLuaKeys(n, r, what+".keys") }},
		field{"json", "", func(n *yaml.Node) error { return l.readPath(n, r, what+".json") }},
		field{"missing", "", func(n *yaml.Node) error { return l.readMissing(n, r, what+".missing") }},
	)
	if err == nil && len(names) == 0 {
		return nil, l.errorf(n, "%s: no reader; want {get: KEY}, {hget: [KEY, FIELD]}, {llen: KEY}, {hash_sum: KEY}, {sum: [READER, …]}, {difference: [READER, READER]}, {lua: FILE, keys: [KEY, …]} or none", what)
	}
	return r, err
}

func (l *loader) readKey(n *yaml.Node, r *stockReader, command, what string, inSum bool) error {
	find := l.oneKey
	if inSum {
		find = l.itemKey
	}
	k, err := find(n, what)
	r.command, r.keys = command, []int{k}
	return err
}

func (l *loader) readField(n *yaml.Node, r *stockReader, what string, inSum bool) error {
	words, err := l.list(n, what)
	if err != nil {
		return err
	}
	if len(words) != 2 {
		return l.errorf(n, "%s: want [KEY, FIELD], not %d words", what, len(words))
	}
	if err := l.readKey(words[0], r, "HGET", what, inSum); err != nil {
		return err
	}
	field, err := l.template(words[1], what, l.scope(itemNames))
	r.field = &field
	return err
}

func (l *loader) readParts(n *yaml.Node, r *stockReader, what string, sum bool) error {
	parts, err := l.list(n, what)
	if err != nil {
		return err
	}
	if !sum && len(parts) != 2 {
		return l.errorf(n, "%s: want two readers, what there was and what is gone, not %d", what, len(parts))
	}
	if len(parts) == 0 {
		return l.errorf(n, "%s: want at least one reader", what)
	}
	r.minus = !sum
	for _, n := range parts {
		part, err := l.stockReader(n, what, sum)
		if err != nil {
			return err
		}
		r.parts = append(r.parts, part)
	}
	return nil
}

func (l *loader) readLua(n *yaml.Node, r *stockReader, what string) error {
	source, _, err := l.luaFile(n, what)
	r.command, r.source = "EVAL", string(source)
	return err
}

func (l *loader) readLuaKeys(n *yaml.Node, r *stockReader, what string) error {
	if r.command != "EVAL" {
		return l.errorf(n, "%s: want it beside lua only", what)
	}
	names, err := l.list(n, what)
	for _, n := range names {
		k, err := l.itemKey(n, what)
		if err != nil {
			return err
		}
		r.keys = append(r.keys, k)
	}
	return err
}

func (l *loader) readPath(n *yaml.Node, r *stockReader, what string) (err error) {
	if r.command != "GET" && r.command != "HGET" {
		return l.errorf(n, "%s: want it beside get or hget", what)
	}
	r.path, err = l.path(n, what)
	return err
}

func (l *loader) readMissing(n *yaml.Node, r *stockReader, what string) error {
	if r.command != "GET" && r.command != "HGET" {
		return l.errorf(n, "%s: want it beside get or hget; where another key is missing, it is empty", what)
	}
	t, err := l.template(n, what, l.scope(nameStock))
	if err != nil {
		return err
	}
	text, err := t.text(new(values))
	if _, whole := wholeNumber(text); err != nil || !whole {
		return l.errorf(n, "%s: want a whole number or \"{{stock}}\", not %s", what, shown(n))
	}
	r.missing = &t
	return nil
}
