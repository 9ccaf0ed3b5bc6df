package trace

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// An Account is what a server had left of a sale, as a file tells it.
type Account struct {
	// Items are those that it tells of, by their ids; the empty id is whichever there
	// is one of.
	Items map[string]ItemAccount
	// Events happened beside the attempts, by the clock of the rows; an event's
	// ItemID says which item it is of.
	Events []AccountEvent
	// Sent is how many attempts were made; nil: as many as there are rows.
	Sent *int64
	// Tail is what it tells of the end; Incomplete: nothing is known of the end.
	Tail       history.Tail
	Incomplete bool
}

// An ItemAccount is what is left of one item.
type ItemAccount struct {
	// Opened is the units that it opened with; nil: it does not say.
	Opened *int64
	Audit  sale.Audit
}

// An AccountEvent is something that happened beside the attempts.
type AccountEvent struct {
	history.Event
	ItemID string
}

// accountFile is the file as JSON.
type accountFile struct {
	itemFile
	Items      []itemFile  `json:"items,omitempty"`
	Events     []eventFile `json:"events,omitempty"`
	Sent       *int64      `json:"sent,omitempty"`
	Ended      string      `json:"ended,omitempty"`
	Differ     bool        `json:"differ,omitempty"`
	Incomplete bool        `json:"incomplete,omitempty"`
	Undone     []string    `json:"undone,omitempty"`
	Foreign    []string    `json:"foreign"`
}

type itemFile struct {
	ID       string      `json:"id,omitempty"`
	Opened   *int64      `json:"opened,omitempty"`
	Stock    *int64      `json:"stock,omitempty"`
	Buyers   *buyersFile `json:"buyers,omitempty"`
	Orders   *ordersFile `json:"orders,omitempty"`
	Booked   *bookedFile `json:"booked,omitempty"`
	Problems []string    `json:"problems,omitempty"`
	Opens    int64       `json:"opens,omitempty"`
	Closes   int64       `json:"closes,omitempty"`
}

type eventFile struct {
	Kind  string `json:"kind"`
	At    int64  `json:"at_ns"`
	Until *int64 `json:"until_ns"`
	Item  string `json:"item,omitempty"`
	Units int64  `json:"units"`
	Text  string `json:"text,omitempty"`
}

type bookedFile struct {
	Left   *int64     `json:"left"`
	Orders ordersFile `json:"orders"`
}

// buyersFile is an object of units, or a list of those who are in the ledger.
type buyersFile struct {
	ledger   sale.Ledger
	holdings []sale.Holding
}

func (b *buyersFile) UnmarshalJSON(text []byte) error {
	var list []string
	if json.Unmarshal(text, &list) == nil {
		b.ledger = sale.Presence
		seen := map[string]bool{}
		for _, id := range list {
			if seen[id] {
				return fmt.Errorf("buyer %q is in the list twice; want an object with the units of each", id)
			}
			seen[id] = true
			b.holdings = append(b.holdings, sale.Holding{Buyer: id, Units: 1})
		}
		return nil
	}
	var units map[string]int64
	if json.Unmarshal(text, &units) != nil {
		return errors.New(`buyers: want an object with the units of each, {"u1": 1}, or a list of ids, ["u1"]`)
	}
	b.ledger = sale.Units
	for _, id := range slices.Sorted(maps.Keys(units)) {
		b.holdings = append(b.holdings, sale.Holding{Buyer: id, Units: units[id]})
	}
	return nil
}

func (b *buyersFile) MarshalJSON() ([]byte, error) {
	if b.ledger == sale.Presence {
		list := make([]string, len(b.holdings))
		for i, h := range b.holdings {
			list[i] = h.Buyer
		}
		return json.Marshal(list)
	}
	units := make(map[string]int64, len(b.holdings))
	for _, h := range b.holdings {
		units[h.Buyer] = h.Units
	}
	return json.Marshal(units)
}

// ordersFile is a table, or a list of objects that all have the same fields.
type ordersFile struct{ sale.Orders }

type ordersTable struct {
	Fields []string   `json:"fields"`
	Rows   [][]string `json:"rows"`
}

func (o *ordersFile) UnmarshalJSON(text []byte) error {
	var table ordersTable
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if text[0] == '{' && d.Decode(&table) == nil {
		for i, row := range table.Rows {
			if len(row) != len(table.Fields) {
				return fmt.Errorf("orders: row %d has %d values, and there are %d fields", i+1, len(row), len(table.Fields))
			}
		}
		o.Fields, o.Rows = table.Fields, table.Rows
		return nil
	}
	var list []map[string]any
	d = json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&list) != nil {
		return errors.New(`orders: want a list of objects, [{"buyer": "u1"}], or {"fields": [...], "rows": [[...]]}`)
	}
	o.Rows = [][]string{}
	for i, order := range list {
		fields := slices.Sorted(maps.Keys(order))
		if i == 0 {
			o.Fields = fields
		}
		if !slices.Equal(fields, o.Fields) {
			return fmt.Errorf("orders: order %d has the fields %q, and the first has %q", i+1, fields, o.Fields)
		}
		row := make([]string, len(fields))
		for k, field := range fields {
			row[k] = fmt.Sprint(order[field])
		}
		o.Rows = append(o.Rows, row)
	}
	return nil
}

func (o *ordersFile) MarshalJSON() ([]byte, error) {
	return json.Marshal(ordersTable{o.Fields, o.Rows})
}

// ReadAccount reads the account of a sale from a JSON file. An error names the file,
// the line and the column.
func ReadAccount(path string) (*Account, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file accountFile
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return nil, placed(path, text, d.InputOffset(), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, placed(path, text, d.InputOffset(), errors.New("want one JSON object and nothing behind it"))
	}
	a, err := file.account()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

// placed adds the place of an error in a text.
func placed(path string, text []byte, at int64, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset - 1 // it counts what is wrong in
	case errors.As(err, &kind):
		at = kind.Offset
		err = fmt.Errorf("%swant %s, not %s", fieldOf(kind.Field), kindOf(kind.Type.Kind()), kind.Value)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		at, err = int64(len(text)), errors.New("the text breaks off")
	}
	before := text[:min(max(at, 0), int64(len(text)))]
	line := 1 + bytes.Count(before, []byte("\n"))
	return fmt.Errorf("%s:%d:%d: %w", path, line, len(before)-bytes.LastIndexByte(before, '\n'), err)
}

func (f *accountFile) account() (*Account, error) {
	a := &Account{Items: map[string]ItemAccount{}, Sent: f.Sent, Incomplete: f.Incomplete}
	a.Tail = history.Tail{Ended: f.Ended, AuditsDiffer: f.Differ, Undone: f.Undone, Foreign: f.Foreign}
	if f.Ended == "" {
		a.Tail.Ended = history.EndedDone
	}
	if !slices.Contains([]string{history.EndedDone, history.EndedDuration, history.EndedInterrupted, history.EndedServerLost, history.EndedAborted, history.EndedRefused}, a.Tail.Ended) {
		return nil, fmt.Errorf("ended: unknown end %q", f.Ended)
	}
	items := f.Items
	if f.Items == nil {
		items = []itemFile{f.itemFile}
	} else if f.Stock != nil || f.Buyers != nil || f.Orders != nil || f.Opened != nil || f.ID != "" {
		return nil, errors.New("want what is left of each item in items, or of one without items; not both")
	}
	for _, item := range items {
		if _, twice := a.Items[item.ID]; twice {
			return nil, fmt.Errorf("item %q is there twice", item.ID)
		}
		if item.Opened != nil && *item.Opened < 0 {
			return nil, fmt.Errorf("opened: an item opens with 0 units or more, not %d", *item.Opened)
		}
		a.Items[item.ID] = ItemAccount{item.Opened, item.audit()}
	}
	for i, e := range f.Events {
		if e.Kind != history.EventStock && e.Kind != history.EventRestock && e.Kind != history.EventFault && e.Kind != history.EventReload && e.Kind != history.EventFork {
			return nil, fmt.Errorf("events: event %d has the unknown kind %q", i+1, e.Kind)
		}
		event := history.Event{Kind: e.Kind, At: e.At, Until: history.Never, Units: e.Units, Text: e.Text}
		if e.Until != nil {
			event.Until = *e.Until
		}
		a.Events = append(a.Events, AccountEvent{event, e.Item})
	}
	return a, nil
}

func (f *itemFile) audit() sale.Audit {
	a := sale.Audit{Stock: f.Stock, Ledger: sale.NoLedger, Problems: f.Problems}
	if f.Buyers != nil {
		a.Ledger, a.Holdings = f.Buyers.ledger, f.Buyers.holdings
	}
	if f.Orders != nil {
		a.Orders = &f.Orders.Orders
	}
	if f.Booked != nil {
		a.Booked = &sale.Booked{Left: f.Booked.Left, Orders: f.Booked.Orders.Orders}
	}
	return a
}

// For is the account in the order of items, which open with the given stock where it
// does not say; the stocks are filled in. An error where it tells of an item that is
// not among them.
func (a *Account) For(items []sale.Item) (tail *history.Tail, events []history.Event, err error) {
	number := map[string]uint16{}
	for i, item := range items {
		number[item.ID] = uint16(i)
	}
	if one, is := a.Items[""]; is && len(items) == 1 {
		a.Items[items[0].ID] = one
	} else if is && len(items) > 1 {
		return nil, nil, fmt.Errorf("the account is of one item, and the rows are of %d; want items, each with its id", len(items))
	}
	for _, e := range a.Events {
		if e.Event.Item = number[e.ItemID]; e.ItemID != "" && e.ItemID != items[e.Event.Item].ID {
			if _, other := a.Items[e.ItemID]; other {
				continue // of an item that nobody asked about
			}
			return nil, nil, fmt.Errorf("an event is of item %q, and no row is", e.ItemID)
		}
		events = append(events, e.Event)
	}
	whole := a.Tail
	for i := range items {
		one, is := a.Items[items[i].ID]
		if one.Opened != nil {
			items[i].Stock = *one.Opened
		}
		if !is {
			one.Audit = sale.Audit{Ledger: sale.NoLedger, Problems: []string{"the account does not tell of it"}}
		}
		whole.Audits = append(whole.Audits, one.Audit)
	}
	whole.Finished = time.Time{}
	if a.Incomplete {
		return nil, events, nil
	}
	return &whole, events, nil
}

// Opened reports whether the account says how many units an item opened with.
func (a *Account) Opened(id string) bool { return a.Items[id].Opened != nil }

// AddItems adds the items of an account that no row is of. Where rows tell of no item,
// and the account of one, it is that.
func (t *Trace) AddItems(a *Account) {
	ids := slices.Sorted(maps.Keys(a.Items))
	if t.itemless && len(ids) == 1 && ids[0] != "" {
		t.Items = ids
		return
	}
	for _, id := range ids {
		if id != "" && !slices.Contains(t.Items, id) {
			t.Items = append(t.Items, id)
		}
	}
}

// fieldOf is the name of a field as the file has it, without those of our types.
func fieldOf(path string) string {
	if path = strings.TrimPrefix(path, "itemFile."); path == "" {
		return ""
	}
	return path + ": "
}

// kindOf says in the words of JSON what a type of ours holds.
func kindOf(k reflect.Kind) string {
	switch k {
	case reflect.Struct, reflect.Map:
		return `an object, like {"stock": 0, "buyers": ["u1"]}`
	case reflect.Slice:
		return "a list"
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	}
	return "a whole number"
}
