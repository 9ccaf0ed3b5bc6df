package contract

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The largest JSON text that is read, in bytes, and how deeply it may nest.
const (
	maxJSON      = 1 << 20
	maxJSONDepth = 64
)

// A jsonSource is a number of JSON, as the text it was written in: ids never
// pass through a float.
type jsonSource string

// parseJSON returns the value of a JSON text: nil, a bool, a jsonSource, a
// string, a []any or a map[string]any. Unlike encoding/json it leaves bytes
// that are no characters as they are, for cjson writes them so.
func parseJSON(text string) (any, bool) {
	if len(text) > maxJSON {
		return nil, false
	}
	p := jsonParser{text: text}
	value, ok := p.value(0)
	p.space()
	return value, ok && p.text == ""
}

// A jsonParser holds what is left to read.
type jsonParser struct{ text string }

func (p *jsonParser) space() { p.text = strings.TrimLeft(p.text, " \t\r\n") }

// skip takes a prefix off the text, if it is there.
func (p *jsonParser) skip(prefix string) bool {
	rest, found := strings.CutPrefix(p.text, prefix)
	p.text = rest
	return found
}

func (p *jsonParser) value(depth int) (any, bool) {
	p.space()
	switch {
	case depth > maxJSONDepth:
		return nil, false
	case p.skip("null"):
		return nil, true
	case p.skip("true"):
		return true, true
	case p.skip("false"):
		return false, true
	case p.skip(`"`):
		return p.string()
	case p.skip("["):
		return p.array(depth)
	case p.skip("{"):
		return p.object(depth)
	}
	end := strings.IndexFunc(p.text, func(r rune) bool { return !strings.ContainsRune("0123456789+-.eE", r) })
	if end < 0 {
		end = len(p.text)
	}
	number := p.text[:end]
	p.text = p.text[end:]
	return jsonSource(number), jsonNumber.MatchString(number)
}

func (p *jsonParser) array(depth int) (any, bool) {
	list := []any{}
	if p.space(); p.skip("]") {
		return list, true
	}
	for {
		value, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		list = append(list, value)
		p.space()
		if p.skip("]") {
			return list, true
		}
		if !p.skip(",") {
			return nil, false
		}
	}
}

func (p *jsonParser) object(depth int) (any, bool) {
	fields := map[string]any{}
	if p.space(); p.skip("}") {
		return fields, true
	}
	for {
		p.space()
		if !p.skip(`"`) {
			return nil, false
		}
		name, ok := p.string()
		if p.space(); !ok || !p.skip(":") {
			return nil, false
		}
		value, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		fields[name] = value
		p.space()
		if p.skip("}") {
			return fields, true
		}
		if !p.skip(",") {
			return nil, false
		}
	}
}

// string reads a text up to the quote that ends it.
func (p *jsonParser) string() (string, bool) {
	var text []byte
	for {
		end := strings.IndexFunc(p.text, func(r rune) bool { return r == '"' || r == '\\' || r < ' ' })
		if end < 0 || p.text[end] < ' ' {
			return "", false
		}
		text = append(text, p.text[:end]...)
		escaped := p.text[end] == '\\'
		p.text = p.text[end+1:]
		if !escaped {
			return string(text), true
		}
		r, ok := p.escape()
		if !ok {
			return "", false
		}
		text = utf8.AppendRune(text, r)
	}
}

// escape reads what stands after a backslash.
func (p *jsonParser) escape() (rune, bool) {
	if p.text == "" {
		return 0, false
	}
	b := p.text[0]
	p.text = p.text[1:]
	if b == 'u' {
		r, ok := p.unit()
		if ok && utf16.IsSurrogate(r) {
			rest := p.text
			if p.skip(`\u`) {
				if low, lowOK := p.unit(); lowOK && utf16.DecodeRune(r, low) != utf8.RuneError {
					return utf16.DecodeRune(r, low), true
				}
			}
			p.text = rest
			return utf8.RuneError, true
		}
		return r, ok
	}
	const letters, meanings = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	i := strings.IndexByte(letters, b)
	if i < 0 {
		return 0, false
	}
	return rune(meanings[i]), true
}

// unit reads four hexadecimal digits.
func (p *jsonParser) unit() (rune, bool) {
	if len(p.text) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(p.text[:4], 16, 16)
	p.text = p.text[4:]
	return rune(n), err == nil
}
