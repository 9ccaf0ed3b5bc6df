package contract

import (
	"fmt"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v4"
)

// A parser finds named values in the text of a member: by a pattern with named
// groups, or by paths into JSON.
type parser struct {
	names   []string
	pattern *regexp.Regexp
	groups  []int
	paths   []replyPath
}

// named returns the place of a name, or -1.
func (p *parser) named(name string) int { return slices.Index(p.names, name) }

func (p *parser) has(name string) bool { return p.named(name) >= 0 }

// order brings the names into the given order; there must be no others.
func (p *parser) order(names ...string) error {
	q := parser{pattern: p.pattern}
	for _, name := range names {
		i := p.named(name)
		if i < 0 {
			continue
		}
		q.names = append(q.names, name)
		if p.pattern != nil {
			q.groups = append(q.groups, p.groups[i])
		} else {
			q.paths = append(q.paths, p.paths[i])
		}
	}
	if len(q.names) != len(p.names) {
		return errNoBuyer
	}
	*p = q
	return nil
}

// read returns the values in a text, in the order of the names. A text it does
// not fit is an error that shows it.
func (p *parser) read(text string) ([]string, error) {
	found := make([]string, len(p.names))
	if p.pattern != nil {
		groups := p.pattern.FindStringSubmatchIndex(text)
		for i, group := range p.groups {
			if groups == nil || groups[2*group] < 0 {
				return nil, fmt.Errorf("the member %s does not match the contract's parse", quoted(text))
			}
			found[i] = text[groups[2*group]:groups[2*group+1]]
		}
		return found, nil
	}
	value, ok := parseJSON(text)
	if !ok {
		return nil, fmt.Errorf("the member %s is not JSON", quoted(text))
	}
	for i, path := range p.paths {
		part, _ := path.follow(value)
		if found[i], ok = textOf(part); !ok {
			return nil, fmt.Errorf("the member %s has no text where the contract's json leads for %s", quoted(text), p.names[i])
		}
	}
	return found, nil
}

// parser reads a pattern with named groups.
func (l *loader) parser(n *yaml.Node, dst **parser, what string) error {
	pattern, err := l.pattern(n, what)
	if err != nil {
		return err
	}
	p := &parser{pattern: pattern}
	for group, name := range pattern.SubexpNames() {
		if name != "" {
			p.names, p.groups = append(p.names, name), append(p.groups, group)
		}
	}
	if len(p.names) == 0 {
		return l.errorf(n, "%s: want a named group, such as (?P<buyer>[0-9]+)", what)
	}
	*dst = p
	return nil
}

// jsonFields reads {name: path, …}.
func (l *loader) jsonFields(n *yaml.Node, p *parser, what string) error {
	entries, err := l.entries(n, what)
	for _, e := range entries {
		path, err := l.path(e.value, what+"."+e.key.Value)
		if err != nil {
			return err
		}
		p.names, p.paths = append(p.names, e.key.Value), append(p.paths, path)
	}
	if err == nil && len(entries) == 0 {
		return l.errorf(n, "%s: want at least one field, such as {buyer: $.userId}", what)
	}
	return err
}
