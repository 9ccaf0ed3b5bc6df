package trace

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// shop is a contract whose replies are of every kind.
const shop = `version: 1
name: shop
script: shop.lua
keys:
  stock: "s:{{item}}"
open:
  - [SET, $stock, "{{stock}}"]
buy:
  keys: [stock]
  args: ["{{buyer}}"]
  replies:
    - {int: -1, outcome: duplicate}
    - {min: 0, outcome: ok, left: reply}
    - {str: gone, outcome: sold_out}
    - {str: "-9", outcome: replayed}
    - {nil: true, outcome: not_ready}
    - {json: $.code, int: 7, outcome: refused}
    - {error: "^LIMIT", outcome: over_limit}
audit:
  stock: {get: stock}
`

func shopReplies(t *testing.T) func(*sale.Purchase, any, error) sale.Answer {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"shop.yaml": shop, "shop.lua": "return 0"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, err := contract.Load(os.DirFS(dir), "shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return c.Reply
}

// file writes a file with the given ending.
func file(t *testing.T, ending, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows"+ending)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func plainOptions() Options { return Options{Quantity: 1} }

func mustRead(t *testing.T, path string, o Options) *Trace {
	t.Helper()
	rows, err := Read([]string{path}, o)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestRowsAreRead(t *testing.T) {
	rows := mustRead(t, file(t, ".csv", "\xef\xbb\xbfwho,request,item,verb,quantity,call_ms,elapsed_ms,outcome,granted,left,try,ignored\n"+
		"ann,7,a,buy,2,1000,2.5,ok,,40,1,x\n"+
		"\"b,o\",9,b,,3,1001,1,sold_out,,,,\n"+
		"ann,7,a,release,2,2000,1,ok,0,,,\n"), Options{Quantity: 1, Columns: []string{"buyer=who"}})
	want := []history.Attempt{
		{Due: history.Never, Call: 1e9, Return: 1002500000, Left: 40, Request: 6, Quantity: 2, Granted: 2, Try: 1, Verb: sale.Buy, Outcome: sale.OK},
		{Due: history.Never, Call: 1001e6, Return: 1002e6, Left: sale.Untold, Buyer: 1, Request: 8, Quantity: 3, Item: 1, Verb: sale.Buy, Outcome: sale.SoldOut},
		{Due: history.Never, Call: 2e9, Return: 2001e6, Left: sale.Untold, Request: 6, Quantity: 2, Verb: sale.Release, Outcome: sale.OK},
	}
	for i, a := range rows.Attempts {
		if a != want[i] {
			t.Errorf("row %d is\n%+v, want\n%+v", i+1, a, want[i])
		}
	}
	if fmt.Sprint(rows.Buyers, rows.Items, rows.Quantity) != "[ann b,o] [a b] 0" {
		t.Errorf("buyers %q, items %q, quantity %d", rows.Buyers, rows.Items, rows.Quantity)
	}
	if rows.Told.Resolution != 1.1e6 { // a call to the millisecond, a length to a tenth
		t.Errorf("instants are off by %d", rows.Told.Resolution)
	}
}

func TestInstants(t *testing.T) {
	const at int64 = 1767225600123456789
	for _, test := range []struct {
		text string
		unit time.Duration
		ns   int64
		fine int64
		err  string
	}{
		{"1767225600", 0, at / 1e9 * 1e9, 1e9, ""},
		{"1767225600.123", 0, at / 1e6 * 1e6, 1e6, ""},
		{"1767225600123", 0, at / 1e6 * 1e6, 1e6, ""},
		{"1767225600123.456789", 0, at, 1, ""},
		{"1767225600123456", 0, at / 1e3 * 1e3, 1e3, ""},
		{"1767225600123456789", 0, at, 1, ""},
		{"2026-01-01T00:00:00.123Z", 0, at / 1e6 * 1e6, 1e6, ""},
		{"2026-01-01 01:00:00+01:00", 0, at / 1e9 * 1e9, 1e9, ""},
		{"12.5", time.Millisecond, 12500000, 1e5, ""},
		{"-3", time.Nanosecond, -3, 1, ""},
		{"0007", time.Second, 7e9, 1e9, ""},
		{"12", 0, 0, 0, "s, ms, us or ns"},
		{"-1767225600", 0, 0, 0, "s, ms, us or ns"},
		{"2026-01-01T00:00:00", 0, 0, 0, "with its zone"},
		{"2026-01-01", 0, 0, 0, "with its zone"},
		{"noon", 0, 0, 0, "want a whole or decimal number"},
		{"1e9", time.Second, 0, 0, "want a whole or decimal number"},
		{"99999999999999999999", time.Nanosecond, 0, 0, "too far"},
		{"9999999999999", time.Second, 0, 0, "too far"},
	} {
		ns, fine, err := instantOf(history.Cell{Text: test.text}, test.unit)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%q: %v, want an error with %q", test.text, err, test.err)
			}
		} else if err != nil || ns != test.ns || fine != test.fine {
			t.Errorf("%q is %d to %d, %v; want %d to %d", test.text, ns, fine, err, test.ns, test.fine)
		}
	}
}

// In each file the finest step counts, for zeros at the end are often left out; of
// several files that of the coarsest.
func TestResolution(t *testing.T) {
	for _, test := range []struct {
		want  int64
		files []string
	}{
		{1e6, []string{"call,return\n1767225600123,1767225600124\n"}},
		{1e6, []string{"call,return\n1767225600.1,1767225600.2\n1767225600.123,1767225600.205\n"}},
		{2e6, []string{"call,elapsed_ms\n1767225600123,4\n"}},
		{0, []string{"call,return\n1767225600123456789,1767225600123456789\n"}},
		{1e9, []string{"call,return\n1767225600,1767225601\n", "call,return\n1767225600.123,1767225601\n"}},
		{0, []string{"note\n1\n"}},
	} {
		var paths []string
		for _, text := range test.files {
			lines := strings.SplitAfter(text, "\n")
			for i := range lines {
				if lines[i] != "" {
					lines[i] = []string{"buyer,outcome,", "u,ok,"}[min(i, 1)] + lines[i]
				}
			}
			paths = append(paths, file(t, ".csv", strings.Join(lines, "")))
		}
		rows, err := Read(paths, Options{Quantity: 1, ClockError: 5 * time.Millisecond, Copies: "keep"})
		if err != nil || rows.Told.Resolution != test.want || rows.Told.ClockError != 5e6+test.want {
			t.Errorf("%q: %+v, %v; want %d", test.files, rows, err, test.want)
		}
	}
}

func TestReplies(t *testing.T) {
	read := shopReplies(t)
	for _, test := range []struct {
		json string
		want sale.Outcome
		left int64
		flaw sale.Defect
	}{
		{`"reply":4`, sale.OK, 4, 0},
		{`"reply":"4"`, sale.OK, 4, 0},
		{`"reply":"(integer) -1"`, sale.Duplicate, 0, 0},
		{`"reply":"-9"`, sale.Replayed, 0, 0},
		{`"reply":"gone"`, sale.SoldOut, 0, 0},
		{`"reply":"\"gone\""`, sale.SoldOut, 0, 0},
		{`"reply":"(nil)"`, sale.NotReady, 0, 0},
		{`"reply":{"code":7}`, sale.Refused, 0, 0},
		{`"reply":"{\"code\": 7}"`, sale.Refused, 0, 0},
		{`"reply":"(error) LIMIT reached"`, sale.OverLimit, 0, 0},
		{`"reply":"(error) ERR in script"`, sale.Indeterminate, 0, sale.ScriptError},
		{`"reply":"(error) NOSCRIPT no"`, sale.Failed, 0, 0},
		{`"reply":"what"`, sale.Indeterminate, 0, sale.UnmappedReply},
		{`"reply":-5`, sale.Indeterminate, 0, sale.UnmappedReply},
		{`"reply":null,"error":"timeout"`, sale.Indeterminate, 0, 0},
		{`"outcome":"sold_out","reply":4`, sale.SoldOut, 0, 0},
		{`"outcome":"","reply":4`, sale.OK, 4, 0},
	} {
		rows, err := Read([]string{file(t, ".jsonl", `{"buyer":"u",`+test.json+"}\n")}, Options{
			Quantity: 1, Reply: read, NotRun: func(err error) bool { return strings.HasPrefix(err.Error(), "NOSCRIPT") },
		})
		if err != nil {
			t.Errorf("%s: %v", test.json, err)
			continue
		}
		a := rows.Attempts[0]
		if a.Outcome != test.want || a.Defect != test.flaw || test.left != 0 && a.Left != test.left || (a.Outcome == sale.OK) != (a.Granted == 1) {
			t.Errorf("%s is %+v", test.json, a)
		}
	}
}

func TestMapping(t *testing.T) {
	o := Options{Quantity: 1, Reply: shopReplies(t), Outcome: "status=200:reply,409:duplicate,5xx:indeterminate,429:failed,*:refused"}
	rows := mustRead(t, file(t, ".csv", "buyer,status,reply,outcome\na,200,3,ok\nb,409,3,\nc,503,,\nd,429,,\ne,,,\nf,50,,\n"), o)
	want := []sale.Outcome{sale.OK, sale.Duplicate, sale.Indeterminate, sale.Failed, sale.Refused, sale.Refused}
	for i, a := range rows.Attempts {
		if a.Outcome != want[i] {
			t.Errorf("row %d is %s, want %s", i+1, a.Outcome, want[i])
		}
	}
}

func TestRequestsAndCopies(t *testing.T) {
	text := "buyer,request,call_ns,return_ns,outcome\na,x,1,2,ok\na,x,1,2,ok\nb,,1,2,ok\nb,,,,sold_out\nb,,,,sold_out\n"
	if _, err := Read([]string{file(t, ".csv", text)}, plainOptions()); err == nil || !strings.Contains(err.Error(), "rows.csv:3: the row is the same as line 2; want --copies") {
		t.Errorf("a copy: %v", err)
	}
	rows := mustRead(t, file(t, ".csv", text), Options{Quantity: 1, Copies: "drop"})
	if len(rows.Attempts) != 4 || rows.Told.Copies != 1 || rows.Attempts[0].Request == rows.Attempts[1].Request || rows.Attempts[2].Request == rows.Attempts[3].Request {
		t.Errorf("%+v, %d copies", rows.Attempts, rows.Told.Copies)
	}
	rows = mustRead(t, file(t, ".csv", text), Options{Quantity: 1, Copies: "keep"})
	if len(rows.Attempts) != 5 || rows.Attempts[0].Request != rows.Attempts[1].Request {
		t.Errorf("%+v", rows.Attempts)
	}
}

// Rows that were stamped by two clocks may end before they begin, by no more than the
// clocks are off: then the two change places.
func TestBackwardsRow(t *testing.T) {
	path := file(t, ".csv", "buyer,call_ns,return_ns,outcome\na,1000,400,ok\n")
	if _, err := Read([]string{path}, plainOptions()); err == nil || !strings.Contains(err.Error(), "rows.csv:2:8: it was answered") || !strings.Contains(err.Error(), "--clock-error") {
		t.Errorf("without a word of clocks: %v", err)
	}
	rows := mustRead(t, path, Options{Quantity: 1, ClockError: 300})
	if a := rows.Attempts[0]; a.Call != 400 || a.Return != 1000 {
		t.Errorf("%+v", a)
	}
	if _, err := Read([]string{path}, Options{Quantity: 1, ClockError: 299}); err == nil {
		t.Error("off by more than is said")
	}
}

func TestMistakes(t *testing.T) {
	for _, test := range []struct {
		ending, text string
		options      Options
		want         string
	}{
		{".csv", "", plainOptions(), "it is empty"},
		{".csv", "buyer,outcome\n", plainOptions(), "there is no row"},
		{".csv", "who,outcome\n", plainOptions(), "there is no column buyer; want --column buyer=COLUMN; it has who, outcome"},
		{".csv", "buyer,status\n", plainOptions(), "there is no column outcome or reply"},
		{".csv", "buyer,outcome\n", Options{Quantity: 1, Columns: []string{"buyer=who"}}, "there is no column who (--column buyer=who); it has buyer, outcome"},
		{".csv", "buyer,outcome\n", Options{Quantity: 1, Outcome: "code=1:ok"}, "there is no column code (--outcome)"},
		{".csv", "buyer,buyer,outcome\n", plainOptions(), ":1:7: column buyer is there twice"},
		{".csv", "buyer,call,start_ms,outcome\n", plainOptions(), "call and start_ms both are the call; want --column call=call"},
		{".csv", "buyer,call,end,elapsed,outcome\n", plainOptions(), "call, end and elapsed are one too many"},
		{".csv", "buyer,due_ns,start_us,outcome\n", plainOptions(), "is a record of seckill"},
		{".csv", "buyer,outcome\nann,ok,1\n", plainOptions(), ":2:1: wrong number of fields"},
		{".csv", "buyer,outcome\n\"ann,ok\n", plainOptions(), ":2:9: extraneous or missing"},
		{".csv", "buyer,outcome\nann,ok\n,ok\n", plainOptions(), ":3:1: the buyer is missing"},
		{".csv", "buyer,outcome\nann,sold\n", plainOptions(), `:2:5: unknown outcome "sold"; known: ok,`},
		{".csv", "buyer,outcome,call\nann,ok,5\n", plainOptions(), `:2:8: call "5": it could count s, ms, us or ns`},
		{".csv", "buyer,outcome,call,elapsed\nann,ok,1767225600,5\n", plainOptions(), `:2:19: elapsed "5": it could count`},
		{".csv", "buyer,outcome,elapsed_ms\nann,ok,-5\n", plainOptions(), "not below zero"},
		{".csv", "buyer,outcome,quantity\nann,ok,many\n", plainOptions(), `:2:8: quantity "many": want a whole number from`},
		{".csv", "buyer,outcome,try\nann,ok,256\n", plainOptions(), `try "256": want a whole number from 0 to 255`},
		{".csv", "buyer,outcome,verb\nann,ok,steal\n", plainOptions(), `:2:8: unknown verb "steal"`},
		{".csv", "buyer,outcome,verb\nann,ok,release\n", plainOptions(), "a row that is to release something needs the request"},
		{".csv", "buyer,outcome,granted\nann,sold_out,1\n", plainOptions(), "an attempt with outcome sold_out was granted 1 units"},
		{".csv", "buyer,outcome,defect\nann,ok,dent\n", plainOptions(), `unknown defect "dent"`},
		{".csv", "buyer,outcome,receipt\nann,ok,{\n", plainOptions(), "a receipt is no JSON object"},
		{".csv", "buyer,reply\nann,1\n", plainOptions(), "there is no contract to read a reply by"},
		{".csv", "buyer,code\nann,503\n", Options{Quantity: 1, Outcome: "code=200:ok"}, `:2:5: code "503" is none of the values in --outcome`},
		{".csv", "buyer,item,outcome\nann,a,ok\n", Options{Quantity: 1, Item: "b"}, "none of the 1 rows is of item b"},
		{".jsonl", "", plainOptions(), "there is no row"},
		{".jsonl", "[1]\n", plainOptions(), ":1:1: want a JSON object on each line"},
		{".jsonl", "ann ok\n", plainOptions(), ":1:1: want a JSON object on each line"},
		{".jsonl", "{\"buyer\":\"ann\",\"outcome\":\"ok\"}\n{\"buyer\":\"bob\",\n", plainOptions(), ":2:15: unexpected end of JSON"},
		{".jsonl", "{\"buyer\":\"ann\",\"buyer\":\"bob\"}\n", plainOptions(), ":1:16: buyer is there twice"},
		{".jsonl", "{\"buyer\":\"ann\",\"outcome\": \"sold\"}\n", plainOptions(), ":1:27: unknown outcome"},
		{".jsonl", "{\"outcome\":\"ok\"}\n", plainOptions(), ":1: the buyer is missing"},
		{".jsonl", "{\"buyer\":\"ann\"}\n", plainOptions(), "there is no column outcome or reply"},
		{".jsonl", "{\"buyer\":\"ann\",\"outcome\":\"ok\"}\n", Options{Quantity: 1, Columns: []string{"request=id"}}, "there is no column id"},
		{".parquet", "PAR1", plainOptions(), "is no Parquet file, or not all of one"},
		{".txt", "", plainOptions(), "want a file whose name ends in .csv, .jsonl or .parquet"},
		{".csv", "", Options{Quantity: 1, Columns: []string{"buyer"}}, "want NAME=COLUMN"},
		{".csv", "", Options{Quantity: 1, Columns: []string{"client=x"}}, `unknown name "client"; known: buyer,`},
		{".csv", "", Options{Quantity: 1, Columns: []string{"call=x:min"}}, `unknown unit "min"`},
		{".csv", "", Options{Quantity: 1, Columns: []string{"call=x:ms", "start=y"}}, "call has a column already"},
		{".csv", "", Options{Quantity: 1, Outcome: "status"}, "want COLUMN=VALUE:OUTCOME"},
		{".csv", "", Options{Quantity: 1, Outcome: "status=200"}, `want VALUE:OUTCOME, not "200"`},
		{".csv", "", Options{Quantity: 1, Outcome: "status=200:fine"}, `unknown outcome "fine"`},
		{".csv", "", Options{Quantity: 1, Outcome: "status=*:ok,200:failed"}, `"200" is never reached behind "*"`},
		{".csv", "", Options{Quantity: 1, Copies: "some"}, "want keep or drop"},
		{".csv", "", Options{Quantity: 0}, "--quantity 0"},
		{".csv", "", Options{Quantity: 1, ClockError: -1}, "--clock-error"},
		{".csv", "", Options{Quantity: 1, ClockError: 2 * time.Hour}, "an hour or less"},
	} {
		_, err := Read([]string{file(t, test.ending, test.text)}, test.options)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q %+v\n got %v\nwant %s", test.text, test.options, err, test.want)
		}
	}
}

func TestFilesAreFound(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.csv", "b.csv"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("buyer,outcome\n"+name+",ok\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	rows := mustRead(t, filepath.Join(dir, "*.csv"), plainOptions())
	if len(rows.Buyers) != 2 || len(rows.Told.Files) != 2 {
		t.Errorf("%+v", rows)
	}
	for path, want := range map[string]string{dir: "no file whose name ends in .parquet", filepath.Join(dir, "c*.csv"): "no such file", filepath.Join(dir, "c.csv"): "no such file"} {
		if _, err := Read([]string{path}, plainOptions()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	twice := filepath.Join(dir, "a.csv")
	if _, err := Read([]string{twice, twice}, plainOptions()); err == nil || !strings.Contains(err.Error(), "named twice") {
		t.Errorf("a file twice: %v", err)
	}
}
