package contract

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// shop is a contract that uses every field there is.
const shop = `version: 1
name: shop
script: shop.lua
call: evalsha
qty: 2
items: 3
keys:
  stock: "{s:{{item}}}:stock"
  buyers: "{s:{{item}}}:buyers"
open:
  - [SET, $stock, "{{stock}}"]
buy:
  keys: [stock, buyers]
  args: ["{{buyer}}", "{{qty}}"]
  replies:
    - {int: -1, outcome: duplicate}
    - {int_in: [-2, -3], outcome: sold_out}
    - {str: "0", outcome: refused}
    - {nil: true, outcome: not_ready}
    - {error: "^ERR LIMIT", outcome: over_limit}
    - {min: 0, max: 99, outcome: ok, left: reply}
audit:
  stock: {hget: [stock, "f{{item}}"], missing: 0}
  buyers: {hgetall: buyers, value: qty}
promises:
  limit: 4
  order: duplicate_first
  retry_safe: buyer
  missing_stock: refuse
  cluster: true
`

// shelf is a folder with a contract and its script.
func shelf(contract string) fstest.MapFS {
	return fstest.MapFS{
		"shop.yaml":      {Data: []byte(contract)},
		"shop.lua":       {Data: []byte("return 1")},
		"below/shop.lua": {Data: []byte("return 2")},
		"empty.lua":      {},
	}
}

// loaded returns a contract that must load.
func loaded(t testing.TB, contract string) *Contract {
	t.Helper()
	c, err := Load(shelf(contract), "shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// edited returns shop with one passage replaced.
func edited(t testing.TB, old, new string) string {
	t.Helper()
	if strings.Count(shop, old) != 1 {
		t.Fatalf("%q stands in the contract %d times", old, strings.Count(shop, old))
	}
	return strings.Replace(shop, old, new, 1)
}

func TestLoad(t *testing.T) {
	c := loaded(t, shop)
	if c.Name != "shop" || c.Script != "shop.lua" || string(c.Source) != "return 1" || c.CallBy != EvalSHA {
		t.Errorf("the script is %q %q %q %q", c.Name, c.Script, c.Source, c.CallBy)
	}
	if want := "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"; c.SHA1 != want {
		t.Errorf("digest %s, want %s as SCRIPT LOAD says", c.SHA1, want)
	}
	if want := (sale.Terms{Limit: 4, Order: sale.DuplicateFirst, RetrySafe: sale.RetryBuyer, Atomic: true}); c.Terms != want {
		t.Errorf("terms %+v, want %+v", c.Terms, want)
	}
	if c.Quantity != 2 || c.Items != 3 || c.MissingStock != sale.MissingRefuse || !c.Cluster {
		t.Errorf("quantity %d, items %d, missing %q, cluster %v", c.Quantity, c.Items, c.MissingStock, c.Cluster)
	}
}

func TestLoadDefaults(t *testing.T) {
	c := loaded(t, "version: 1\nscript: below/shop.lua\nkeys: {}\nbuy: {replies: [{int: 1, outcome: ok}]}\n")
	if c.Name != "shop" || c.CallBy != EvalSHA || c.Quantity != 1 || c.Items != 1 {
		t.Errorf("name %q, call %q, quantity %d, items %d", c.Name, c.CallBy, c.Quantity, c.Items)
	}
	if want := (sale.Terms{RetrySafe: sale.RetryNone, Atomic: true}); c.Terms != want {
		t.Errorf("terms %+v, want %+v", c.Terms, want)
	}
}

func TestLoadFor(t *testing.T) {
	c, err := LoadFor(shelf(edited(t, "script: shop.lua", "script: gone.lua")), "shop.yaml", "dir/mine.lua", []byte("return 2"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Script != "dir/mine.lua" || c.SHA1 != "7f923f79fe76194c868d7e1d0820de36700eb649" {
		t.Errorf("script %s with digest %s", c.Script, c.SHA1)
	}
}

// brokenContracts are edits of shop that must not load.
var brokenContracts = []struct {
	reason   string
	old, new string // the passage of shop that is replaced
	want     string
}{
	{"a field nobody knows", "call: evalsha", "cal: evalsha", `4:1: unknown field "cal" in the contract; known: version, name, script, call, library, function, qty, items, vars, keys, open, restock, buy, release, confirm, after, audit, promises`},
	{"a test there is not", "{int: -1, outcome: duplicate}", "{like: x, outcome: duplicate}", `16:8: unknown field "like" in a reply; known: at, json, bits, int, int_in, min, max, str, re, nil, empty, any, error, outcome, left, granted, capture`},
	{"a field twice", "items: 3", "qty: 3", `6:1: the contract has "qty" twice; the first is on line 5`},
	{"a key twice", "  buyers: \"", "  stock: \"", `9:3: keys has "stock" twice; the first is on line 8`},
	{"no version", "version: 1\n", "", `1:1: the contract lacks the field "version"; want version: 1`},
	{"another version", "version: 1\n", "version: 2\n", `1:10: version "2" is not known; want version: 1`},
	{"no script", "script: shop.lua\n", "", `1:1: the contract lacks the field "script"; want script: FILE.lua`},
	{"no such script", "script: shop.lua", "script: gone.lua", `3:9: script "gone.lua": file does not exist; want a file beside the contract or below it`},
	{"a script elsewhere", "script: shop.lua", "script: ../shop.lua", `3:9: script "../shop.lua": file does not exist; want a file beside the contract or below it`},
	{"an empty script", "script: shop.lua", "script: empty.lua", `3:9: script "empty.lua" is empty`},
	{"a script that is something else", "script: shop.lua", "script: large.lua", `3:9: script "large.lua": is larger than 1024 KiB; want a file beside the contract or below it`},
	{"a name that makes a bad folder", "name: shop", "name: a/b", `2:7: name "a/b": want up to 64 letters, digits, dots, dashes and underscores`},
	{"a way of calling there is not", "call: evalsha", "call: call", `4:7: unknown call "call"; known: evalsha, eval, fcall`},
	{"a quantity of nothing", "qty: 2", "qty: 0", `5:6: qty: want a number between 1 and 2147483647, not 0`},
	{"a fraction", "qty: 2", "qty: 1.5", `5:6: qty: want a whole number such as 12, not "1.5"`},
	{"a text for a number", "qty: 2", `qty: "2"`, `5:6: qty: want a whole number, not the text "2"`},
	{"a number with a leading zero", "qty: 2", "qty: 02", `5:6: qty: want a whole number such as 12, not "02"`},
	{"a number past 64 bits", "items: 3", "items: 9223372036854775808", `6:8: items: want a whole number such as 12, not "9223372036854775808"`},
	{"more items than a record holds", "items: 3", "items: 65537", `6:8: items: want a number between 1 and 65536, not 65537`},
	{"a template without quotes", `"{s:{{item}}}:stock"`, "{{item}}", `8:10: key stock: want a text; a template is to be quoted: "{{item}}"`},
	{"a name no template knows", "{s:{{item}}}:stock", "{s:{{itm}}}:stock", `8:10: key stock: bad template: unknown name "itm"; known: item, item_index, buyer, buyer_index, qty, limit, stock, request, sale_start, sale_end`},
	{"a name that keys cannot have", "{s:{{item}}}:stock", "{s:{{attempt}}}:stock", `8:10: key stock: bad template: {{attempt}} has no value here; known: item, item_index, buyer, buyer_index, qty, limit, stock, request, sale_start, sale_end`},
	{"a template that does not end", "{s:{{item}}}:stock", "{s:{{item}", `8:10: key stock: bad template: {{ without }}`},
	{"a function there is not", `"{{qty}}"]`, `"{{div 3 item}}"]`, `14:23: buy.args: bad template: unknown name "div"; known: item, item_index, buyer, buyer_index, qty, limit, stock, request, attempt, now_ms, now_s, sale_start, sale_end; and the functions mod, hash, share, join, split, index, json`},
	{"an empty key", `"{s:{{item}}}:stock"`, `""`, `8:10: key stock is empty; want a text such as "{seckill:{{item}}}:stock"`},
	{"a key name that $ cannot take", "  stock: \"", "  my-stock: \"", `8:3: key name "my-stock": want letters, digits and underscores, such as stock`},
	{"two names for a key", "{s:{{item}}}:buyers", "{s:{{item}}}:stock", `9:11: the keys stock and buyers are the same key "{s:{{item}}}:stock"`},
	{"keys that are a list", "keys:\n  stock: \"{s:{{item}}}:stock\"\n  buyers: \"{s:{{item}}}:buyers\"\n", "keys: [a]\n", `7:7: keys: want a mapping (name: value), not a list`},
	{"opening with an unknown key", "[SET, $stock,", "[SET, $stok,", `11:11: open: unknown key "stok"; keys has: stock, buyers`},
	{"opening what is not ours", "[SET, $stock, \"{{stock}}\"]", "[FLUSHALL]", `11:5: a command of open: want a command on a key of the contract, such as [SET, $stock, "{{stock}}"]; keys has: stock, buyers`},
	{"opening with a key for a command", "[SET, $stock, \"{{stock}}\"]", "[$stock]", `11:5: a command of open: want a command on a key of the contract, such as [SET, $stock, "{{stock}}"]; keys has: stock, buyers`},
	{"opening with a command as text", "[SET, $stock, \"{{stock}}\"]", "SET x", `11:5: a command of open: want a list ([a, b]), not a text`},
	{"nothing where a text should be", "[SET, $stock, \"{{stock}}\"]", "[SET, $stock, ~]", `11:19: a command of open: want a text, not nothing; an empty text is ""`},
	{"buying with an unknown key", "keys: [stock, buyers]", "keys: [stock, orders]", `13:17: buy.keys: unknown key "orders"; keys has: stock, buyers`},
	{"auditing an unknown key", "hgetall: buyers", "hgetall: orders", `24:21: audit.buyers.hgetall: unknown key "orders"; keys has: stock, buyers`},
	{"auditing nothing", "{hget: [stock, \"f{{item}}\"], missing: 0}", "{}", `23:10: audit.stock: no reader; want {get: KEY}, {hget: [KEY, FIELD]}, {llen: KEY}, {hash_sum: KEY}, {sum: [READER, …]}, {difference: [READER, READER]}, {lua: FILE, keys: [KEY, …]} or none`},
	{"auditing twice", "{hget: [stock, \"f{{item}}\"], missing: 0}", "{get: stock, hget: [stock, f]}", `23:29: audit.stock: get and hget; want one reader`},
	{"a hash without a field", "[stock, \"f{{item}}\"]", "[stock]", `23:17: audit.stock.hget: want [KEY, FIELD], not 1 words`},
	{"a stock that is no number", "missing: 0", "missing: none", `23:48: audit.stock.missing: want a whole number or "{{stock}}", not "none"`},
	{"a reader of another thing", "{hgetall: buyers, value: qty}", "{get: buyers}", `24:12: unknown field "get" in audit.buyers; known: smembers, hkeys, hgetall, zrange, lrange, per_buyer, scan, parse, json, value`},
	{"a hash whose values are not said to be units", "{hgetall: buyers, value: qty}", "{hgetall: buyers}", `24:11: audit.buyers: want {hgetall: KEY, value: qty}, for values that are units; {hkeys: KEY} reads only who bought`},
	{"a set with values", "{hgetall: buyers, value: qty}", "{smembers: buyers, value: qty}", `24:37: audit.buyers: smembers has no values; want value: qty beside hgetall or per_buyer only`},
	{"two readers of buyers", "{hgetall: buyers, value: qty}", "{hkeys: buyers, smembers: stock}", `24:19: audit.buyers: smembers and hkeys; want one reader`},
	{"no reader of buyers", "{hgetall: buyers, value: qty}", "{}", `24:11: audit.buyers: no reader; want {smembers: KEY}, {hkeys: KEY}, {hgetall: KEY, value: qty}, {zrange: KEY}, {lrange: KEY}, {per_buyer: [EXISTS, KEY]}, {scan: PATTERN, parse: …} or none`},
	{"an order there is not", "order: duplicate_first", "order: buyer_first", `27:10: unknown order "buyer_first"; known: duplicate_first, stock_first`},
	{"a safety there is not", "retry_safe: buyer", "retry_safe: yes", `28:15: unknown retry_safe "yes"; known: none, buyer, request`},
	{"a missing stock there is not", "missing_stock: refuse", "missing_stock: sell", `29:18: unknown missing_stock "sell"; known: refuse, error, init`},
	{"a cluster that is no truth value", "cluster: true", "cluster: 1", `30:12: promises.cluster: want true or false, not "1"`},
	{"a negative limit", "limit: 4", "limit: -1", `26:10: promises.limit: want 0 or more, not -1`},
	{"a limit below a purchase", "limit: 4", "limit: 1", `26:3: promises.limit: a limit of 1 units a buyer allows no purchase of 2 (qty); want 2 or more, or 0 for no limit`},
	{"an anchor", "name: shop", "name: &n shop", `2:7: anchors and aliases have no place in a contract: write it out`},
	{"a tag", "name: shop", "name: !!str shop", `2:7: the tag "!!str" has no place in a contract: quote what is meant as text`},
	{"a tab", "  stock: \"", "\tstock: \"", `8:1: not YAML: found character that cannot start any token while scanning for the next token`},
}

func TestLoadErrors(t *testing.T) {
	for _, tt := range brokenContracts {
		t.Run(tt.reason, func(t *testing.T) {
			files := shelf(edited(t, tt.old, tt.new))
			files["large.lua"] = &fstest.MapFile{Data: make([]byte, maxScript+1)}
			_, err := Load(files, "shop.yaml")
			wantError(t, err, "shop.yaml:"+tt.want)
		})
	}
}

// wantError requires an *Error of one line.
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	var wrong *Error
	if !errors.As(err, &wrong) {
		t.Fatalf("got %v, want an *Error", err)
	}
	if err.Error() != want {
		t.Errorf("\n got %s\nwant %s", err, want)
	}
	if strings.ContainsAny(err.Error(), "\n\r") {
		t.Error("the error is more than a line")
	}
}

func TestLoadWholeFileErrors(t *testing.T) {
	tests := []struct{ reason, text, want string }{
		{"nothing", "", "shop.yaml: is empty; want a contract, which begins with version: 1"},
		{"only a comment", "# later\n", "shop.yaml: is empty; want a contract, which begins with version: 1"},
		{"a script by mistake", "return 1", "shop.yaml:1:1: the contract: want a mapping (name: value), not a text"},
		{"a list", "- a", "shop.yaml:1:1: the contract: want a mapping (name: value), not a list"},
		{"a binary", "\xff\xfe\xff", "shop.yaml: not YAML: incomplete UTF-16 character"},
		{"two contracts", "version: 1\n---\nversion: 1\n", "shop.yaml: not YAML: expected single document, found multiple"},
		{"a bomb of nesting", strings.Repeat("[", 1000), "shop.yaml:1:17: not YAML: exceeded max depth of 16 while increasing flow level"},
		{"a bomb of aliases", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "shop.yaml:1:4: anchors and aliases have no place in a contract: write it out"},
		{"a book", strings.Repeat("# prose\n", 10_000), "shop.yaml: is larger than 64 KiB"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			_, err := Load(shelf(tt.text), "shop.yaml")
			wantError(t, err, tt.want)
		})
	}
	_, err := Load(shelf(shop), "gone.yaml")
	wantError(t, err, "gone.yaml: file does not exist")
}

// brokenReplies are replies that must not load.
var brokenReplies = []struct{ reason, replies, want string }{
	{"no sale", "[{int: 0, outcome: sold_out}]", "replies: none has outcome: ok; want the reply that means a sale"},
	{"no list", "{int: 1}", "replies: want a list ([a, b]), not a mapping"},
	{"no outcome", "[{int: 1}]", `a reply lacks the field "outcome"; want outcome: ok, or another`},
	{"an outcome there is not", "[{int: 1, outcome: sold}]", `unknown outcome "sold"; known: ok, replayed, sold_out, duplicate, over_limit, refused, not_ready, failed, indeterminate, dropped`},
	{"an outcome no reply means", "[{int: 1, outcome: dropped}]", "outcome dropped is for what was never sent; no reply means it"},
	{"nothing to match", "[{outcome: ok}]", "a reply: nothing to match; want one of int, int_in, min, max, str, re, nil, empty, any, error"},
	{"two kinds at once", "[{int: 1, str: a, outcome: ok}]", "a reply: its tests can never hold together, for no reply is of two kinds; want one kind a rule"},
	{"an empty range", "[{min: 2, max: 1, outcome: ok}]", "a reply: no number can match all of its tests"},
	{"a number outside its range", "[{int: 1, min: 2, outcome: ok}]", "a reply: no number can match all of its tests"},
	{"no numbers", "[{int_in: [], outcome: ok}]", "a reply: no number can match all of its tests"},
	{"a text for a number", `[{int: "1", outcome: ok}]`, `int: want a whole number, not the text "1"`},
	{"a list for a number", `[{int: [1], outcome: ok}]`, `int: want a whole number, not a list`},
	{"nil that is not", "[{nil: false, outcome: ok}]", `nil: want true, not "false"`},
	{"a pattern that is none", `[{error: "(", outcome: ok}]`, "error: want a regular expression: error parsing regexp: missing closing ): `(`"},
	{"left of what is no number", "[{str: a, outcome: ok, left: reply}]", `left: the reply "a" is no number; want it beside a number (int, int_in, min, max) and outcome: ok`},
	{"left after no sale", "[{int: 0, outcome: sold_out, left: reply}]", "left: want it beside outcome: ok, for it is told of a sale"},
	{"left from elsewhere", "[{int: 1, outcome: ok, left: $.a}]", `left: the reply has no parts where $.a could lead; want reply`},
	{"the same number twice", "[{int: 1, outcome: ok}, {int: 1, outcome: sold_out}]", "a reply: the same test stands on line 1; want each once"},
	{"the same number by another test", "[{int: 1, outcome: ok}, {int_in: [1], outcome: sold_out}]", "a reply: the same test stands on line 1; want each once"},
	{"the same text twice", "[{str: a, outcome: ok}, {str: a, outcome: sold_out}]", "a reply: the same test stands on line 1; want each once"},
	{"nil twice", "[{nil: true, outcome: ok}, {nil: true, outcome: sold_out}]", "a reply: the same test stands on line 1; want each once"},
	{"the same pattern twice", "[{error: A, outcome: ok}, {error: A, outcome: sold_out}]", "a reply: the same test stands on line 1; want each once"},
	{"hidden by a range", "[{min: 0, outcome: ok}, {int: 7, outcome: sold_out}]", "a reply: can never match, for the one on line 1 always matches first; want it after this one, or narrower"},
	{"hidden by two together", "[{max: 0, outcome: sold_out}, {min: 1, outcome: ok}, {int_in: [-5, 5], outcome: refused}]", "a reply: can never match, for earlier ones match all of its numbers; want it before them, or them narrower"},
	{"hidden by a wider pattern", `[{error: "^ERR", outcome: ok}, {error: "^ERR LIMIT", outcome: over_limit}]`, "a reply: can never match, for the one on line 1 always matches first; want it after this one, or narrower"},
	{"hidden by a word", `[{error: LIMIT, outcome: ok}, {error: "^ERR LIMIT", outcome: over_limit}]`, "a reply: can never match, for the one on line 1 always matches first; want it after this one, or narrower"},
	{"hidden by a pattern for all", `[{error: ".*", outcome: ok}, {error: "^ERR", outcome: over_limit}]`, "a reply: can never match, for the one on line 1 always matches first; want it after this one, or narrower"},
}

func TestLoadReplyErrors(t *testing.T) {
	for _, tt := range brokenReplies {
		t.Run(tt.reason, func(t *testing.T) {
			_, err := Load(shelf("buy: {replies: "+tt.replies+"}\nversion: 1\nscript: shop.lua\nkeys: {}\n"), "shop.yaml")
			if err == nil {
				t.Fatal("it loads")
			}
			at := strings.SplitN(err.Error(), ": ", 2)
			if !strings.HasPrefix(at[0], "shop.yaml:1:") || at[1] != tt.want {
				t.Errorf("\n got %s\nwant shop.yaml:1:… %s", err, tt.want)
			}
		})
	}
}

func TestLoadKeepsRulesThatCanMatch(t *testing.T) {
	tests := []struct{ reason, replies string }{
		{"a number before its range", "[{int: 0, outcome: sold_out}, {min: 0, outcome: ok}]"},
		{"ranges that overlap", "[{max: 5, outcome: sold_out}, {min: 0, outcome: ok}]"},
		{"the text 1 beside the number 1", `[{int: 1, outcome: ok}, {str: "1", outcome: sold_out}]`},
		{"nil beside an empty text", `[{nil: true, outcome: ok}, {str: "", outcome: sold_out}]`},
		{"a word in the middle after an anchor", `[{error: "^LIMIT", outcome: ok}, {error: "LIMIT", outcome: over_limit}]`},
		{"a narrower pattern first", `[{error: "^ERR LIMIT", outcome: ok}, {error: "^ERR", outcome: over_limit}]`},
		{"a pattern that ends", `[{error: "^ERR$", outcome: ok}, {error: "^ERR LIMIT", outcome: over_limit}]`},
		{"patterns that differ in case", `[{error: "(?i)err", outcome: ok}, {error: "ERR A", outcome: over_limit}]`},
		{"the ends of all numbers", "[{int: -9223372036854775808, outcome: refused}, {int: 9223372036854775807, outcome: refused}, {min: -9223372036854775808, outcome: ok}]"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			loaded(t, "version: 1\nscript: shop.lua\nkeys: {}\nbuy: {replies: "+tt.replies+"}\n")
		})
	}
}
