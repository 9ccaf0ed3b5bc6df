package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// monitorTimeout is how long a server may take to show what it has run.
const monitorTimeout = 5 * time.Second

// CalledKeys runs something and returns the keys of every command that scripts
// called on the server meanwhile, each once, in the order of the calls. It is
// for private servers: MONITOR shows what everybody does.
func (s *Server) CalledKeys(ctx context.Context, during func() error) ([]string, error) {
	m, err := s.monitor(ctx)
	if err != nil {
		return nil, err
	}
	defer m.conn.Close()
	if err := during(); err != nil {
		return nil, err
	}
	client := redis.NewClient(s.ClientOptions())
	defer client.Close()
	token := "seen until " + strconv.FormatInt(time.Now().UnixNano(), 36)
	if err := client.Echo(ctx, token).Err(); err != nil {
		return nil, err
	}
	calls, err := m.until(token)
	if err != nil {
		return nil, err
	}
	var keys []string
	seen := map[string]bool{}
	for _, call := range calls {
		for _, key := range keysOf(ctx, client, call) {
			if !seen[key] {
				seen[key] = true
				keys = append(keys, key)
			}
		}
	}
	return keys, nil
}

// keysOf are the keys of a command, by what the server knows of it. A command
// without keys is an error to the server.
func keysOf(ctx context.Context, client *redis.Client, call []any) []string {
	keys, err := client.Do(ctx, append([]any{"COMMAND", "GETKEYS"}, call...)...).StringSlice()
	if err != nil {
		return nil
	}
	return keys
}

// A monitor is a connection on which the server shows what it runs.
type monitor struct {
	conn net.Conn
	text *bufio.Reader
}

func (s *Server) monitor(ctx context.Context) (*monitor, error) {
	if s.private == nil {
		return nil, errors.New("MONITOR needs a server binary")
	}
	conn, err := s.private.dialTarget(ctx, "tcp", "")
	if err != nil {
		return nil, fmt.Errorf("MONITOR: %w", err)
	}
	m := &monitor{conn, bufio.NewReader(conn)}
	conn.SetDeadline(time.Now().Add(monitorTimeout))
	if _, err = conn.Write([]byte("MONITOR\r\n")); err == nil {
		var line string
		if line, err = m.text.ReadString('\n'); err == nil && !strings.HasPrefix(line, "+OK") {
			err = errors.New(strings.TrimSpace(line))
		}
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("MONITOR: %w", err)
	}
	return m, nil
}

// inScript finds a command that a script called: "+1339518083.1 [0 lua] "GET" …".
var inScript = regexp.MustCompile(`^\+\d+\.\d+ \[\d+ lua\] (.*)\r\n$`)

// until returns the commands that scripts call until a text is echoed.
func (m *monitor) until(token string) (calls [][]any, err error) {
	for {
		line, err := m.text.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("MONITOR: %w", err)
		}
		if strings.Contains(line, token) {
			return calls, nil
		}
		if call := inScript.FindStringSubmatch(line); call != nil {
			words, err := shownWords(call[1])
			if err != nil {
				return nil, fmt.Errorf("MONITOR: %w: %s", err, line)
			}
			calls = append(calls, words)
		}
	}
}

// shown finds a word as MONITOR shows it: in quotes, with escapes.
var shown = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)

// escaped finds an escape in it.
var escaped = regexp.MustCompile(`\\(x[0-9a-fA-F]{2}|.)`)

// shownWords returns the words of a command, as the bytes that were sent.
func shownWords(text string) (words []any, err error) {
	for _, word := range shown.FindAllStringSubmatch(text, -1) {
		words = append(words, escaped.ReplaceAllStringFunc(word[1], unescape))
	}
	if words == nil {
		return nil, errors.New("no command")
	}
	return words, nil
}

func unescape(escape string) string {
	switch c := escape[1]; c {
	case 'n':
		return "\n"
	case 'r':
		return "\r"
	case 't':
		return "\t"
	case 'a':
		return "\a"
	case 'b':
		return "\b"
	case 'x':
		if len(escape) == 4 {
			value, _ := strconv.ParseUint(escape[2:], 16, 8) // the pattern has two hexadecimal digits
			return string([]byte{byte(value)})
		}
		return "x"
	default:
		return string(c)
	}
}
