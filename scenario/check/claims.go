package check

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/seckill-bench/seckill/scenario/history"
)

// claims are the purchases of an item that left an order or may have, held
// against the orders found at the end.
type claims struct {
	fields []string
	rows   [][]string
	head   *history.Head
	item   string
	// shared: another item has the same table, and no field tells whose an order is.
	shared  bool
	receipt func(uint32) map[string]string
	list    []claim
	// gone are the purchases, by buyer and request, whose order may be gone:
	// they were released, or may have been.
	gone map[[2]uint32]bool
}

// A claim is a purchase and what it knows of its order.
type claim struct {
	op op
	// known has a bit for each field of the orders that the purchase knows the
	// value of; key is those values.
	known uint64
	key   string
}

// newClaims returns nil where there are no orders to be held against.
func newClaims(h *history.History, item int, ids map[string]bool) *claims {
	if h.Tail == nil || h.Tail.AuditsDiffer || item >= len(h.Tail.Audits) {
		return nil
	}
	audit := &h.Tail.Audits[item]
	if audit.Orders == nil || len(audit.Problems) > 0 {
		return nil
	}
	c := &claims{fields: audit.Orders.Fields, head: &h.Head, item: h.Head.Items[item].ID, receipt: h.Receipt, gone: map[[2]uint32]bool{}}
	c.fields = c.fields[:min(len(c.fields), 64)] // as many as there are bits
	c.takeOwn(h, item, ids)
	slices.SortFunc(c.rows, slices.Compare)
	return c
}

// takeOwn keeps the orders of this item, where a table holds those of several.
func (c *claims) takeOwn(h *history.History, item int, ids map[string]bool) {
	at, rows := slices.Index(c.fields, "item"), h.Tail.Audits[item].Orders.Rows
	if at < 0 {
		c.rows = slices.Clone(rows)
		for _, i := range []int{item - 1, item + 1} {
			if i >= 0 && i < len(h.Tail.Audits) && h.Tail.Audits[i].Orders != nil {
				c.shared = c.shared || len(c.rows) > 0 && slices.EqualFunc(c.rows, h.Tail.Audits[i].Orders.Rows, slices.Equal)
			}
		}
		return
	}
	for _, row := range rows {
		if at >= len(row) || row[at] == c.item || !ids[row[at]] {
			c.rows = append(c.rows, row)
		}
	}
}

// add notes an attempt. It must be of the latest batch.
func (c *claims) add(a *history.Attempt, o *op) {
	switch o.class {
	case returned, mayReturn:
		c.gone[[2]uint32{o.buyer, o.request}] = true
	case granted, maybe:
		one := claim{op: *o}
		one.op.next = 0
		one.known, one.key = c.values(a)
		c.list = append(c.list, one)
	}
}

func (c *claims) values(a *history.Attempt) (known uint64, key string) {
	var receipt map[string]string
	if c.receipt != nil && a.Receipt != 0 {
		receipt = c.receipt(a.Receipt)
	}
	var b []byte
	for i, field := range c.fields {
		if v, is := c.value(field, a, receipt); is {
			known |= 1 << i
			b = appendValue(b, v)
		}
	}
	return known, string(b)
}

func (c *claims) value(field string, a *history.Attempt, receipt map[string]string) (v string, known bool) {
	switch field {
	case "buyer":
		return c.head.BuyerIDs.ID(a.Buyer), true
	case "item":
		return c.item, true
	case "request":
		if own, told := receipt["request"]; told && c.head.Trace != nil { // of rows that were imported
			return own, true
		}
		return c.head.RequestID(a.Request), true
	case "qty": // granted in part, an order may hold either number
		return strconv.Itoa(int(a.Quantity)), a.Granted == 0 || a.Granted == a.Quantity
	}
	v, known = receipt[field]
	return v, known
}

// appendValue appends a value so that no two lists of values look alike.
func appendValue(b []byte, v string) []byte {
	b = strconv.AppendInt(b, int64(len(v)), 10)
	return append(append(b, ':'), v...)
}

// keyOf is the key of an order on the given fields.
func (c *claims) keyOf(row []string, known uint64) string {
	var b []byte
	for i := range c.fields {
		if known&(1<<i) != 0 && i < len(row) {
			b = appendValue(b, row[i])
		}
	}
	return string(b)
}

// judgeOrders pairs orders and purchases. Every purchase told ok has its order,
// unless it was released; every order has a purchase that was told ok or may
// have been sold. There is a pairing that keeps both exactly if there is one
// that keeps the first and one that keeps the second (Mendelsohn and Dulmage
// 1958), so each is looked for alone.
func (j *judge) judgeOrders() {
	c := j.claims
	if c == nil || !j.complete {
		return
	}
	slices.SortFunc(c.list, func(a, b claim) int { return byCall(a.op, b.op) })
	must := slices.DeleteFunc(slices.Clone(c.list), func(one claim) bool {
		return one.op.class == maybe || c.gone[[2]uint32{one.op.buyer, one.op.request}]
	})
	missing, _, sure := c.pair(must)
	_, excess, _ := c.pair(c.list)
	if (!sure || c.shared) && len(missing)+len(excess) > 0 {
		j.unpaired = true
		return
	}
	for _, one := range missing {
		j.add(orderMissing, func() string { return "no order for a buyer who was granted it (0 < 1)" + c.told(one.known, &one) }, one.op)
	}
	j.judgeExcess(excess)
}

// judgeExcess tells an order too many for a purchase from one of nobody.
func (j *judge) judgeExcess(excess [][]string) {
	if len(excess) == 0 {
		return
	}
	c, grants := j.claims, map[string]*claim{}
	masks := c.masks(c.list)
	for i := range c.list {
		if one := &c.list[i]; one.op.class == granted {
			grants[fmt.Sprint(one.known, one.key)] = one
		}
	}
	count := map[*claim]int{}
	for _, row := range excess {
		one := c.grantOf(row, masks, grants)
		if one == nil {
			j.add(orderOfNobody, func() string { return "an order for " + c.row(row) + " that nobody was granted (1 > 0)" })
			continue
		}
		count[one]++
		n := count[one] + 1
		j.add(orderTwice, func() string {
			return fmt.Sprintf("%d orders for one grant of a buyer (%[1]d > 1): %[2]s", n, c.row(row))
		}, one.op)
	}
}

// grantOf returns a purchase told ok that an order agrees with.
func (c *claims) grantOf(row []string, masks []uint64, grants map[string]*claim) *claim {
	for _, known := range masks {
		if one := grants[fmt.Sprint(known, c.keyOf(row, known))]; one != nil && known != 0 {
			return one
		}
	}
	return nil
}

// masks are the different sets of fields that purchases know, largest first.
func (c *claims) masks(list []claim) (masks []uint64) {
	seen := map[uint64]bool{}
	for i := range list {
		if known := list[i].known; !seen[known] {
			seen[known] = true
			masks = append(masks, known)
		}
	}
	slices.SortFunc(masks, func(a, b uint64) int {
		return cmp.Or(cmp.Compare(bits.OnesCount64(b), bits.OnesCount64(a)), cmp.Compare(a, b))
	})
	return masks
}

// pair gives as many purchases as it can an order each, those first that know
// most. Where what one knows is always a part of what another knows, no pairing
// has more: sure. It returns the purchases and the orders left over.
func (c *claims) pair(list []claim) (unpaired []claim, excess [][]string, sure bool) {
	used, masks := make([]bool, len(c.rows)), c.masks(list)
	sure = true
	for i, known := range masks {
		sure = sure && (i == 0 || known&^masks[i-1] == 0)
		unpaired = append(unpaired, c.pairLevel(list, known, used)...)
	}
	for i, row := range c.rows {
		if !used[i] {
			excess = append(excess, row)
		}
	}
	return unpaired, excess, sure
}

// pairLevel pairs the purchases that know the given fields with unused orders.
func (c *claims) pairLevel(list []claim, known uint64, used []bool) (unpaired []claim) {
	free := map[string][]int{}
	for i, row := range c.rows {
		if !used[i] {
			key := c.keyOf(row, known)
			free[key] = append(free[key], i)
		}
	}
	for _, one := range list {
		if one.known != known {
			continue
		}
		rows := free[one.key]
		if len(rows) == 0 {
			unpaired = append(unpaired, one)
			continue
		}
		used[rows[0]], free[one.key] = true, rows[1:]
	}
	return unpaired
}

// told lists what a purchase knows of its order, in brackets.
func (c *claims) told(known uint64, one *claim) string {
	var parts []string
	rest := one.key
	for i, field := range c.fields {
		if known&(1<<i) == 0 {
			continue
		}
		length, tail, _ := strings.Cut(rest, ":")
		n, _ := strconv.Atoi(length)
		parts, rest = append(parts, field+" "+strconv.Quote(tail[:n])), tail[n:]
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// row lists the fields of an order.
func (c *claims) row(row []string) string {
	var parts []string
	for i, field := range c.fields {
		if i < len(row) {
			parts = append(parts, field+" "+strconv.Quote(row[i]))
		}
	}
	return strings.Join(parts, ", ")
}
