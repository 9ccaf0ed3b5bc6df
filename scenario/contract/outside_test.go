package contract

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// orders audits the orders of a contract that may run commands, in a folder.
func orders(t *testing.T, folder, reader string) (*sale.Orders, []string) {
	t.Helper()
	a := reading(t, "{orders: "+reader+"}").In(folder).AllowCommands().Audit(t.Context(), books{}, item, sale.Took{})
	return a.Orders, a.Problems
}

func write(t *testing.T, folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

// What is in a line, and what is wrong with one. A command that prints the same
// is read in the same way.
func TestOrdersInLines(t *testing.T) {
	type rows = [][]string
	tests := []struct {
		reason, text, read string
		want               rows
		problem            string
	}{
		{"columns by number", "1,a,x\n2,b,y\n", "map: {order: 2, buyer: 1}", rows{{"a", "1"}, {"b", "2"}}, ""},
		{"columns by the names in the first line", "id,buyer\na,1\nb,2\n", "map: {buyer: buyer, order: id}", rows{{"1", "a"}, {"2", "b"}}, ""},
		{"a first line as a spreadsheet writes it", "\ufeffbuyer;x,id\r\n1,a\r\n", "map: {buyer: \"buyer;x\"}", rows{{"1"}}, ""},
		{"quotes, as RFC 4180 has them", "\"a,\"\"b\"\"\nc\",007\n", "map: {order: 1, buyer: 2}", rows{{"a,\"b\"\nc", "007"}}, ""},
		{"bytes that are no characters", "\xff\x00,1\n", "map: {order: 1}", rows{{"\xff\x00"}}, ""},
		{"nobody bought, and nothing names the columns", "", "map: {buyer: 1}", nil, ""},
		{"nobody bought", "buyer\n", "map: {buyer: buyer}", nil, ""},
		{"not even the names", "", "map: {buyer: buyer}", nil, ": there is nothing, not even a line with the names of the columns"},
		{"a name that is not there", "a,b\n1,2\n", "map: {buyer: user}", nil, `: line 1: want one column "user" for buyer; there are: "a,b"`},
		{"a name that is there twice", "a,a\n1,2\n", "map: {buyer: a}", nil, `: line 1: want one column "a" for buyer; there are: "a,a"`},
		{"a line that is too short", "1,a\n2\n", "map: {buyer: 1, order: 2}", nil, ": line 2: want column 2 for order, and there are 1 columns"},
		{"a quote that is none", "1,a\"b\n", "map: {buyer: 1}", nil, `: line 1: is no CSV: bare " in non-quoted-field`},
		{"JSON, and a number is its text", "{\"u\":9007199254740993,\"o\":{\"id\":\"x\"}}\n\n{\"u\":\"2\",\"o\":{\"id\":7}}", "json: {buyer: $.u, order: $.o.id}", rows{{"9007199254740993", "x"}, {"2", "7"}}, ""},
		{"a line that is no JSON", "{\"u\":1}\nnull and void\n", "json: {buyer: $.u}", nil, `: line 2: the member "null and void" is not JSON`},
		{"other lines", "buyer 1 order a\nbuyer 2 order b\n", `parse: "^buyer (?P<buyer>\\S+) order (?P<order>\\S+)$"`, rows{{"1", "a"}, {"2", "b"}}, ""},
		{"columns with tabs between", "1\ta\n", `parse: "^(?P<buyer>[^\t]*)\t(?P<order>.*)$"`, rows{{"1", "a"}}, ""},
		{"another line that does not match", "x\n", `parse: "^(?P<buyer>[0-9]+)$"`, nil, `: line 1: the member "x" does not match the contract's parse`},
		{"a line without end", strings.Repeat("x", maxJSON+1), `parse: "(?P<buyer>x)"`, nil, ": line 1: want at most 1024 KiB"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			folder := t.TempDir()
			write(t, folder, "orders-7", tt.text)
			for where, reader := range map[string]string{`file "orders-7"`: `file: "orders-{{item}}"`, `command "cat"`: `command: [cat, "orders-{{item}}"]`} {
				got, problems := orders(t, folder, "{"+reader+", "+tt.read+"}")
				if tt.problem != "" {
					if want := []string{"orders: " + where + tt.problem}; got != nil || !reflect.DeepEqual(problems, want) {
						t.Errorf("%s:\n got %+v %q\nwant %q", where, got, problems, want)
					}
					continue
				}
				if problems != nil || got == nil || !reflect.DeepEqual(got.Rows, tt.want) {
					t.Errorf("%s: got %+v %q, want %q", where, got, problems, tt.want)
				}
			}
		})
	}
}

func TestOrdersInFiles(t *testing.T) {
	folder, other := t.TempDir(), t.TempDir()
	write(t, other, "x.csv", "1\n")
	if err := syscall.Mkfifo(filepath.Join(folder, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(other, "x.csv"), 2); err != nil {
		t.Fatal(err)
	}
	write(t, folder, "large", "")
	if err := os.Truncate(filepath.Join(folder, "large"), maxOutside+1); err != nil { // takes no room
		t.Fatal(err)
	}
	for _, tt := range []struct{ reason, file, problem string }{
		{"elsewhere", filepath.Join(other, "x.csv"), ""},
		{"beside the folder", filepath.Join("..", filepath.Base(other), "x.csv"), ""},
		{"not there", "gone.csv", `orders: file "gone.csv": no such file or directory`},
		{"a folder", ".", `orders: file ".": is no file`},
		{"a pipe, on which nobody writes", "pipe", `orders: file "pipe": is no file`},
		{"more than anybody reads", "large", `orders: file "large": there are more than 256 MiB of it`},
	} {
		got, problems := orders(t, folder, "{file: "+strconv.Quote(tt.file)+", map: {buyer: 1}}")
		if tt.problem == "" && (problems != nil || len(got.Rows) != 1) || tt.problem != "" && (got != nil || !reflect.DeepEqual(problems, []string{tt.problem})) {
			t.Errorf("%s: read %v, problems %q", tt.reason, got != nil, problems) // not what was read: it may be large
		}
	}
}

func TestOrdersByCommands(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "print", "#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
	write(t, folder, "fails", "#!/bin/sh\necho 1; printf 'no \\033[31mpassword\\n' >&2; exit 3\n")
	write(t, folder, "asks", "#!/bin/sh\nread word; echo \"1$word\"\nread pid name state parent group session rest 2>/dev/null </proc/$$/stat && [ $session != $$ ] && echo 2\ntrue\n")
	write(t, folder, "leaves", "#!/bin/sh\nsleep 60 &\necho 1\n")
	for _, tt := range []struct {
		reason, command string
		want            [][]string
		problem         string
	}{
		{"words are words, and no shell reads them", `["./print", "$HOME;{{item}} *", "a'b"]`, [][]string{{"$HOME;7 *"}, {"a'b"}}, ""},
		{"a command that fails", `[./fails, secret]`, nil, `orders: command "./fails": exit status 3: "no \x1b[31mpassword\n"`},
		{"a program that is not there", `[./gone, secret]`, nil, `orders: command "./gone": no such file or directory`},
		{"a program that is not on PATH", `[seckill-no-such-program]`, nil, `orders: command "seckill-no-such-program": executable file not found in $PATH`},
		{"it has nobody to ask: no input, and a session without a terminal", `[./asks]`, [][]string{{"1"}}, ""},
		{"it leaves something running", `[./leaves]`, nil, `orders: command "./leaves": has ended, and something that it started holds its output`},
	} {
		got, problems := orders(t, folder, "{command: "+tt.command+", map: {buyer: 1}}")
		switch {
		case tt.problem != "" && (got != nil || !reflect.DeepEqual(problems, []string{tt.problem})):
			t.Errorf("%s: %+v %q", tt.reason, got, problems)
		case tt.problem == "" && (problems != nil || !reflect.DeepEqual(got.Rows, tt.want)):
			t.Errorf("%s: %+v %q", tt.reason, got, problems)
		}
	}
}

// A contract runs nothing unless it may.
func TestCommandsNeedLeave(t *testing.T) {
	folder := t.TempDir()
	c := reading(t, `{orders: {command: [touch, "{{item}}"], map: {buyer: 1}}}`).In(folder)
	a := c.Audit(t.Context(), books{}, item, sale.Took{})
	want := []string{`orders: command "touch": the contract reads orders by it, and commands run only with --allow-commands`}
	if !reflect.DeepEqual(a.Problems, want) || a.Orders != nil {
		t.Errorf("%q %+v", a.Problems, a.Orders)
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Error("it ran")
	}
	if c.Command() != "touch" || c.AllowCommands().Audit(t.Context(), books{}, item, sale.Took{}).Problems != nil {
		t.Errorf("with leave it does not run %q", c.Command())
	}
	with, err := c.AllowCommands().With(1, 0)
	if err != nil || with.Audit(t.Context(), books{}, item, sale.Took{}).Problems != nil {
		t.Errorf("another limit takes the leave away: %v", err)
	}
	if got := reading(t, `{orders: {command: ["{{item}}.sh"], map: {buyer: 1}}}`).Command(); got != "….sh" {
		t.Errorf("a program with a value in its name: %q", got)
	}
	for _, inside := range []string{"{orders: {lrange: s, map: {a: member}}}", "{stock: {get: s}}"} {
		c := reading(t, inside)
		if same, differs := c.Inside(); same != c || differs || c.Command() != "" {
			t.Errorf("%s: runs %q", inside, c.Command())
		}
	}
	if inside, differs := c.Inside(); !differs || inside.Audit(t.Context(), books{}, item, sale.Took{}).Problems != nil {
		t.Error("without what is outside there is still something")
	}
}

// A command that does not end is ended with all that it started, and one that
// prints without end as well.
func TestCommandsAreBounded(t *testing.T) {
	folder := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := runCommand(ctx, folder, []string{"/bin/sh", "-c", "sleep 600 & echo $! >pid; wait"}, 1000)
	if err == nil || !strings.Contains(err.Error(), "did not end in time") {
		t.Errorf("without end: %v", err)
	}
	if text, err := os.ReadFile(filepath.Join(folder, "pid")); err == nil { // on a slow machine it did not come so far
		pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		for !gone(pid) {
			time.Sleep(10 * time.Millisecond)
		}
	}
	_, err = runCommand(t.Context(), folder, []string{"yes"}, 1000)
	if !errors.Is(err, errOutside) {
		t.Errorf("too much: %v", err)
	}
	text, err := runCommand(t.Context(), folder, []string{"printf", "12345"}, 5)
	if err != nil || string(text) != "12345" {
		t.Errorf("just enough: %q %v", text, err)
	}
}

// gone reports whether a process runs no more. It may wait for somebody to ask how
// it ended.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, state, _ := strings.Cut(string(stat), ") ")
	return err == nil && strings.HasPrefix(state, "Z")
}

// Orders that arrive later are waited for outside of the server as well.
func TestSettleOutside(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "late", "#!/bin/sh\ncat orders 2>/dev/null\ntest -e orders || seq 3 >orders\n")
	a := reading(t, "{orders: {command: [./late], map: {buyer: 1}}, settle: 1ms}").In(folder).AllowCommands().Audit(t.Context(), books{}, item, sale.Took{})
	if a.Problems != nil || a.Orders == nil || len(a.Orders.Rows) != 3 {
		t.Errorf("%+v %q", a.Orders, a.Problems)
	}
}
