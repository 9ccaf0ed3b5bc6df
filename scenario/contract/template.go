package contract

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A name is what may stand between {{ and }}. Names combine into sets.
type name uint32

const (
	nameItem name = 1 << iota
	nameItemIndex
	nameBuyer
	nameBuyerIndex
	nameQty
	nameLimit
	nameStock
	nameRequest
	nameAttempt
	nameNowMS
	nameNowS
	nameSaleStart
	nameSaleEnd
	nameUnit
	nameIndex    // the number of an each
	nameLineItem // the item of a cart's line
	nameLineQty
	nameVariable // the value of a var; its scope counts as a name as well
	nameCapture
)

const (
	// itemNames mean something before any purchase is made.
	itemNames = nameItem | nameItemIndex | nameQty | nameLimit | nameStock | nameSaleStart | nameSaleEnd
	// buyerNames are a buyer's own.
	buyerNames = nameBuyer | nameBuyerIndex
	// purchaseNames are the names that each purchase has its own value for.
	purchaseNames = buyerNames | nameRequest | nameAttempt | nameNowMS | nameNowS
	// eachNames have a value within an each.
	eachNames = nameIndex | nameLineItem | nameLineQty
	// sharedNames have one value for all purchases of a quantity of an item.
	sharedNames = itemNames | nameIndex | nameVariable
)

// templateNames lists the names in the order errors show them.
var templateNames = []struct {
	text string
	name name
}{
	{"item", nameItem}, {"item_index", nameItemIndex}, {"buyer", nameBuyer}, {"buyer_index", nameBuyerIndex}, {"qty", nameQty},
	{"limit", nameLimit}, {"stock", nameStock}, {"request", nameRequest}, {"attempt", nameAttempt}, {"now_ms", nameNowMS},
	{"now_s", nameNowS}, {"sale_start", nameSaleStart}, {"sale_end", nameSaleEnd}, {"unit", nameUnit},
}

// A scope is what the names of a template may be at some place of a contract.
type scope struct {
	names name
	// as is the name an each gives to its number or line; empty: there is none.
	as   string
	cart bool
	vars []variable
	// captures are the names that an answer before this has set.
	captures []string
}

// with returns the scope within an each.
func (s scope) with(e *each) scope {
	if e != nil {
		s.as, s.cart = e.as, e.cart
	}
	return s
}

// known lists the names of a scope.
func (s scope) known() string {
	var texts []string
	for _, t := range templateNames {
		if s.names&t.name != 0 {
			texts = append(texts, t.text)
		}
	}
	switch {
	case s.cart:
		texts = append(texts, s.as+".item", s.as+".qty")
	case s.as != "":
		texts = append(texts, s.as)
	}
	for i := range s.vars {
		if s.vars[i].scope&^s.names == 0 {
			texts = append(texts, s.vars[i].name)
		}
	}
	return strings.Join(append(texts, s.captures...), ", ")
}

// A template is a text with values in it. Every text is a byte string; ids are
// put in as they are.
type template struct {
	// segments are what a plain template is made of.
	segments []segment
	// names are those that the template uses.
	names name
	// program is what any other template is.
	program *program
}

// A segment is a literal text, or the value of a name.
type segment struct {
	name    name
	literal string    // or the name of a capture
	v       *variable // of nameVariable
}

// parseTemplate compiles a text in which {{name}} stands for a value. A brace
// before or after such a place is itself: {{{item}}} is {, the value, }. What
// is more than names goes to text/template.
func parseTemplate(text string, s scope) (template, error) {
	parts, err := cutTemplate(text)
	if err != nil {
		return template{}, err
	}
	var t template
	for i, part := range parts {
		if i%2 == 0 {
			t.literal(part)
			continue
		}
		seg, found, err := s.name(strings.TrimSpace(part))
		if err != nil {
			return template{}, err
		}
		if !found {
			return compile(parts, s)
		}
		t.add(seg)
	}
	return t, nil
}

// cutTemplate cuts a text at its braces: literals and actions in turn. }}
// within a quoted text of an action does not end it.
func cutTemplate(text string) (parts []string, err error) {
	for {
		open := strings.Index(text, "{{")
		if open < 0 {
			return append(parts, text), nil
		}
		for strings.HasPrefix(text[open:], "{{{") {
			open++
		}
		end := actionEnd(text[open+2:])
		if end < 0 {
			return nil, fmt.Errorf("bad template: {{ without }}")
		}
		parts = append(parts, text[:open], text[open+2:open+2+end])
		text = text[open+2+end+2:]
	}
}

// actionEnd finds the }} that ends an action, or -1.
func actionEnd(text string) int {
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case quote != 0 && b == '\\' && quote != '`':
			i++
		case quote != 0 && b == quote:
			quote = 0
		case quote == 0 && strings.IndexByte("\"'`", b) >= 0:
			quote = b
		case quote == 0 && strings.HasPrefix(text[i:], "}}"):
			return i
		}
	}
	return -1
}

func (t *template) literal(text string) {
	if text != "" {
		t.segments = append(t.segments, segment{literal: text})
	}
}

func (t *template) add(s segment) {
	if s.name == 0 {
		t.literal(s.literal)
		return
	}
	t.names |= s.name
	if s.v != nil {
		t.names |= s.v.scope
	}
	t.segments = append(t.segments, s)
}

// name resolves a name; not found is whatever may be more than a name.
func (s scope) name(text string) (seg segment, found bool, err error) {
	if !nameOfValue.MatchString(text) {
		return segment{}, false, nil
	}
	if seg, found = s.lookup(text); !found {
		if isWord(text) {
			return segment{}, false, nil
		}
		return segment{}, false, fmt.Errorf("bad template: unknown name %q; known: %s", text, s.known())
	}
	needs := seg.name & (itemNames | purchaseNames | nameUnit)
	if seg.v != nil {
		needs = seg.v.scope
	}
	if needs&^s.names != 0 {
		return segment{}, false, fmt.Errorf("bad template: {{%s}} has no value here; known: %s", text, s.known())
	}
	return seg, true, nil
}

// lookup returns the segment of a name, whether or not it has a value here.
func (s scope) lookup(text string) (segment, bool) {
	for _, t := range templateNames {
		if t.text == text {
			return segment{name: t.name}, true
		}
	}
	switch {
	case s.as == "":
	case !s.cart && text == s.as:
		return segment{name: nameIndex}, true
	case s.cart && text == s.as+".item":
		return segment{name: nameLineItem}, true
	case s.cart && text == s.as+".qty":
		return segment{name: nameLineQty}, true
	}
	for i := range s.vars {
		if v := &s.vars[i]; v.name == text && v.scope == 0 {
			return segment{literal: v.constant}, true
		} else if v.name == text {
			return segment{name: nameVariable, v: v}, true
		}
	}
	return segment{name: nameCapture, literal: text}, slices.Contains(s.captures, text)
}

// values are what the names of a template stand for.
type values struct {
	item            sale.Item
	quantity, limit int64
	// born stands for the start of a sale that has none of its own, in seconds.
	born int64
	// p is the purchase; nil where there is none.
	p *sale.Purchase
	// unit is the number of a unit, from 0.
	unit int64
	// index and line are where an each has come to.
	index int64
	line  sale.Line
	// spent is what has been made of the templates of one call, in bytes.
	spent int
}

// A call is no longer than maxCall bytes; a word of it counts for at least
// wordCost, be it empty.
const (
	maxCall  = 4 << 20
	wordCost = 64
)

// spend counts what a template has made; an error if it is too much.
func (v *values) spend(size int) error {
	if v.spent += size + wordCost; v.spent > maxCall {
		return fmt.Errorf("the templates of one call make more than %d MiB", maxCall>>20)
	}
	return nil
}

// uses reports whether the template contains any of the names.
func (t *template) uses(names name) bool { return t.names&names != 0 }

// plain reports whether the template can be put together without an error.
func (t *template) plain() bool { return t.program == nil && !t.uses(nameCapture) }

// alone returns the text of a template that is nothing but an id, for which no
// new text has to be made.
func (t *template) alone(v *values) (string, bool) {
	if len(t.segments) != 1 {
		return "", false
	}
	switch t.segments[0].name {
	case nameItem:
		return v.item.ID, true
	case nameBuyer:
		return v.p.Buyer, true
	case nameRequest:
		return v.p.Request, true
	}
	return "", false
}

// append adds the text of the template to dst.
func (t *template) append(dst []byte, v *values) ([]byte, error) {
	if t.program != nil {
		return t.program.append(dst, v)
	}
	for i := range t.segments {
		s := &t.segments[i]
		if s.name == nameCapture {
			text, err := captured(v, s.literal)
			if err != nil {
				return dst, err
			}
			dst = append(dst, text...)
			continue
		}
		dst = s.append(dst, v)
	}
	return dst, nil
}

func captured(v *values, name string) (string, error) {
	text, found := v.p.Receipt[name]
	if !found {
		return "", fmt.Errorf("the answer to the purchase has set no %q", name)
	}
	return text, nil
}

func (s *segment) append(dst []byte, v *values) []byte {
	switch s.name {
	case nameItem:
		return append(dst, v.item.ID...)
	case nameBuyer:
		return append(dst, v.p.Buyer...)
	case nameRequest:
		return append(dst, v.p.Request...)
	case nameLineItem:
		return append(dst, v.line.Item.ID...)
	case nameVariable:
		return s.v.append(dst, v)
	case 0:
		return append(dst, s.literal...)
	}
	return strconv.AppendInt(dst, s.number(v), 10)
}

// number returns the value of a name that stands for a number.
func (s *segment) number(v *values) int64 {
	switch s.name {
	case nameItemIndex:
		return int64(v.item.Index)
	case nameBuyerIndex:
		return int64(v.p.BuyerIndex)
	case nameQty:
		return v.quantity
	case nameLimit:
		return v.limit
	case nameStock:
		return v.item.Stock
	case nameAttempt:
		return int64(v.p.Attempt)
	case nameUnit:
		return v.unit
	case nameIndex:
		return v.index
	case nameLineQty:
		return v.line.Quantity
	}
	return s.instant(v)
}

// text returns the text of the template.
func (t *template) text(v *values) (string, error) {
	text, err := t.append(nil, v)
	if err == nil {
		err = v.spend(len(text))
	}
	return string(text), err
}
