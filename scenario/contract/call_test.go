package contract

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/seckill-bench/seckill/scenario/sale"
)

var (
	item     = sale.Item{ID: "7", Stock: 100}
	purchase = sale.Purchase{Verb: sale.Buy, Item: item, Buyer: "1234567890123456789", Request: "r1", Quantity: 2}
)

// calling returns a contract whose script takes the given arguments.
func calling(t testing.TB, args string) *Contract {
	return loaded(t, edited(t, `["{{buyer}}", "{{qty}}"]`, args))
}

func TestAppend(t *testing.T) {
	tests := []struct{ reason, args, want string }{
		{"an id alone", `["{{buyer}}"]`, "1234567890123456789"},
		{"no arguments", "[]", ""},
		{"what is the same for all purchases", `["{{item}}", "{{qty}}", "{{limit}}", "{{stock}}", x]`, "7 2 4 100 x"},
		{"ids amid other text", `["u-{{buyer}}", "{{item}}:{{request}}", "{{request}}", "{{buyer}}{{buyer}}"]`, "u-1234567890123456789 7:r1 r1 12345678901234567891234567890123456789"},
		{"numbers keep their source text", "[0123, 1.50, 1e3, true]", "0123 1.50 1e3 true"},
		{"an empty text is an argument", `["", "{{buyer}}", ""]`, " 1234567890123456789 "},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			c := calling(t, tt.args)
			got, err := c.Append(nil, &purchase)
			if err != nil {
				t.Fatal(err)
			}
			want := append([]string{"EVALSHA", c.SHA1, "2", "{s:7}:stock", "{s:7}:buyers"}, strings.Split(tt.want, " ")...)
			if tt.want == "" {
				want = want[:5]
			}
			if !reflect.DeepEqual(got, boxed(want)) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func boxed(texts []string) []any {
	words := make([]any, len(texts))
	for i, text := range texts {
		words[i] = text
	}
	return words
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	c := calling(t, `["u{{buyer}}"]`)
	got, err := c.AppendEval([]any{"first"}, &purchase)
	if err != nil {
		t.Fatal(err)
	}
	want := boxed([]string{"first", "EVAL", "return 1", "2", "{s:7}:stock", "{s:7}:buyers", "u1234567890123456789"})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAppendByEval(t *testing.T) {
	c := loaded(t, edited(t, "call: evalsha", "call: eval"))
	got, err := c.Append(nil, &purchase)
	if err != nil || got[0] != "EVAL" || got[1] != "return 1" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestQuantityIsThePurchases(t *testing.T) {
	c := calling(t, `["{{qty}}"]`)
	for _, quantity := range []int64{2, 5, 2} {
		p := purchase
		p.Quantity = quantity
		got, err := c.Append(nil, &p)
		if err != nil || got[5] != strconv.FormatInt(quantity, 10) {
			t.Errorf("quantity %d: got %q, %v", quantity, got, err)
		}
	}
}

func TestKeysAndOpen(t *testing.T) {
	c := loaded(t, shop)
	keys, err := c.Keys(item)
	if want := []string{"{s:7}:stock", "{s:7}:buyers"}; err != nil || !reflect.DeepEqual(keys, want) {
		t.Errorf("keys %q, %v; want %q", keys, err, want)
	}
	open, err := opened(c, sale.Took{})
	if want := [][]any{{"SET", "{s:7}:stock", "100"}}; err != nil || !reflect.DeepEqual(open, want) {
		t.Errorf("open %q, %v; want %q", open, err, want)
	}
}

// opened collects the commands that open the item.
func opened(c *Contract, took sale.Took) (commands [][]any, err error) {
	for command, err := range c.Open(item, took) {
		if err != nil {
			return nil, err
		}
		commands = append(commands, command)
	}
	return commands, nil
}

func TestKeysThatMeet(t *testing.T) {
	c := loaded(t, strings.Replace(edited(t, "{s:{{item}}}:buyers", "{s:7}:stock"), "cluster: true", "cluster: false", 1))
	if _, err := c.Keys(sale.Item{ID: "8"}); err != nil {
		t.Errorf("item 8: %v", err)
	}
	_, err := c.Append(nil, &purchase)
	if want := `the contract of shop: the keys stock and buyers are both "{s:7}:stock" for item "7"`; err == nil || err.Error() != want {
		t.Errorf("item 7: got %v, want %s", err, want)
	}
}

func TestWith(t *testing.T) {
	c := loaded(t, shop)
	with, err := c.With(3, 9)
	if err != nil {
		t.Fatal(err)
	}
	if with.Quantity != 3 || with.Terms.Limit != 9 || c.Quantity != 2 || c.Terms.Limit != 4 {
		t.Errorf("with %d, %d; before %d, %d", with.Quantity, with.Terms.Limit, c.Quantity, c.Terms.Limit)
	}
	tests := []struct {
		reason          string
		quantity, limit int64
		want            string
	}{
		{"a purchase above the limit", 3, 2, "a limit of 2 units a buyer allows no purchase of 3"},
		{"no quantity", 0, 2, "a purchase of 0 units: want between 1 and 2147483647"},
		{"less than no limit", 2, -1, "a limit of -1 units a buyer: want 0 (none) or more"},
	}
	for _, tt := range tests {
		if _, err := c.With(tt.quantity, tt.limit); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.reason, err, tt.want)
		}
	}
	deaf := calling(t, `["{{buyer}}"]`)
	if _, err := deaf.With(3, 9); err == nil || err.Error() != "shop sells 2 a purchase and cannot be told 3: its contract passes no {{qty}}" {
		t.Errorf("a script that is not told the quantity: %v", err)
	}
	if _, err := deaf.With(2, 0); err != nil {
		t.Errorf("no limit and the same quantity: %v", err)
	}
}

func TestWithChangesTheLimitArgument(t *testing.T) {
	c := calling(t, `["{{limit}}"]`)
	if _, err := c.Append(nil, &purchase); err != nil { // the old limit is prepared
		t.Fatal(err)
	}
	with, err := c.With(2, 8)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := with.Append(nil, &purchase); err != nil || got[5] != "8" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestManyBuyersAtOnce(t *testing.T) {
	c := calling(t, `["{{item}}-{{buyer}}"]`)
	var buyers sync.WaitGroup
	for b := range 16 {
		buyers.Go(func() {
			for i := range 200 {
				p := sale.Purchase{Item: sale.Item{ID: strconv.Itoa(i % 10)}, Buyer: strconv.Itoa(b), Quantity: 2}
				got, err := c.Append(nil, &p)
				want := fmt.Sprintf("[EVALSHA %s 2 {s:%d}:stock {s:%d}:buyers %d-%d]", c.SHA1, i%10, i%10, i%10, b)
				if err != nil || fmt.Sprint(got) != want {
					t.Errorf("got %v, %v; want %s", got, err, want)
				}
			}
		})
	}
	buyers.Wait()
}

// callCosts is what a call may cost, in allocations, when args has room: one
// for each id that is put into an interface, and no more than two beside.
var callCosts = []struct {
	reason, args string
	ids, beside  float64
}{
	{"the built-in scripts' own", `["{{buyer}}", "{{qty}}", "{{limit}}"]`, 1, 0},
	{"two ids", `["{{buyer}}", "{{item}}", "{{request}}"]`, 2, 0},
	{"ids amid other text", `["u-{{buyer}}", "{{request}}:{{item}}", "{{buyer}}/{{request}}"]`, 3, 1},
	{"nothing of the purchase", `["{{stock}}"]`, 0, 0},
}

func TestAppendCost(t *testing.T) {
	for _, tt := range callCosts {
		t.Run(tt.reason, func(t *testing.T) {
			c, args := calling(t, tt.args), make([]any, 0, 16)
			got := testing.AllocsPerRun(100, func() {
				if _, err := c.Append(args, &purchase); err != nil {
					t.Fatal(err)
				}
			})
			if got > tt.ids+tt.beside {
				t.Errorf("%v allocations, want %v for ids and %v beside", got, tt.ids, tt.beside)
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, tt := range callCosts {
		b.Run(strings.ReplaceAll(tt.reason, " ", "-"), func(b *testing.B) {
			c, args := calling(b, tt.args), make([]any, 0, 16)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Append(args, &purchase); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
