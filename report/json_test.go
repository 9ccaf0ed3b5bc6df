package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/sale"
)

func TestJSON(t *testing.T) {
	for _, r := range reports {
		t.Run(r.name, func(t *testing.T) {
			golden(t, r.name+".json", WriteJSON, r.summary(t))
		})
	}
}

// fixedKeys are the keys that other programs rely on; a dot goes into an object.
const fixedKeys = `version name seed shard started finished ended verdict doubts exercised violations objective model
item.stock item.quantity item.limit item.buyers
counts.attempts counts.ok counts.replayed counts.sold_out counts.duplicate counts.over_limit counts.refused counts.not_ready
counts.failed counts.indeterminate counts.dropped
units.granted units.left duration throughput offered sold_out_at all_answered
latency.response.count latency.response.not_answered latency.response.p50 latency.response.p90 latency.response.p99
latency.response.p999 latency.response.p9999 latency.response.max latency.response.mean
latency.service.p99 latency.lateness.p99 by_outcome
server.kind server.product server.version server.topology server.config server.capabilities
script.name script.sha1 script.call script.reloads host.cpus host.os host.seckill
driver.cpu driver.cpu_per_attempt driver.max_rss driver.gc_pause_max driver.bound driver.warnings`

func decode(t *testing.T, s *Summary) map[string]any {
	t.Helper()
	var out bytes.Buffer
	if err := WriteJSON(&out, s); err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// lookup returns what stands under a dotted key.
func lookup(doc any, key string) (value any, found bool) {
	value = doc
	for part := range strings.SplitSeq(key, ".") {
		object, isObject := value.(map[string]any)
		if !isObject {
			return nil, false
		}
		if value, found = object[part]; !found {
			return nil, false
		}
	}
	return value, true
}

func TestJSONHasTheFixedKeys(t *testing.T) {
	empty := summarize(t, record(testHead(modelBurst, "burst"), nil, nil, nil), validVerdict())
	for _, s := range []*Summary{validBurst(t), killed(t), empty} {
		doc := decode(t, s)
		for _, key := range strings.Fields(fixedKeys) {
			if _, found := lookup(doc, key); !found {
				t.Errorf("%s, %d attempts: no %s", s.Verdict.Opinion, s.Attempts, key)
			}
		}
	}
}

func TestJSONNullWhereThereIsNothing(t *testing.T) {
	head := testHead(modelBurst, "burst")
	head.Terms.Limit, head.Server.Version = 0, nil
	empty := decode(t, summarize(t, record(head, nil, nil, nil), validVerdict()))
	for _, key := range strings.Fields(`finished ended item.limit units.left duration throughput offered sold_out_at all_answered
		latency.response.p50 latency.response.max latency.response.mean server.version script.reloads driver.cpu driver.max_rss
		driver.cpu_per_attempt driver.gc_pause_max`) {
		if v, found := lookup(empty, key); !found || v != nil {
			t.Errorf("%s is %v, want null", key, v)
		}
	}
	for _, key := range []string{"doubts", "violations", "objective", "driver.warnings"} {
		if v, _ := lookup(empty, key); !slices.Equal(v.([]any), []any{}) {
			t.Errorf("%s is %v, want []", key, v)
		}
	}
	open := decode(t, openRun(t))
	for _, key := range []string{"latency.response.p99", "latency.response.max", "latency.response.mean"} {
		if v, _ := lookup(open, key); v != nil {
			t.Errorf("%s falls among the attempts not answered and is %v, want null", key, v)
		}
	}
	if v, _ := lookup(open, "latency.response.answered.p99"); v == nil {
		t.Error("of the answered there is a p99")
	}
}

func TestJSONOfSeveralItems(t *testing.T) {
	head := testHead(modelBurst, "burst")
	head.Items = append(head.Items, head.Items[0])
	all := burstOf(2000, 1000)
	for i := range all {
		all[i].Item = uint16(i % 2)
	}
	left := int64(500)
	tail := testTail(2000, left)
	tail.Audits = append(tail.Audits, tail.Audits[0])
	doc := decode(t, summarize(t, record(head, tail, nil, all), validVerdict()))
	for key, want := range map[string]any{"item.stock": 1000., "units.granted": 1000., "units.left": 1000.} {
		if got, _ := lookup(doc, key); got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	if items, _ := lookup(doc, "items"); len(items.([]any)) != 2 {
		t.Errorf("items: %v", items)
	}
}

func TestJSONItems(t *testing.T) {
	items, _ := lookup(decode(t, severalItems(t)), "items")
	var stock, granted float64
	for _, each := range items.([]any) {
		each := each.(map[string]any)
		stock, granted = stock+each["stock"].(float64), granted+each["granted"].(float64)
	}
	if len(items.([]any)) != 200 || stock != 900 || granted != 900 {
		t.Errorf("%d items, %g units granted of %g", len(items.([]any)), granted, stock)
	}
	doc := decode(t, givenBack(t))
	items, _ = lookup(doc, "items")
	var released, restocked, left float64
	for _, each := range items.([]any) {
		each := each.(map[string]any)
		released, restocked, left = released+each["released"].(float64), restocked+each["restocked"].(float64), left+each["left"].(float64)
		counts := each["counts"].(map[string]any)
		if counts["attempts"] != counts["ok"].(float64)+counts["sold_out"].(float64)+counts["indeterminate"].(float64)+counts["replayed"].(float64) {
			t.Errorf("the counts do not add up: %v", counts)
		}
	}
	for key, want := range map[string]any{
		"units.released": released, "units.restocked": restocked, "units.left": left, "units.maybe_restocked": 7., "orders.read": 3., "script.reloads": 1.,
	} {
		if got, _ := lookup(doc, key); got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
}

func TestJSONListsSoManyItems(t *testing.T) {
	for _, test := range []struct {
		reason  string
		items   int
		listed  int
		omitted any
	}{
		{"as many as are listed", itemsListed, itemsListed, nil},
		{"one more is left out, and counted", itemsListed + 1, itemsListed, 1.},
		{"as many as a sale can have", 1 << 16, itemsListed, float64(1<<16 - itemsListed)},
	} {
		head := testHead(modelClosed, "closed:1")
		head.Items = make([]sale.Item, test.items)
		doc := decode(t, summarize(t, record(head, nil, nil, nil), validVerdict()))
		items, _ := lookup(doc, "items")
		omitted, _ := lookup(doc, "items_omitted")
		if len(items.([]any)) != test.listed || omitted != test.omitted {
			t.Errorf("%s: %d listed, %v omitted", test.reason, len(items.([]any)), omitted)
		}
	}
}

func TestJSONWhereQuantitiesDiffer(t *testing.T) {
	if v, found := lookup(decode(t, severalItems(t)), "item.quantity"); !found || v != nil {
		t.Errorf("item.quantity is %v, want null: quantities differ", v)
	}
	one := decode(t, validBurst(t))
	for _, key := range []string{"items", "items_omitted", "orders"} {
		if v, found := lookup(one, key); found {
			t.Errorf("a sale of one item without orders has %s: %v", key, v)
		}
	}
	for _, key := range []string{"units.released", "units.restocked", "units.maybe_restocked"} {
		if v, found := lookup(one, key); !found || v != nil {
			t.Errorf("%s is %v, want null", key, v)
		}
	}
}

// TestIdsStayApart: a program that reads numbers as doubles takes the two ids
// for one.
func TestIdsStayApart(t *testing.T) {
	const first, second = "9007199254740992", "9007199254740993"
	head := testHead(modelBurst, "burst")
	head.BuyerIDs = sale.BuyerIDs{From: 9007199254740992}
	all := burstOf(2, 5)
	v := validVerdict()
	v.Opinion = check.Invalid
	v.Violations = []check.Violation{{Rule: check.DuplicateSale, Count: 1, Cases: []check.Case{{Message: "Two buyers.", Attempts: all}}}}
	s := summarize(t, record(head, testTail(2, 3), nil, all), v)
	for name, row := range map[string]struct {
		write Writer
		want  string
	}{
		"result.json": {WriteJSON, `"buyer_id": "%s"`},
		"the text":    {WriteText, "buyer %s,"},
		"the page":    {WriteHTML, "<td>%s</td>"},
		"junit.xml":   {WriteJUnit, "buyer %s,"},
		"Markdown":    {WriteMarkdown, "buyer %s,"},
	} {
		var out bytes.Buffer
		if err := row.write(&out, s); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{first, second} {
			if want := fmt.Sprintf(row.want, id); strings.Count(out.String(), want) != 1 {
				t.Errorf("%s does not hold %q once", name, want)
			}
		}
	}
}
