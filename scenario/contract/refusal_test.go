package contract

import (
	"strings"
	"testing"
)

const sells = "buy: {args: [\"{{request}}\"], replies: [{int: 1, outcome: ok}]}\n"

// refusals are lines that no contract can have, after minimal's first three.
var refusals = []struct{ reason, lines, want string }{
	{"a var that means something already", "vars: {item: 1}\n" + sells, `4:8: vars: "item" already means something in a template; want another name`},
	{"a var that is a function", "vars: {mod: 1}\n" + sells, `4:8: vars: "mod" already means something in a template; want another name`},
	{"a generator there is not", "vars: {x: {gen: random}}\n" + sells, `4:17: unknown gen "random"; known: seq, uuid, snowflake, hex`},
	{"a scope there is not", "vars: {x: {gen: hex, scope: unit}}\n" + sells, `4:29: unknown scope "unit"; known: attempt, request, buyer, item`},
	{"a capture that is a var", "vars: {x: 1}\nbuy: {replies: [{re: \"(?P<x>a)\", outcome: ok}]}\n", `5:22: re: "x" is a var already; want another name`},
	{"a capture that nothing sets", sells + "release: {args: [\"{{token}}\"], replies: [{int: 1, outcome: ok}]}\n", `5:18: release.args: bad template: unknown name "token"; known: item, item_index, buyer, buyer_index, qty, limit, stock, request, attempt, now_ms, now_s, sale_start, sale_end`},
	{"a capture before there is an answer", "buy: {args: [\"{{token}}\"], replies: [{re: \"(?P<token>a)\", outcome: ok}]}\n", `4:14: buy.args: bad template: unknown name "token"; known: item, item_index, buyer, buyer_index, qty, limit, stock, request, attempt, now_ms, now_s, sale_start, sale_end`},

	{"each over nothing", "buy: {args: [{each: 0, as: b, value: x}], replies: [{int: 1, outcome: ok}]}\n", `4:21: each: want a number between 1 and 10000, not 0`},
	{"each over less", "vars: {N: -1}\nbuy: {args: [{each: N, as: b, value: x}], replies: [{int: 1, outcome: ok}]}\n", `5:21: each: want a number between 1 and 10000, not -1`},
	{"each over too much", "buy: {args: [{each: 10001, as: b, value: x}], replies: [{int: 1, outcome: ok}]}\n", `4:21: each: want a number between 1 and 10000, not 10001`},
	{"each over what is no number", "vars: {N: many}\nbuy: {args: [{each: N, as: b, value: x}], replies: [{int: 1, outcome: ok}]}\n", `5:21: each: want a whole number such as 12, not "many"`},
	{"each over a name nobody knows", "buy: {args: [{each: M, as: b, value: x}], replies: [{int: 1, outcome: ok}]}\n", `4:21: each: unknown name "M"; want a number, a constant of vars or cart`},
	{"each over what changes", "vars: {N: {gen: seq}}\nbuy: {args: [{each: N, as: b, value: x}], replies: [{int: 1, outcome: ok}]}\n", `5:21: each: the var N is made anew all the time; want a constant`},
	{"each without a name", "buy: {args: [{each: 2, value: x}], replies: [{int: 1, outcome: ok}]}\n", `4:14: each: want as: b, the name of its number from 0`},
	{"an argument of two kinds", "buy: {args: [{json: {}, value: x}], replies: [{int: 1, outcome: ok}]}\n", `4:14: buy.args: want a text, {json: {…}}, {when: CONDITION, value: "…"} or {each: N, as: b, value: "…"}; a template is to be quoted: "{{item}}"`},
	{"a condition that is none", "buy: {args: [{when: gt qty, value: x}, {when: \"eq qty (\", value: x}], replies: [{int: 1, outcome: ok}]}\n", `4:47: buy.args: when "eq qty (": bad template: unclosed left paren`},
	{"more keys than there are", "buy: {numkeys: 2, keys: [stock], replies: [{int: 1, outcome: ok}]}\n", `4:25: buy.keys: numkeys is 2, and there are 1`},

	{"opening for whom there is not", "open: [{scope: shop, do: [SET, $stock, 1]}]\n" + sells, `4:16: unknown scope "shop"; known: item, unit, buyer`},
	{"opening for two things", "open: [{scope: item, each: 2, as: b, do: [SET, $stock, 1]}]\n" + sells, `4:8: a part of open: want either scope: item, unit or buyer, or each: N`},
	{"opening with nothing", "open: [{scope: item, do: []}]\n" + sells, `4:26: do: want at least one command`},
	{"a buyer where there is none", "open: [[SET, $stock, \"{{buyer}}\"]]\n" + sells, `4:22: open: bad template: {{buyer}} has no value here; known: item, item_index, qty, limit, stock, sale_start, sale_end`},

	{"a function without fcall", "function: f\n" + sells, `5:6: buy: a function is called by call: fcall, not by evalsha`},
	{"a library without fcall", "library: f\n" + sells, `4:10: library: want it with call: fcall, not with evalsha`},
	{"nothing that says it is done afterwards", sells + "after: {keys: [], args: [], replies: [{int: 0, outcome: failed}]}\n", `5:38: replies: none has outcome: ok; want the reply that means that it is done`},

	{"two readers", sells + "audit: {stock: {get: stock, llen: stock}}\n", `5:35: audit.stock: get and llen; want one reader`},
	{"a difference of three", sells + "audit: {stock: {difference: [{get: stock}, {get: stock}, {get: stock}]}}\n", `5:29: audit.stock.difference: want two readers, what there was and what is gone, not 3`},
	{"a sum of nothing", sells + "audit: {stock: {sum: []}}\n", `5:22: audit.stock.sum: want at least one reader`},
	{"JSON in a list", sells + "audit: {stock: {llen: stock, json: $.a}}\n", `5:36: audit.stock.json: want it beside get or hget`},
	{"a path that is none", sells + "audit: {stock: {get: stock, json: a.b}}\n", `5:35: audit.stock.json: want a path such as $.code or $[1].id, not "a.b"`},
	{"a lua reader there is not", sells + "audit: {stock: {lua: gone.lua, keys: [stock]}}\n", `5:22: audit.stock.lua "gone.lua": file does not exist; want a file beside the contract or below it`},
	{"a scan that finds nobody", sells + "audit: {buyers: {scan: \"k:*\"}}\n", `5:17: audit.buyers: scan finds keys; want parse: "^…:(?P<buyer>[0-9]+)$" beside it, for the buyer in their names`},
	{"a parse without a buyer", sells + "audit: {buyers: {lrange: stock, parse: \"(?P<user>.*)\"}}\n", `5:17: audit.buyers: want a group or field named buyer: (?P<buyer>[0-9]+)`},
	{"a command on no key", sells + "audit: {buyers: {per_buyer: [PING]}}\n", `5:29: audit.buyers.per_buyer: want a command on one key of the contract, such as [EXISTS, KEY]; keys has: stock`},
	{"orders of nothing", sells + "audit: {orders: {lrange: stock}}\n", `5:17: audit.orders: nothing is taken from an order; want map, parse or json: {buyer: …}`},
	{"a column twice", sells + "audit: {orders: {lrange: stock, map: {a: member}, json: {a: $.a}}}\n", `5:17: audit.orders: "a" is there twice`},
	{"a column of the record's own", sells + "audit: {orders: {lrange: stock, map: {item_number: member}}}\n", `5:17: audit.orders: the record has a column item_number of its own; want another name`},
	{"orders by a command of nothing", sells + "audit: {orders: {command: [], map: {buyer: 1}}}\n", `5:27: audit.orders.command: want a program and its words, such as [psql, --csv, -c, "select …"]`},
	{"orders by a command without a program", sells + "audit: {orders: {command: [\"\", a], map: {buyer: 1}}}\n", `5:27: audit.orders.command: want a program and its words, such as [psql, --csv, -c, "select …"]`},
	{"a command in one text", sells + "audit: {orders: {command: cat x, map: {buyer: 1}}}\n", `5:27: audit.orders.command: want a list ([a, b]), not a text`},
	{"a command for each buyer", sells + "audit: {orders: {command: [cat, \"{{buyer}}\"], map: {buyer: 1}}}\n", `5:33: audit.orders.command: bad template: {{buyer}} has no value here; known: item, item_index, qty, limit, stock, sale_start, sale_end`},
	{"a file without a name", sells + "audit: {orders: {file: \"\", map: {buyer: 1}}}\n", `5:24: audit.orders.file: want the name of a file`},
	{"a file and a key", sells + "audit: {orders: {lrange: stock, file: a.csv, map: {buyer: 1}}}\n", `5:39: audit.orders: lrange and file; want one reader`},
	{"a command of which nothing is taken", sells + "audit: {orders: {command: [psql]}}\n", `5:17: audit.orders: nothing is taken from an order; want map, parse or json: {buyer: …}`},
	{"columns by numbers and names", sells + "audit: {orders: {file: a.csv, map: {buyer: 1, order: id}}}\n", `5:17: audit.orders: map has numbers and names; want either: numbers where no line names the columns, names where the first line does`},
	{"a column before the first", sells + "audit: {orders: {file: a.csv, map: {buyer: 0}}}\n", `5:17: audit.orders: the column 0: want a number from 1 on, or a name in the first line`},
	{"a column that is a path", sells + "audit: {orders: {file: a.jsonl, map: {buyer: $.user}}}\n", `5:17: audit.orders: "$.user" is a path; want json: {…} for lines that are JSON, and map: {…} for the columns of CSV`},
	{"columns and JSON", sells + "audit: {orders: {file: a.jsonl, map: {buyer: 1}, json: {order: $.id}}}\n", `5:17: audit.orders: map is for CSV, parse and json are for other lines; want one`},
	{"no length of time", sells + "audit: {settle: soon}\n", `5:17: audit.settle: want a length of time up to 1m, such as 500ms, not "soon"`},

	{"an order of tests that are not made", sells + "promises: {order: stock_first}\n", `5:19: promises.order: without a limit no buyer is ever refused for what he holds; want limit: 1 or more, or no order`},
	{"a buyer who is known, and never refused", sells + "promises: {retry_safe: buyer}\n", `5:24: promises.retry_safe: buyer says that a buyer's second purchase is refused, and without a limit it is not; want limit: 1 or more, none, or request`},
	{"a request nobody is told of", "buy: {args: [\"{{buyer}}\"], replies: [{int: 1, outcome: ok}]}\npromises: {retry_safe: request}\n", `5:24: promises.retry_safe: request says that a request is recognised, and buy tells the script of none; want {{request}}, or a var made for each request, in its keys or args`},
	{"a cluster with a key that is not declared", sells + "promises: {cluster: true}\n", `5:21: promises.cluster: key stock is passed as a key by no operation, and a cluster wants all of them declared`},
}

func TestRefusals(t *testing.T) {
	for _, tt := range refusals {
		t.Run(tt.reason, func(t *testing.T) {
			_, err := Load(shelf(strings.TrimSuffix(minimal(tt.lines), "\n")), "shop.yaml")
			wantError(t, err, "shop.yaml:"+tt.want)
		})
	}
}

// moreRefusals are replies that must not load.
var moreRefusals = []struct{ reason, replies, want string }{
	{"a text that its own pattern refuses", `[{str: a, re: "^b", outcome: ok}]`, "a reply: its str does not match its re; no text can match both"},
	{"bits that can never be", "[{bits: [13, 1], int: 2, outcome: ok}]", "a reply: no number can match all of its tests"},
	{"bits past the end", "[{bits: [60, 8], int: 2, outcome: ok}]", "bits: width: want a number between 1 and 3, not 8"},
	{"bits of a text", "[{bits: [13, 1], str: a, outcome: ok}]", "a reply: its tests can never hold together, for no reply is of two kinds; want one kind a rule"},
	{"an element of JSON", "[{at: 0, json: $.a, int: 1, outcome: ok}]", "a reply: at and json; want one, a path such as $[1].id leads into an element"},
	{"a path that is none", "[{json: code, int: 1, outcome: ok}]", `json: want a path such as $.code or $[1].id, not "code"`},
	{"anything before something", "[{any: true, outcome: ok}, {at: 0, int: 1, outcome: sold_out}]", "a reply: can never match, for the one on line 1 always matches first; want it after this one, or narrower"},
	{"a text that an earlier pattern matches", `[{re: "^SOLD", outcome: ok}, {str: SOLD_OUT, outcome: sold_out}]`, "a reply: can never match, for the one on line 1 always matches first; want it after this one, or narrower"},
	{"an empty text after what is empty", `[{empty: true, outcome: ok}, {str: "", outcome: sold_out}]`, "a reply: can never match, for the one on line 1 always matches first; want it after this one, or narrower"},
	{"the same element twice", "[{at: 0, int: 1, outcome: ok}, {at: 0, int: 1, outcome: sold_out}]", "a reply: the same test stands on line 1; want each once"},
	{"the same test with other captures", `[{at: 0, int: 1, outcome: ok, capture: {a: "$[1]"}}, {at: 0, int: 1, outcome: sold_out}]`, "a reply: the same test stands on line 1; want each once"},
	{"captures of an error", "[{error: x, outcome: ok, capture: {a: reply}}]", "capture a: an error is its outcome and nothing else"},
	{"a group there is not", `[{re: "^(a)", outcome: ok, capture: {a: b}}]`, `capture a: want reply, a path such as $[1] or $.code, or a named group of the re in the same reply, not "b"`},
	{"a group and a capture of one name", `[{re: "^(?P<a>x)", outcome: ok, capture: {a: reply}}]`, `capture: the re has a group of the name "a", which is a capture already`},
	{"a pattern without end", `[{re: "` + strings.Repeat("a", 1025) + `", outcome: ok}]`, "re: want a regular expression of at most 1024 bytes, not 1025"},
}

func TestReplyRefusals(t *testing.T) {
	for _, tt := range moreRefusals {
		t.Run(tt.reason, func(t *testing.T) {
			_, err := Load(shelf("buy: {replies: "+tt.replies+"}\nversion: 1\nscript: shop.lua\nkeys: {}\n"), "shop.yaml")
			if err == nil {
				t.Fatal("it loads")
			}
			if at, text, _ := strings.Cut(err.Error(), ": "); !strings.HasPrefix(at, "shop.yaml:1:") || text != tt.want {
				t.Errorf("\n got %s\nwant shop.yaml:1:… %s", err, tt.want)
			}
		})
	}
}

func TestScriptsThatAreNone(t *testing.T) {
	files := shelf(strings.TrimSuffix(minimal(sells), "\n"))
	for reason, row := range map[string]struct{ source, want string }{
		"a program":                 {"\x1bLua\x00\x01", `shop.yaml:2:9: script "shop.lua" is no text: byte 4 is 0`},
		"more than a script can be": {strings.Repeat("-", maxScript+1), `shop.yaml:2:9: script "shop.lua": is larger than 1024 KiB; want a file beside the contract or below it`},
	} {
		files["shop.lua"].Data = []byte(row.source)
		_, err := Load(files, "shop.yaml")
		if err == nil || err.Error() != row.want {
			t.Errorf("%s: got %v", reason, err)
		}
		_, err = LoadFor(files, "shop.yaml", "other.lua", []byte(row.source))
		if err == nil || !strings.HasPrefix(err.Error(), "shop.yaml:2:9: script") {
			t.Errorf("%s: got %v", reason, err)
		}
	}
}

func TestFunctions(t *testing.T) {
	files := shelf("version: 1\nscript: shop.lua\ncall: fcall\nlibrary: stock\nfunction: buy\nkeys: {k: k}\nbuy: {keys: [k], replies: [{nil: true, outcome: ok}]}\nrelease: {function: back, keys: [k], replies: [{nil: true, outcome: ok}]}\n")
	files["shop.lua"].Data = []byte("#!lua name=stock\n")
	c, err := Load(files, "shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p := purchase
	got, err := c.AppendEval(nil, &p)
	if err != nil || words(got) != "FCALL buy 1 k" || c.Library != "stock" {
		t.Errorf("got %q, %v; library %s", got, err, c.Library)
	}
	p.Verb++
	if got, err = c.Append(nil, &p); err != nil || words(got) != "FCALL back 1 k" {
		t.Errorf("got %q, %v", got, err)
	}
	files["shop.lua"].Data = []byte("#!lua name=other\n")
	_, err = Load(files, "shop.yaml")
	wantError(t, err, `shop.yaml:4:10: library "stock": shop.lua begins with #!lua name=other`)
	files["shop.lua"].Data = []byte("return 1")
	_, err = Load(files, "shop.yaml")
	wantError(t, err, `shop.yaml:3:7: call: fcall wants a library: shop.lua does not begin with #!lua name=…`)
}
