package contract

import (
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// A replyPath leads from a reply to a part of it: $ is the reply, .name a field of
// a JSON object, [n] an element of an array, from 0. A text is read as JSON
// where a step leads into it.
type replyPath []step

// A step is a field or, without a name, an element.
type step struct {
	name  string
	index int
}

var (
	pathShape = regexp.MustCompile(`^\$(\.[^.\[\]]+|\[[0-9]{1,9}\])*$`)
	pathStep  = regexp.MustCompile(`\.([^.\[\]]+)|\[([0-9]+)\]`)
)

// isPath reports whether a text is a path.
func isPath(text string) bool { return pathShape.MatchString(text) }

func parsePath(text string) replyPath {
	p := replyPath{}
	for _, found := range pathStep.FindAllStringSubmatch(text, -1) {
		index, _ := strconv.Atoi(found[2])
		p = append(p, step{found[1], index})
	}
	return p
}

// follow returns what a path leads to; false where it leads nowhere.
func (p replyPath) follow(reply any) (any, bool) {
	inJSON := false
	for _, s := range p {
		if text, isText := reply.(string); isText && !inJSON {
			value, ok := parseJSON(text)
			if !ok {
				return nil, false
			}
			reply, inJSON = value, true
		}
		part, ok := s.follow(reply)
		if !ok {
			return nil, false
		}
		reply = part
	}
	return reply, true
}

func (s step) follow(reply any) (any, bool) {
	switch v := reply.(type) {
	case []any:
		if s.name != "" || s.index >= len(v) {
			return nil, false
		}
		return v[s.index], true
	case map[string]any:
		part, found := v[s.name]
		return part, found && s.name != ""
	case map[any]any:
		part, found := v[s.name]
		return part, found && s.name != ""
	}
	return nil, false
}

// textOf returns a part of a reply as the bytes it came in; false for what has
// no text: nothing, a list, an object.
func textOf(part any) (string, bool) {
	switch v := part.(type) {
	case string:
		return v, true
	case jsonSource:
		return string(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// wholeNumber returns a number as Redis counts with it: no sign but minus, no
// leading zero, no fraction.
func wholeNumber(reply any) (int64, bool) {
	switch v := reply.(type) {
	case int64:
		return v, true
	case jsonSource:
		return wholeNumber(string(v))
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil && strconv.FormatInt(n, 10) == v
	}
	return 0, false
}

func (d *document) path(n *yaml.Node, what string) (replyPath, error) {
	text, err := d.text(n, what)
	if err != nil {
		return nil, err
	}
	if !isPath(text) {
		return nil, d.errorf(n, "%s: want a path such as $.code or $[1].id, not %q", what, text)
	}
	return parsePath(text), nil
}
