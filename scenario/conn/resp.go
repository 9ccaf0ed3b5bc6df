package conn

import (
	"bytes"
	"strconv"
	"strings"
)

// A frames finds where the messages of RESP (2 and 3) end in bytes that come in
// pieces. It goes by their lengths alone; what is no RESP ends with its line.
type frames struct {
	kind   byte   // the first byte of the message
	values int    // still to come of it; 0: between two messages
	rest   int    // bytes still to come of a text, with the end of its line
	line   []byte // of a line whose end is still to come
}

// next takes bytes up to the end of the message and returns how many they are;
// whole is false when the message goes on beyond them.
func (f *frames) next(b []byte) (n int, whole bool) {
	if f.values == 0 && len(b) > 0 {
		f.kind, f.values = b[0], 1
	}
	for n < len(b) {
		if f.rest > 0 {
			taken := min(f.rest, len(b)-n)
			n, f.rest = n+taken, f.rest-taken
			if f.rest == 0 {
				f.values--
			}
		} else if end := bytes.IndexByte(b[n:], '\n'); end < 0 {
			f.line = append(f.line, b[n:]...)
			return len(b), false
		} else {
			f.line = append(f.line, b[n:n+end+1]...)
			n += end + 1
			f.header(f.line)
			f.line = f.line[:0]
		}
		if f.values == 0 {
			return n, true
		}
	}
	return n, false
}

// header takes a line, which is a value or says what follows it.
func (f *frames) header(line []byte) {
	length, err := strconv.Atoi(string(bytes.TrimSpace(line[1:])))
	f.values--
	if err != nil || length < 0 {
		return
	}
	switch line[0] {
	case '$', '=', '!':
		f.values, f.rest = f.values+1, length+2
	case '*', '~', '>':
		f.values += length
	case '%':
		f.values += 2 * length
	case '|': // attributes, and then the value they belong to
		f.values += 2*length + 1
	}
}

// isPush reports whether the message is one that answers nothing.
func (f *frames) isPush() bool { return f.kind == '>' }

// wordOf is the command word of a request, in capitals.
func wordOf(request []byte) string {
	if _, text, found := bytes.Cut(request, []byte("\r\n")); found && request[0] == '*' {
		if _, rest, found := bytes.Cut(text, []byte("\r\n")); found {
			request = rest
		}
	}
	if end := bytes.IndexAny(request, " \r\n"); end >= 0 {
		request = request[:end]
	}
	return strings.ToUpper(string(request))
}
