package probe

import (
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/lua"
)

// found renders warnings as "line class", in their order.
func found(t *testing.T, source string) []string {
	t.Helper()
	warnings, err := Look("sale.lua", []byte(source))
	if err != nil {
		t.Fatalf("%v in\n%s", err, source)
	}
	var all []string
	for _, w := range warnings {
		if w.File != "sale.lua" || w.Text == "" || strings.Contains(w.Text, "\n") {
			t.Errorf("file and sentence of %+v", w)
		}
		all = append(all, fmt.Sprint(w.Line, " ", w.Class))
	}
	return all
}

// A look is a script and the lines that its class must warn of; no other class
// may warn of anything.
type look struct {
	why    string
	source string
	lines  []int
}

func checkLooks(t *testing.T, class string, looks []look) {
	for _, l := range looks {
		var want []string
		for _, line := range l.lines {
			want = append(want, fmt.Sprint(line, " ", class))
		}
		if got := found(t, l.source); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, expected %v\n%s", l.why, got, want, l.source)
		}
	}
}

// The scripts of the project: those that are right get no warning, and those
// that are wrong in a way that the text shows get that one.
func TestLookAtScripts(t *testing.T) {
	want := map[string][]string{
		"article.lua":               {IDThroughNumber},
		"corpus/big-id.lua":         {IDThroughNumber, IDThroughNumber},
		"corpus/dead-condition.lua": {NumberAsCondition},
		"corpus/dead-global.lua":    {UndeclaredGlobal},
	}
	seen := 0
	err := fs.WalkDir(lua.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".lua" {
			return err
		}
		source, err := lua.Files.ReadFile(name)
		if err != nil {
			return err
		}
		warnings, err := Look(name, source)
		var classes []string
		for _, w := range warnings {
			classes = append(classes, w.Class)
		}
		if !slices.Equal(classes, want[name]) {
			t.Errorf("%s: got %v, expected %v", name, warnings, want[name])
		}
		if want[name] != nil {
			seen++
		}
		return err
	})
	if err != nil || seen != len(want) {
		t.Fatalf("%d of the scripts with a warning are there: %v", seen, err)
	}
}

// Warnings come in the order of their lines, whatever their classes.
func TestOrderOfWarnings(t *testing.T) {
	got := found(t, "local user = tonumber(ARGV[1])\nlocal a = b\nif redis.call('SADD', KEYS[1], user) then return c end")
	want := []string{"1 " + IDThroughNumber, "2 " + UndeclaredGlobal, "3 " + NumberAsCondition, "3 " + UndeclaredGlobal}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, expected %v", got, want)
	}
}

func TestLookRefuses(t *testing.T) {
	for _, test := range []struct{ why, source, want string }{
		{"no statement", "local a = 1\nfoo bar", "sale.lua:2: expected Lua 5.1"},
		{"the end comes too early", "if a then\n\n", "sale.lua:3: expected Lua 5.1"},
		{"no character of Lua", "local a = 1\n\n\xff", "sale.lua:3: expected Lua 5.1"},
		{"a text without end", "return 'sold", "sale.lua:1: expected Lua 5.1"},
		{"lines are counted with the first one", "#!lua name=a\nfoo bar", "sale.lua:2: expected Lua 5.1"},
		{"deeper than anybody writes", "return " + strings.Repeat("not ", maxDepth) + "a", "sale.lua:1: expected statements"},
		{"longer than anybody writes", strings.Repeat("\n", MaxScript+1), "at most 1048576"},
	} {
		warnings, err := Look("sale.lua", []byte(test.source))
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") || warnings != nil {
			t.Errorf("%s: got %v %v, expected %q", test.why, warnings, err, test.want)
		}
	}
}

// The longest scripts, of the shapes that grow fastest, take a bounded memory
// and an end: nothing of them doubles, and nothing is opened a million times.
func TestLookIsBounded(t *testing.T) {
	doubling := "local a = ARGV[1] .. ARGV[1]\n" + strings.Repeat("local a = a .. a\n", 1000) + "redis.call('GET', a)\n"
	for _, test := range []struct{ why, start, unit, want string }{
		{"signs before a value", "return ", "not ", "deep"},
		{"brackets", "return ", "(", "deep"},
		{"tables", "return ", "{", "deep"},
		{"an index in an index", "return a", "[a", "deep"},
		{"calls in calls", "return ", "f(", "deep"},
		{"texts that are joined", "return a", "..a", "deep"},
		{"powers of powers", "return a", "^a", "deep"},
		{"a sum, of which the parser holds nothing open", "return a", "+a", "deep"},
		{"blocks", "", "do ", "deep"},
		{"loops", "", "while a do ", "deep"},
		{"functions", "", "local function f() ", "deep"},
		{"tests in tests", "", "if a then ", "deep"},
		{"tests one after the other", "if a then ", "elseif a then ", "the file"},
		{"one and the same call", "", "redis.call('SADD', KEYS[1], tonumber(ARGV[1]))\n", ""},
		{"one and the same name", "", "local a = tonumber(ARGV[1]) + -1 .. ''\n", ""},
		{"a text that doubles with every line", "", doubling, ""},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Look("sale.lua", []byte(test.start+strings.Repeat(test.unit, (MaxScript-10)/len(test.unit))))
		runtime.ReadMemStats(&after)
		if (err != nil) != (test.want != "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got error %v, expected %q", test.why, err, test.want)
		}
		if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 256 {
			t.Errorf("%s: %d MiB for one script", test.why, used)
		}
	}
}

// What lies side by side is not deep, however much of it there is.
func TestWideIsNotDeep(t *testing.T) {
	for why, unit := range map[string]string{
		"joined texts": "redis.call('GET', 'a' .. KEYS[1] .. 'b')\n",
		"loops":        "for i = 1, 2 do if not KEYS[i] then return -1 end end\n",
		"functions":    "do local function f(a) while a do repeat a = #KEYS - 1 until not a end end end\n",
		"differences":  "local a = #KEYS - 1\n",
		"assignments":  "KEYS.n = #KEYS - 1\n",
	} {
		if got := found(t, strings.Repeat(unit, 2*maxDepth)); got != nil {
			t.Errorf("%s: got %v", why, got)
		}
	}
}

// FuzzLook looks for a script that ends the process, and for a warning of a
// line that the script does not have.
func FuzzLook(f *testing.F) {
	err := fs.WalkDir(lua.Files, ".", func(name string, _ fs.DirEntry, err error) error {
		if err == nil && path.Ext(name) == ".lua" {
			source, _ := lua.Files.ReadFile(name)
			f.Add(source)
		}
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	for _, source := range []string{"#!lua name=a", "repeat local a = 1 until a", "function a.b:c(...) return self, arg end", "for i = 1, 2 do end", "return cjson.decode(ARGV[1]).id"} {
		f.Add([]byte(source))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		warnings, err := Look("sale.lua", source)
		if err != nil && (warnings != nil || !strings.HasPrefix(err.Error(), "sale.lua:")) {
			t.Fatal(warnings, err)
		}
		for _, w := range warnings {
			if w.Line < 1 || w.Line > 1+strings.Count(string(source), "\n")+strings.Count(string(source), "\r") {
				t.Fatal(w)
			}
		}
	})
}
