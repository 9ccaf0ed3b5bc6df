package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

func TestSoldOutAt(t *testing.T) {
	never := int64(history.Never)
	ok := func(at int64, q int32) history.Attempt {
		return history.Attempt{Verb: sale.Buy, Outcome: sale.OK, Quantity: q, Granted: q, Return: at}
	}
	told := func(at int64, q int32, o sale.Outcome) history.Attempt {
		return history.Attempt{Verb: sale.Buy, Outcome: o, Quantity: q, Return: at}
	}
	for _, test := range []struct {
		reason   string
		stock    int64
		attempts []history.Attempt
		back     itemSale
		want     int64
	}{
		{"the first sold_out says so", 5, []history.Attempt{told(8, 1, sale.SoldOut), told(7, 1, sale.SoldOut), ok(9, 1)}, itemSale{}, 7},
		{"refused alone may mean a duplicate", 5, []history.Attempt{ok(9, 4), told(10, 4, sale.Refused), told(11, 1, sale.Refused)}, itemSale{}, never},
		{"refused after the last unit: the ok that took it", 5, []history.Attempt{ok(8, 1), ok(9, 4), told(10, 1, sale.Refused)}, itemSale{}, 9},
		{"what is left is less than a purchase", 5, []history.Attempt{ok(8, 2), ok(9, 2), told(10, 2, sale.Refused)}, itemSale{}, 9},
		{"all sold, and nobody came who was refused", 5, []history.Attempt{ok(9, 5)}, itemSale{}, never},
		{"who asks for three is told sold out while two are left", 5, []history.Attempt{ok(6, 3), told(7, 3, sale.SoldOut), ok(8, 1)}, itemSale{}, never},
		{"whoever asks for fewest decides, in any order", 5, []history.Attempt{told(7, 3, sale.SoldOut), told(9, 1, sale.SoldOut), told(8, 2, sale.SoldOut)}, itemSale{}, 9},
		{"and the other way round", 5, []history.Attempt{told(9, 1, sale.SoldOut), told(8, 2, sale.SoldOut), told(7, 3, sale.SoldOut)}, itemSale{}, 9},
		{"only large purchases were told, and all is sold", 5, []history.Attempt{ok(6, 1), ok(7, 4), told(8, 4, sale.SoldOut)}, itemSale{}, 7},
		{"what was given back is on sale again", 5, []history.Attempt{ok(9, 5), told(10, 1, sale.Refused)}, itemSale{released: 1}, never},
		{"and so is what came on top", 5, []history.Attempt{ok(9, 5), told(10, 1, sale.Refused)}, itemSale{restocked: 1}, never},
		{"or may have", 5, []history.Attempt{ok(9, 5), told(10, 1, sale.Refused)}, itemSale{maybe: 1}, never},
		{"all that came on top is sold as well", 5, []history.Attempt{ok(9, 5), ok(12, 1), told(13, 1, sale.Refused)}, itemSale{restocked: 1}, 12},
		{"nobody came", 5, nil, itemSale{}, never},
	} {
		item := newItemSale()
		item.released, item.restocked, item.maybe = test.back.released, test.back.restocked, test.back.maybe
		for i := range test.attempts {
			item.buy(&test.attempts[i])
		}
		if got := item.soldOutAt(test.stock); got != test.want {
			t.Errorf("%s: %d, want %d", test.reason, got, test.want)
		}
	}
}

func TestSoldOutNeedsEveryItem(t *testing.T) {
	sell := func(come int32) *Summary {
		s := newShop(modelClosed, 2, 3)
		for n := range uint32(5) {
			s.come(buyer(n, 0, 1, 0))
		}
		for n := range uint32(come) {
			s.come(buyer(10+n, 1, 1, int64(n)*ms))
		}
		s.serve()
		return summarize(t, s.history(), validVerdict())
	}
	if s := sell(3); s.SoldOutAt != nil || s.soldOutFact().Value != "1 of 2 items" {
		t.Errorf("nobody was turned away from the second item: sold out at %v, %q", s.SoldOutAt, s.soldOutFact().Value)
	}
	s := sell(4)
	if s.SoldOutAt == nil || *s.SoldOutAt != 3*ms+65*us || !strings.HasSuffix(s.soldOutFact().Value, "the last of 2 items") {
		t.Errorf("sold out at %v, %q; want when the last item was", s.SoldOutAt, s.soldOutFact().Value)
	}
}

func TestUnitsSold(t *testing.T) {
	lots, returned := severalItems(t), givenBack(t)
	some := *lots
	some.Granted, some.Left = 873, ptr(int64(27))
	restocked := *validBurst(t)
	restocked.Restocked = ptr(int64(500))
	perhaps := *validBurst(t)
	perhaps.Restocked, perhaps.MaybeRestocked = ptr(int64(0)), 50
	for _, test := range []struct {
		reason, want string
		s            *Summary
	}{
		{"one item needs no count", "1,000 of 1,000 units acknowledged as sold, 0 left", validBurst(t)},
		{"several are summed up", "200 items, 873 of 900 units acknowledged as sold, 27 left", &some},
		{"what came on top was on sale", "1,000 of 1,500 units (500 of them restocked) acknowledged as sold, 0 left", &restocked},
		{"what may have come is no part of the sum", "1,000 of 1,000 units (50 more may have come on top) acknowledged as sold, 0 left", &perhaps},
		{"units that came back were sold twice: no share of the stock", fmt.Sprintf("2 items, %d units acknowledged as sold, %d of them given back, of 500 on sale (100 of them restocked, 7 more may have come on top); %d left",
			returned.Granted, *returned.Released, *returned.Left), returned},
	} {
		if got := test.s.unitsSold(); got != test.want {
			t.Errorf("%s: %q, want %q", test.reason, got, test.want)
		}
	}
}

func TestBusiestItemsComeFirst(t *testing.T) {
	s := severalItems(t)
	shown, more := s.pageItems()
	if len(shown) != itemsShown || more == nil {
		t.Fatalf("%d items are shown, the rest %v", len(shown), more)
	}
	if shown[0].ID != "lamp-3" || shown[0].Attempts != "40" || shown[0].Stock != "8" || shown[0].OK != "6" || shown[0].SoldOut != "1.64 ms" {
		t.Errorf("the first is %+v", shown[0])
	}
	if more.ID != "the other 180" || more.Stock != "740" || more.Attempts != "3,700" || more.Granted != "740" || more.SoldOut != "180 of them" || more.Left != "0" {
		t.Errorf("the rest is %+v", *more)
	}
	if shown, more := validBurst(t).pageItems(); shown != nil || more != nil {
		t.Errorf("one item makes no table: %v, %v", shown, more)
	}
	returned := givenBack(t)
	all := returned.itemLine([]int{0, 1})
	if want := thousands(*returned.Released + *returned.Restocked); all.Back != want || all.Left != thousands(*returned.Left) {
		t.Errorf("of both items %s came back and %s are left, want %s and %d", all.Back, all.Left, want, *returned.Left)
	}
	page := pageOf(t, s)
	for _, want := range []string{"lamp-3<", "the other 180", "3,700"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestItemWithoutAudit(t *testing.T) {
	h := returns()
	h.Tail.Audits[1].Stock = nil
	s := summarize(t, h, validVerdict())
	shown, _ := s.pageItems()
	if i := slices.IndexFunc(shown, func(p pageItem) bool { return p.ID == "lamp-1" }); i < 0 || shown[i].Left != "not told" || s.Left != nil {
		t.Errorf("%+v, in all %v left", shown, s.Left)
	}
	h.Tail.Audits = h.Tail.Audits[:1]
	if s := summarize(t, h, validVerdict()); s.Left != nil {
		t.Errorf("%d left, though an item has no audit", *s.Left)
	}
}
