package contract

import (
	"context"
	"fmt"
	"strconv"
)

// A collection is a kind of key that lists members, and how it is read.
type collection struct {
	// name is the reader's name in a contract.
	name string
	// steps reads it a part at a time, which spares a server that others use:
	// by a cursor or, where there is none, by place. whole reads it at once.
	steps, whole string
	byPlace      bool
	// stepWidth and wholeWidth are the words a member takes in either reply.
	stepWidth, wholeWidth int
}

var (
	ofSet    = collection{"smembers", "SSCAN", "SMEMBERS", false, 1, 1}
	ofFields = collection{"hkeys", "HSCAN", "HKEYS", false, 2, 1}
	ofHash   = collection{"hgetall", "HSCAN", "HGETALL", false, 2, 2}
	ofSorted = collection{"zrange", "ZRANGE", "", true, 1, 1}
	ofScored = collection{"zrange", "ZRANGE", "", true, 2, 2}
	ofList   = collection{"lrange", "LRANGE", "", true, 1, 1}
)

// stepSize is how many members a step asks for.
const stepSize = 1000

// A member is the words of one member, the first of them its name.
type member = []any

// read shows every member of a key, each once. An absent key has none. A
// server that refuses to be read in steps is read at once; then what was shown
// is void, and shown again from the first.
func (c *collection) read(ctx context.Context, do Doer, key string, void func(), show func(member) error) error {
	if c.byPlace {
		return c.readPlaces(ctx, do, key, show)
	}
	seen := map[string]bool{}
	once := func(m member) error {
		name, isText := m[0].(string)
		if !isText {
			return fmt.Errorf("want members that are texts, not %s", printed(m[0]))
		}
		if seen[name] { // scanning may show a member more than once
			return nil
		}
		seen[name] = true
		return show(m)
	}
	err := scan(ctx, do, c.steps, c.stepWidth, []any{c.steps, key}, []any{"COUNT", strconv.Itoa(stepSize)}, once)
	if err == nil || !isErrorReply(err) {
		return err
	}
	clear(seen)
	void()
	reply, err := do.Do(ctx, c.whole, key)
	if err == nil {
		err = showAll(reply, c.wholeWidth, once)
	}
	if err != nil {
		return fmt.Errorf("%s %q: %w", c.whole, key, err)
	}
	return nil
}

// scan shows what a command lists by a cursor; before and after are the words
// around it.
func scan(ctx context.Context, do Doer, command string, width int, before, after []any, show func(member) error) error {
	where := command
	if len(before) > 1 {
		where = fmt.Sprintf("%s %q", command, before[1])
	}
	cursor := "0"
	for {
		words := append(append(append([]any{}, before...), cursor), after...)
		reply, err := do.Do(ctx, words...)
		if err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		parts, _ := reply.([]any)
		if len(parts) != 2 {
			return fmt.Errorf("%s: want a cursor and members, not %s", where, printed(reply))
		}
		if err := showAll(parts[1], width, show); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		next, isText := parts[0].(string)
		switch {
		case !isText:
			return fmt.Errorf("%s: want a cursor, not %s", where, printed(parts[0]))
		case next == "0":
			return nil
		}
		cursor = next
	}
}

// readPlaces shows the members of a list or a sorted set, so many at a time.
func (c *collection) readPlaces(ctx context.Context, do Doer, key string, show func(member) error) error {
	for from := 0; ; from += stepSize {
		words := []any{c.steps, key, strconv.Itoa(from), strconv.Itoa(from + stepSize - 1)}
		if c.stepWidth == 2 {
			words = append(words, "WITHSCORES")
		}
		reply, err := do.Do(ctx, words...)
		if err == nil {
			reply = flat(reply)
			err = showAll(reply, c.stepWidth, show)
		}
		if err != nil {
			return fmt.Errorf("%s %q: %w", c.steps, key, err)
		}
		if len(reply.([]any)) < stepSize*c.stepWidth {
			return nil
		}
	}
}

// flat makes one list of the pairs that RESP3 has for members with scores.
func flat(reply any) any {
	pairs, _ := reply.([]any)
	var words []any
	for _, pair := range pairs {
		two, isPair := pair.([]any)
		if !isPair || len(two) != 2 {
			return reply
		}
		words = append(words, two...)
	}
	if words == nil {
		return reply
	}
	return words
}

// showAll shows the members of a reply in which each takes width words.
func showAll(reply any, width int, show func(member) error) error {
	words, isList := reply.([]any)
	if byName, isMap := reply.(map[any]any); isMap && width == 2 { // HGETALL over RESP3
		for name, value := range byName {
			words = append(words, name, value)
		}
		isList = true
	}
	if !isList || len(words)%width != 0 {
		return fmt.Errorf("want a list of members, not %s", printed(reply))
	}
	for ; len(words) > 0; words = words[width:] {
		if err := show(words[:width]); err != nil {
			return err
		}
	}
	return nil
}
