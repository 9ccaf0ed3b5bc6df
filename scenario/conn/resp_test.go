package conn

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// messages are one of each form, whole; the second of a pair only looks like
// several.
var messages = []string{
	"+OK\r\n", "-ERR no\r\n", ":42\r\n", "_\r\n", ",3.14\r\n", "#t\r\n", "(123456789012345678901234567890\r\n",
	"$5\r\nhello\r\n", "$0\r\n\r\n", "$-1\r\n", "$13\r\n+OK\r\n:1\r\n*2\r\n\r\n", "=8\r\ntxt:text\r\n", "!5\r\nERR a\r\n",
	"*0\r\n", "*-1\r\n", "*2\r\n:1\r\n$1\r\na\r\n", "*2\r\n*2\r\n+a\r\n*0\r\n*1\r\n$2\r\n\r\n\r\n", "~1\r\n:1\r\n",
	"%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n", "|1\r\n+ttl\r\n:3\r\n$1\r\nx\r\n", ">2\r\n+invalidate\r\n*1\r\n+k\r\n",
	"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n\r\n\r\n", "PING\r\n", "*x\r\n",
}

func TestFramesFindTheEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.SampledFrom(messages), 1, 8).Draw(t, "messages")
		stream, part := strings.Join(want, ""), ""
		var f frames
		for at := 0; at < len(stream); {
			piece := []byte(stream[at:min(len(stream), at+rapid.IntRange(1, 20).Draw(t, "piece"))])
			for len(piece) > 0 {
				n, whole := f.next(piece)
				if n == 0 {
					t.Fatalf("nothing of %q is taken", piece)
				}
				part, piece, at = part+string(piece[:n]), piece[n:], at+n
				if !whole {
					continue
				}
				if len(want) == 0 || part != want[0] {
					t.Fatalf("%q ends here, want %q", part, want)
				}
				if f.isPush() != (part[0] == '>') {
					t.Fatalf("%q: push %v", part, f.isPush())
				}
				part, want = "", want[1:]
			}
		}
		if len(want) > 0 {
			t.Fatalf("%q have no end", want)
		}
	})
}

func TestWordOf(t *testing.T) {
	for request, want := range map[string]string{
		"*2\r\n$7\r\nevalsha\r\n$1\r\nx\r\n": "EVALSHA", "*1\r\n$4\r\nPING\r\n": "PING", "ping\r\n": "PING", "set a b\r\n": "SET", "": "",
	} {
		if got := wordOf([]byte(request)); got != want {
			t.Errorf("%q is %q, want %q", request, got, want)
		}
	}
}

func FuzzFrames(f *testing.F) {
	for _, m := range messages {
		f.Add([]byte(m))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var f frames
		for len(b) > 0 {
			n, _ := f.next(b)
			if n < 1 || n > len(b) {
				t.Fatalf("%d of %q are taken", n, b)
			}
			b = b[n:]
		}
	})
}
