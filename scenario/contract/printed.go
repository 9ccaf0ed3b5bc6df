package contract

import (
	"fmt"
	"strconv"
	"strings"
)

// maxPrinted bounds the text of a reply, in bytes.
const maxPrinted = 1024

// printed returns a reply as redis-cli prints it: (integer) 1, "text", (nil),
// 1) "first" and so on. Very long replies are cut off.
func printed(reply any) string {
	var p printer
	p.print(reply, "")
	return bounded(p.String())
}

// A printer collects a printed reply. It stops once there is more than anyone
// will read, so that neither size nor depth of a reply can hurt.
type printer struct{ strings.Builder }

func (p *printer) print(reply any, indent string) {
	if p.Len() > maxPrinted {
		return
	}
	switch v := reply.(type) {
	case nil:
		p.WriteString("(nil)")
	case int64:
		p.WriteString("(integer) " + strconv.FormatInt(v, 10))
	case string:
		p.WriteString(quoted(v))
	case error:
		p.WriteString("(error) " + bounded(v.Error()))
	case []any:
		p.array(v, indent)
	case bool:
		p.WriteString("(" + strconv.FormatBool(v) + ")")
	case float64:
		p.WriteString("(double) " + strconv.FormatFloat(v, 'g', -1, 64))
	default:
		fmt.Fprintf(p, "(%T) %v", v, v)
	}
}

func (p *printer) array(elements []any, indent string) {
	if len(elements) == 0 {
		p.WriteString("(empty array)")
		return
	}
	width := len(strconv.Itoa(len(elements)))
	inner := indent + strings.Repeat(" ", width+2)
	for i, e := range elements {
		if p.Len() > maxPrinted {
			return
		}
		if i > 0 {
			p.WriteString("\n" + indent)
		}
		fmt.Fprintf(p, "%*d) ", width, i+1)
		p.print(e, inner)
	}
}

// quoted escapes a text as Redis does: bytes, not characters.
func quoted(text string) string {
	const hex = "0123456789abcdef"
	q := []byte{'"'}
	for i := 0; i < len(text) && len(q) <= maxPrinted; i++ {
		switch b := text[i]; {
		case b == '"' || b == '\\':
			q = append(q, '\\', b)
		case strings.IndexByte("\n\r\t\a\b", b) >= 0:
			q = append(q, '\\', "nrtab"[strings.IndexByte("\n\r\t\a\b", b)])
		case b < ' ' || b > '~':
			q = append(q, '\\', 'x', hex[b>>4], hex[b&15])
		default:
			q = append(q, b)
		}
	}
	return string(append(q, '"'))
}

// bounded keeps a text short enough for a report.
func bounded(text string) string {
	if len(text) <= maxPrinted {
		return text
	}
	return text[:maxPrinted] + "…"
}
