package strategy

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// scripted returns the strategy of a script with a contract that calls it in the
// given way.
func scripted(t *testing.T, call, source string) Strategy {
	t.Helper()
	c, err := contract.Load(fstest.MapFS{
		"a.lua": {Data: []byte(source)},
		"a.yaml": {Data: []byte("version: 1\nscript: a.lua\ncall: " + call + "\nkeys: {k: \"k:{{item}}\"}\n" +
			"open: [[SET, $k, \"{{stock}}\"]]\nbuy: {keys: [k], args: [\"{{buyer}}\"], replies: [{int: 1, outcome: ok}, {int: 0, outcome: sold_out}]}\n")},
	}, "a.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return Script(c)
}

// A doer answers every command in the same way.
type doer func(args ...any) (any, error)

func (d doer) Do(_ context.Context, args ...any) (any, error) { return d(args...) }

func TestLoadSaysWhereAScriptDoesNotCompile(t *testing.T) {
	onServers(t, func(t *testing.T, c *client) {
		err := scripted(t, "evalsha", "local a = 1\nlocal b = 2\nlocal c = = 3\nreturn a").Load(t.Context(), c)
		if err == nil {
			t.Fatal("it loads")
		}
		for _, want := range []string{"a.lua:3: ", "Error compiling script", "="} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		}
	})
}

func TestLoadChecksTheDigest(t *testing.T) {
	s := scripted(t, "evalsha", "return 1")
	err := s.Load(t.Context(), doer(func(...any) (any, error) { return "abc", nil }))
	if want := "a.lua: the server knows the script as abc, its text says " + s.SHA1; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := s.Load(t.Context(), doer(func(...any) (any, error) { return strings.ToUpper(s.SHA1), nil })); err != nil {
		t.Errorf("a digest in capitals: %v", err)
	}
	broken := errors.New("EOF")
	if err := s.Load(t.Context(), doer(func(...any) (any, error) { return nil, broken })); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

func TestHowAScriptIsCalled(t *testing.T) {
	tests := []struct{ reason, call, want string }{
		{"loaded once, called by its digest", "evalsha", "SCRIPT SET EVALSHA EVAL EVALSHA"},
		{"carried along every time", "eval", "SET EVAL EVAL EVAL"},
	}
	onServers(t, func(t *testing.T, c *client) {
		for _, tt := range tests {
			s, item := scripted(t, tt.call, "return 1"), sale.Item{ID: "7", Stock: 3}
			c.must(t, "FLUSHALL")
			c.sent = nil
			if err := errors.Join(s.Load(t.Context(), c), s.Open(t.Context(), c, item)); err != nil {
				t.Fatal(err)
			}
			p := sale.Purchase{Verb: sale.Buy, Item: item, Buyer: "1", Request: "r", Quantity: 1}
			for _, buy := range []func(context.Context, Doer, *sale.Purchase) sale.Answer{s.Call, s.Teach, s.Call} {
				if a := buy(t.Context(), c, &p); a.Outcome != sale.OK || a.Granted != 1 {
					t.Errorf("%s: got %+v", tt.reason, a)
				}
			}
			if got := strings.Join(c.sent, " "); got != tt.want {
				t.Errorf("%s: sent %s, want %s", tt.reason, got, tt.want)
			}
		}
	})
}

// Teach must load the script where EVALSHA finds it.
func TestTeachLoads(t *testing.T) {
	onServers(t, func(t *testing.T, c *client) {
		s := scripted(t, "evalsha", "return 1 -- "+t.Name())
		p := sale.Purchase{Verb: sale.Buy, Item: sale.Item{ID: "7"}, Buyer: "1", Quantity: 1}
		if a := s.Call(t.Context(), c, &p); !strings.HasPrefix(a.Raw, "NOSCRIPT") || a.Outcome != sale.Indeterminate {
			t.Errorf("before: %+v", a)
		}
		if a := s.Teach(t.Context(), c, &p); a.Outcome != sale.OK {
			t.Errorf("teaching: %+v", a)
		}
		if a := s.Call(t.Context(), c, &p); a.Outcome != sale.OK {
			t.Errorf("after: %+v", a)
		}
	})
}

func TestOpenSaysWhatFailed(t *testing.T) {
	broken := errors.New("EOF")
	err := scripted(t, "eval", "return 1").Open(t.Context(), doer(func(...any) (any, error) { return nil, broken }), sale.Item{ID: "7"})
	if want := `opening item "7" of a: SET: EOF`; err == nil || err.Error() != want || !errors.Is(err, broken) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAPurchaseThatCannotBeRenderedIsNotSent(t *testing.T) {
	c, err := contract.Load(fstest.MapFS{
		"a.lua":  {Data: []byte("return 1")},
		"a.yaml": {Data: []byte("version: 1\nscript: a.lua\nkeys: {k: \"k:{{item}}\", l: \"k:7\"}\nbuy: {replies: [{int: 1, outcome: ok}]}\n")},
	}, "a.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := Script(c)
	p := sale.Purchase{Verb: sale.Buy, Item: sale.Item{ID: "7"}, Buyer: "1", Quantity: 1}
	a := s.Call(t.Context(), doer(func(...any) (any, error) { t.Error("it was sent"); return nil, nil }), &p)
	if a.Outcome != sale.Failed || a.Granted != 0 || a.Left != sale.Untold {
		t.Errorf("got %+v", a)
	}
}

func TestWith(t *testing.T) {
	s, err := Find("limited", "")
	if err != nil {
		t.Fatal(err)
	}
	with, err := s.With(3, 6)
	if err != nil || with.Quantity != 3 || with.Terms.Limit != 6 || s.Quantity != 2 || s.Terms.Limit != 4 {
		t.Errorf("with %+v, %v", with, err)
	}
	if _, err := s.With(3, 2); err == nil {
		t.Error("a purchase above the limit is allowed")
	}
}

func TestFindBuiltIn(t *testing.T) {
	all, err := BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"buckets": "1 a buyer; a resend sells nothing again; a missing stock is refused; one hash slot",
		"cart":    "no limit a buyer; a resend may sell again; a missing stock is refused; one hash slot",
		"course":  "1 a buyer; a resend sells nothing again; a missing stock is an error",
		"packed":  "1 a buyer; a resend sells nothing again; a missing stock is refused; one hash slot",
		"request": "4 a buyer; 2 a purchase; a resend hears the first answer; a missing stock is refused; one hash slot",
		"tokens":  "1 a buyer; a resend sells nothing again; a missing stock is refused",
		"article": "1 a buyer; a resend may sell again; a missing stock is opened anew",
		"limited": "4 a buyer; 2 a purchase; a resend may sell again; a missing stock is refused; one hash slot",
		"once":    "1 a buyer; a resend sells nothing again; a missing stock is refused; one hash slot",
	}
	want["once-eval"], want["once-function"] = want["once"], want["once"]
	for i := range baselines {
		want[baselines[i].name] = baselines[i].promise
	}
	if len(all) != len(want) {
		t.Errorf("%d built-in strategies, want %d", len(all), len(want))
	}
	for _, s := range all {
		if s.About != want[s.Name] {
			t.Errorf("%s promises %q, want %q", s.Name, s.About, want[s.Name])
		}
	}
}

const minimal = "version: 1\nscript: mine.lua\nkeys: {}\nbuy: {replies: [{int: 1, outcome: ok}]}\n"

func TestFindOnDisk(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"mine.lua": "return 1", "mine.yaml": minimal, "other.lua": "return 2", "other.yaml": minimal,
		"huge.lua": strings.Repeat("-", 1<<20+1), "huge.yaml": strings.Replace(minimal, "mine", "huge", 1),
		"alone.lua": "return 3", "bad.lua": "return 4", "bad.yaml": "version: 3\n", "empty.lua": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		reason, script, contract string
		want                     string // the name of the script's digest, or the error, without the folder
	}{
		{"a pair", "mine.lua", "", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"},
		{"a script under another's contract", "alone.lua", "mine.yaml", "09d3822de862f46d784e6a36848b4f0736dda47a"},
		{"the contract of another script", "other.lua", "", "/other.yaml is the contract of mine.lua, not of other.lua; give one with --contract"},
		{"no contract", "alone.lua", "", "script /alone.lua has no contract: /alone.yaml: no such file or directory; give one with --contract"},
		{"no script", "gone.lua", "", "script /gone.lua: no such file or directory"},
		{"a bad contract", "bad.lua", "", `/bad.yaml:1:10: version "3" is not known; want version: 1`},
		{"a contract that is not there", "mine.lua", "gone.yaml", "/gone.yaml: no such file or directory"},
		{"a script that is something else", "huge.lua", "", "script /huge.lua: is larger than 1024 KiB"},
		{"an empty script", "empty.lua", "mine.yaml", `/mine.yaml:2:9: script "/empty.lua" is empty`},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			of := tt.contract
			if of != "" {
				of = filepath.Join(dir, of)
			}
			s, err := Find(filepath.Join(dir, tt.script), of)
			got := s.SHA1
			if err != nil {
				got = strings.ReplaceAll(err.Error(), dir, "")
			}
			if got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestFindInTheWorkingFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{"mine.lua": "return 1", "mine.yaml": minimal} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, of := range []string{"", "mine.yaml", "./mine.yaml"} {
		if s, err := Find("mine.lua", of); err != nil || s.Name != "mine" {
			t.Errorf("contract %q: %q, %v", of, s.Name, err)
		}
	}
	if s, err := Find("once", "mine.yaml"); err != nil || s.Terms.Limit != 0 {
		t.Errorf("a built-in script under a contract without promises: %+v, %v", s.Terms, err)
	}
}

func TestFindUnknown(t *testing.T) {
	for _, name := range []string{"onse", "", "./once.yaml", "../once"} {
		_, err := Find(name, "")
		if want := `; known: article, bitfield, buckets, cart, course, decr, decr-undo, limited, lock, lock-short-lease, naive, once, once-eval, once-function, packed, request, sadd-decr, tokens, watch, or the path of a .lua file`; err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%q: got %v, want … %s", name, err, want)
		}
	}
}
