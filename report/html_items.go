package report

import "github.com/seckill-bench/seckill/scenario/sale"

// itemsShown is how many items the page lists; result.json has more.
const itemsShown = 20

// A pageItem is a line of the table of items.
type pageItem struct{ ID, Stock, Attempts, OK, Granted, Back, Left, SoldOut string }

// pageItems are the items that most purchases were made of, and a line for the
// rest together; none where there is but one item.
func (s *Summary) pageItems() (shown []pageItem, more *pageItem) {
	if len(s.items) < 2 {
		return nil, nil
	}
	order := s.busiest(len(s.items))
	for _, i := range order[:min(itemsShown, len(order))] {
		line := s.itemLine([]int{i})
		line.ID = Plain(s.Head.Items[i].ID)
		shown = append(shown, line)
	}
	if rest := order[len(shown):]; len(rest) > 0 {
		line := s.itemLine(rest)
		line.ID = "the other " + thousands(int64(len(rest)))
		more = &line
	}
	return shown, more
}

// itemLine sums up some items.
func (s *Summary) itemLine(which []int) pageItem {
	var stock, attempts, ok, granted, back, left, soldOut int64
	told := true
	for _, i := range which {
		item := &s.items[i]
		stock += s.Head.Items[i].Stock
		attempts += item.attempts()
		ok += item.counts[sale.OK]
		granted += item.granted
		back += item.released + item.restocked
		if audited := s.leftOf(i); audited != nil {
			left += *audited
		} else {
			told = false
		}
		soldOut += int64(oneIf(s.itemSoldOutAt(i) != nil))
	}
	line := pageItem{
		Stock: thousands(stock), Attempts: thousands(attempts), OK: thousands(ok), Granted: thousands(granted), Back: thousands(back),
		Left: "not told", SoldOut: thousands(soldOut) + " of them",
	}
	if told {
		line.Left = thousands(left)
	}
	if len(which) == 1 {
		line.SoldOut = "–"
		if at := s.itemSoldOutAt(which[0]); at != nil {
			line.SoldOut = span(*at)
		}
	}
	return line
}
