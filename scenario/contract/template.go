package contract

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A name is what may stand between {{ and }}. Names combine into sets.
type name uint8

const (
	nameItem name = 1 << iota
	nameBuyer
	nameQty
	nameLimit
	nameStock
	nameRequest
)

// itemNames are the names that mean something before any purchase is made.
const itemNames = nameItem | nameQty | nameLimit | nameStock

// purchaseNames are the names that each purchase has its own value for.
const purchaseNames = nameBuyer | nameRequest

// templateNames lists the names in the order errors show them.
var templateNames = []struct {
	text string
	name name
}{
	{"item", nameItem}, {"buyer", nameBuyer}, {"qty", nameQty}, {"limit", nameLimit}, {"stock", nameStock}, {"request", nameRequest},
}

// known lists the names of a set.
func (n name) known() string {
	var texts []string
	for _, t := range templateNames {
		if n&t.name != 0 {
			texts = append(texts, t.text)
		}
	}
	return strings.Join(texts, ", ")
}

// values are what the names of a template stand for.
type values struct {
	item            sale.Item
	buyer, request  string
	quantity, limit int64
}

// A template is a text with values in it, as the segments it is made of. Every
// text is a byte string; ids are put in as they are.
type template []segment

// A segment is a literal text, or the value of a name.
type segment struct {
	literal string
	name    name
}

// parseTemplate compiles a text in which {{name}} stands for a value. A brace
// before or after such a place is itself: {{{item}}} is {, the value, }.
func parseTemplate(text string, allowed name) (template, error) {
	var t template
	for {
		open := strings.Index(text, "{{")
		if open < 0 {
			return t.with(text), nil
		}
		for strings.HasPrefix(text[open:], "{{{") {
			open++
		}
		inside, rest, closed := strings.Cut(text[open+2:], "}}")
		if !closed {
			return nil, fmt.Errorf("bad template: {{ without }}")
		}
		n, err := parseName(strings.TrimSpace(inside), allowed)
		if err != nil {
			return nil, err
		}
		t = append(t.with(text[:open]), segment{name: n})
		text = rest
	}
}

// with appends a literal, if there is any.
func (t template) with(literal string) template {
	if literal == "" {
		return t
	}
	return append(t, segment{literal: literal})
}

func parseName(text string, allowed name) (name, error) {
	for _, t := range templateNames {
		switch {
		case t.text != text:
		case t.name&allowed == 0:
			return 0, fmt.Errorf("bad template: {{%s}} has no value here, before there is a purchase; known: %s", text, allowed.known())
		default:
			return t.name, nil
		}
	}
	return 0, fmt.Errorf("bad template: unknown name %q; known: %s", text, allowed.known())
}

// uses reports whether the template contains any of the names.
func (t template) uses(names name) bool {
	return slices.ContainsFunc(t, func(s segment) bool { return s.name&names != 0 })
}

// alone returns the text of a template that is nothing but an id, for which no
// new text has to be made.
func (t template) alone(v *values) (string, bool) {
	if len(t) != 1 {
		return "", false
	}
	switch t[0].name {
	case nameItem:
		return v.item.ID, true
	case nameBuyer:
		return v.buyer, true
	case nameRequest:
		return v.request, true
	}
	return "", false
}

// append adds the text of the template to dst.
func (t template) append(dst []byte, v *values) []byte {
	for i := range t {
		switch s := &t[i]; s.name {
		case nameItem:
			dst = append(dst, v.item.ID...)
		case nameBuyer:
			dst = append(dst, v.buyer...)
		case nameRequest:
			dst = append(dst, v.request...)
		case nameQty:
			dst = strconv.AppendInt(dst, v.quantity, 10)
		case nameLimit:
			dst = strconv.AppendInt(dst, v.limit, 10)
		case nameStock:
			dst = strconv.AppendInt(dst, v.item.Stock, 10)
		default:
			dst = append(dst, s.literal...)
		}
	}
	return dst
}

// text returns the text of the template.
func (t template) text(v *values) string { return string(t.append(nil, v)) }
