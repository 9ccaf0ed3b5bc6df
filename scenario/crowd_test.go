package scenario

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/sale"
)

func TestCrowdText(t *testing.T) {
	var c Crowd
	if err := c.UnmarshalText([]byte("honest:80%,impatient:0.15,bot:5%")); err != nil {
		t.Fatal(err)
	}
	if len(c) != 3 || c[0].Kind != "honest" || c[1].Share != 0.15 || c[2].Clicks != 5 || *c[2].DoubleClick != 1 {
		t.Errorf("read as %+v", c)
	}
	for _, tt := range []struct{ text, want string }{
		{"", `"" is not a kind and its share`},
		{"honest", `"honest" is not a kind and its share like bot:5%; the kinds are honest, impatient, bot`},
		{"scalper:100%", `"scalper:100%" is not a kind`},
		{"honest:", "honest: "},
		{"honest:120%", "honest: "},
		{"honest:100%,", `"" is not a kind`},
		{"honest:50%,bot:49%", "sum to 0.99, not to 1"},
		{"honest:80%,bot:5%", "sum to 0.85, not to 1"},
		{"honest:60%,bot:60%", "sum to 1.2, not to 1"},
		{"honest:50%,honest:50%", "there is a kind honest already"},
		{"honest:100%,bot:0%", "bot: share: want a share"},
	} {
		before := Crowd{{Kind: "kept"}}
		if err := before.UnmarshalText([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) || before[0].Kind != "kept" {
			t.Errorf("%q: said %v, want %q; read as %v", tt.text, err, tt.want, before)
		}
	}
}

// A list says what a kind does beside its habits; the text stands in a file too.
func TestCrowdList(t *testing.T) {
	s, err := loadText(t, `crowd:
  - {kind: honest, share: 60%}
  - {kind: bot, share: 0.3, clicks: 0, double_click: 10%, patience: 2s}
  - kind: scalper
    share: 10%
    attempts: 2..4
    click_again: [sold_out, duplicate]
    clicks: 7
    think: 5ms..10ms
    patience: 0s
    resend: {max: 4, backoff: 20ms, jitter: 100%, budget: 10%, new: true}`)
	if err != nil {
		t.Fatal(err)
	}
	honest, _ := habitual("honest")
	bot, _ := habitual("bot")
	honest.Share, bot.Share, bot.Clicks, bot.ClickAgain, bot.DoubleClick, bot.Patience = 0.6, 0.3, 0, nil, new(sale.Share(0.1)), new(2*time.Second)
	scalper := Kind{
		Kind: "scalper", Share: 0.1, Attempts: &Range{2, 4}, ClickAgain: []sale.Outcome{sale.SoldOut, sale.Duplicate}, Clicks: 7,
		Think: Span{5 * time.Millisecond, 10 * time.Millisecond}, Patience: new(time.Duration(0)),
		Resend: Resend{Max: new(4), Backoff: 20 * time.Millisecond, Jitter: 1, Budget: 0.1, New: true},
	}
	if want := (Crowd{honest, bot, scalper}); !reflect.DeepEqual(s.Crowd, want) {
		t.Errorf("read as\n%+v, want\n%+v", s.Crowd, want)
	}
	s, err = loadText(t, "crowd: honest:95%,bot:5%")
	if err != nil || len(s.Crowd) != 2 || s.Crowd[1].Clicks != 5 {
		t.Errorf("the text is read as %+v, %v", s.Crowd, err)
	}
}

func TestCrowdsThatAreNone(t *testing.T) {
	const honest = "crowd:\n  - {kind: honest, share: 50%}\n  - "
	for _, tt := range []struct{ why, text, want string }{
		{"no list", "crowd: {kind: honest}", "line 2: want a list of kinds"},
		{"an empty list", "crowd: []", "line 2: want a kind or more"},
		{"a bad text", "crowd: honest:x", `line 2: honest: "x" is not a share`},
		{"a plain value in the list", honest + "bot", "line 4: want a kind as a map"},
		{"no share", honest + "kind: bot", "line 4: share: want a share"},
		{"no name", honest + "share: 50%", "line 4: kind: want a name"},
		{"a name that no report bears", honest + "{kind: 'a b', share: 50%}", "line 4: kind: want a name"},
		{"the same name", honest + "{kind: honest, share: 50%}", "line 3: there is a kind honest already"},
		{"shares beyond 1", honest + "{kind: bot, share: 51%}", "line 3: the shares of the kinds sum to 1.01, not to 1"},
		{"an unknown field", honest + "kind: bot\n    thinks: 3s", "line 5: unknown field thinks; want some of kind, share,"},
		{"a field twice", honest + "kind: bot\n    clicks: 1\n    clicks: 2", "line 6: clicks is there twice"},
		{"a wrong share", honest + "{kind: bot, share: half}", `line 4: share: "half" is not a share`},
		{"a wrong time", honest + "kind: bot\n    share: 50%\n    think: soon", `line 6: think: "soon" is not a time like 300ms`},
		{"a wrong number", honest + "{kind: bot, share: 50%, clicks: many}", "line 4: clicks: want a whole number, not `many`"},
		{"an unknown outcome", honest + "{kind: bot, share: 50%, click_again: [sold]}", `line 4: click_again: unknown outcome "sold"; known:`},
		{"after what has no after", honest + "{kind: bot, share: 50%, click_again: [dropped]}", "line 4: click_again: a buyer who is dropped"},
		{"clicks after nothing", honest + "{kind: own, share: 50%, clicks: 3}", "line 4: clicks: want click_again as well"},
		{"clicks never", honest + "{kind: own, share: 50%, click_again: [ok]}", "line 4: click_again: want clicks as well"},
		{"too many clicks", honest + "{kind: bot, share: 50%, clicks: 201}", "line 4: clicks: want from 0 to 200"},
		{"no purchase", honest + "{kind: bot, share: 50%, attempts: 0}", "line 4: attempts: a buyer makes from 1 to 200"},
		{"patience that ends before", honest + "{kind: bot, share: 50%, patience: -1s}", "line 4: patience: want a length of time"},
		{"days of thought", honest + "{kind: bot, share: 50%, think: 25h}", "line 4: think: nobody thinks longer"},
		{"no map", honest + "{kind: bot, share: 50%, resend: 3}", "line 4: resend: want a policy as a map"},
		{"a field that is none of a policy", honest + "kind: bot\n    share: 50%\n    resend:\n      tries: 3", "line 7: unknown field tries; want some of max, backoff"},
		{"too many resends", honest + "{kind: bot, share: 50%, resend: {max: 101}}", "line 4: resend max: a request is sent again from 0 to 100 times"},
		{"a backoff that ends before", honest + "{kind: bot, share: 50%, resend: {backoff: -1s}}", "line 4: resend backoff: want a length of time"},
		{"a wrong field of a policy", honest + "kind: bot\n    share: 50%\n    resend:\n      max: 3\n      jitter: lots", `line 8: jitter: "lots" is not a share`},
	} {
		_, err := loadText(t, tt.text)
		if err == nil || !strings.Contains(err.Error(), "s.yaml: "+tt.want) {
			t.Errorf("%s: said %v, want %q", tt.why, err, tt.want)
		}
	}
	s := good(func(s *Spec) { s.Crowd = Crowd{{Kind: "own", Share: 0.5}} })
	if err := s.Prepare(); err == nil || !strings.HasPrefix(err.Error(), "--crowd: the shares") {
		t.Errorf("said %v", err)
	}
	s = good(func(s *Spec) {
		s.Crowd = make(Crowd, maxKinds+1)
	})
	if err := s.Prepare(); err == nil || !strings.HasPrefix(err.Error(), "--crowd: 33 kinds of buyers") {
		t.Errorf("said %v", err)
	}
}

// What a kind does not say, the flags do; as run it is all written out, and reads
// back the same.
func TestFlagsAreTheDefaultsOfKinds(t *testing.T) {
	seller := scriptOf(t, "once")
	base := good(func(s *Spec) {
		arrivals("burst")(s)
		s.Attempts, s.Retries, s.Patience, s.DoubleClick = Range{1, 2}, 3, 4*time.Second, 0.25
		if err := s.Crowd.UnmarshalText([]byte("honest:80%,impatient:15%,bot:5%")); err != nil {
			t.Fatal(err)
		}
		s.Crowd[0].Resend.Max = new(0)
	})
	filled, err := base.Filled(seller)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		attempts    Range
		doubleClick sale.Share
		patience    time.Duration
		max         int
	}{{Range{1, 2}, 0.25, 4 * time.Second, 0}, {Range{1, 2}, 0.25, 3 * time.Second, 3}, {Range{3, 3}, 1, 0, 3}} {
		k := filled.Crowd[i]
		if *k.Attempts != want.attempts || *k.DoubleClick != want.doubleClick || *k.Patience != want.patience || *k.Resend.Max != want.max {
			t.Errorf("%s is filled in as %+v, want %+v", k.Kind, k, want)
		}
	}
	if base.Crowd[1].Attempts != nil {
		t.Error("the spec itself is filled in")
	}
	text, err := filled.YAML()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse(text)
	if err != nil || !reflect.DeepEqual(back.Crowd, filled.Crowd) {
		t.Errorf("%v: read back as\n%+v, want\n%+v", err, back.Crowd, filled.Crowd)
	}
	again, err := back.Filled(seller)
	if err != nil || !reflect.DeepEqual(again.Crowd, filled.Crowd) {
		t.Errorf("%v: filled in once more it is another", err)
	}
}

// A request is sent again only where that is promised something.
func TestCrowdSuitsItsScript(t *testing.T) {
	unsafe := scriptOf(t, "once")
	unsafe.Terms.RetrySafe = sale.RetryNone
	for _, tt := range []struct {
		reason, want string
		change       func(*Spec)
	}{
		{"nobody sends again", "", func(s *Spec) { s.Crowd = Crowd{{Kind: "a", Share: 1}} }},
		{"as another request", "", func(s *Spec) { s.Crowd = Crowd{{Kind: "a", Share: 1, Resend: Resend{Max: new(1), New: true}}} }},
		{"no kind does as the flag says", "", func(s *Spec) { s.Retries = 1; s.Crowd = Crowd{{Kind: "a", Share: 1, Resend: Resend{Max: new(0)}}} }},
		{"the same again", "--crowd: b sends a request again", func(s *Spec) {
			s.Crowd = Crowd{{Kind: "a", Share: 0.5}, {Kind: "b", Share: 0.5, Resend: Resend{Max: new(1)}}}
		}},
		{"as the flag says", "--crowd: a sends a request again", func(s *Spec) { s.Retries = 1; s.Crowd = Crowd{{Kind: "a", Share: 1}} }},
		{"the flag alone", "--retries: the contract of once promises nothing", func(s *Spec) { s.Retries = 1 }},
	} {
		s := good(tt.change)
		if err := s.fill(unsafe); err != nil {
			t.Fatal(err)
		}
		err := s.suits(&unsafe)
		if got := err == nil; got != (tt.want == "") || err != nil && !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: said %v, want %q", tt.reason, err, tt.want)
		}
	}
}

// A crowd is bounded by what a record can number, and connections and memory are
// reckoned for what its kinds do.
func TestCrowdIsBounded(t *testing.T) {
	many := Kind{Kind: "a", Share: 0.5, ClickAgain: []sale.Outcome{sale.OK}, Clicks: 99, Resend: Resend{Max: new(9), New: true}}
	s := good(func(s *Spec) {
		s.Crowd, s.Buyers, s.Conns = Crowd{many, {Kind: "b", Share: 0.5, DoubleClick: new(sale.Share(0.1))}}, new(int64(4)), conn.Dedicated
	})
	if got := s.stride(); got != 1000 {
		t.Errorf("a buyer makes up to %d requests, want 100 clicks with 9 resends each", got)
	}
	if got := s.purchases(); got != 50.5 {
		t.Errorf("in the mean %g purchases, want half of 100 and half of 1", got)
	}
	if got := s.Connections(); got != 8 {
		t.Errorf("%d connections for 4 buyers of whom some click twice", got)
	}
	s.Buyers = new(int64(4_294_967))
	if err := s.Prepare(); err != nil {
		t.Errorf("4,294,967 buyers with 1,000 requests: %v", err)
	}
	s.Buyers = new(int64(4_294_968))
	if err := s.Prepare(); err == nil || !strings.Contains(err.Error(), "up to 1000 purchases are more than the 4294967295") {
		t.Errorf("4,294,968 buyers with 1,000 requests: %v", err)
	}
}

// The page has the habits of the kinds that are built in.
func TestPageHasTheHabits(t *testing.T) {
	page, err := os.ReadFile("CROWD.md")
	if err != nil {
		t.Fatal(err)
	}
	names := append(builtInKinds(), "your own")
	said := map[string]string{}
	rows := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if len(cells) != 5 || !strings.HasPrefix(cells[0], "`") {
			continue
		}
		rows++
		for i, name := range names {
			if cell := cells[1+i]; !strings.HasPrefix(cell, "`--") {
				said[name] += strings.Replace(strings.Trim(cells[0], "`"), "resend.", "  ", 1) + ": " + cell + "\n    "
			}
		}
	}
	if rows != len(kindFields)-3+len(resendFields) { // neither kind nor share, and the policy field by field
		t.Errorf("the table has %d rows", rows)
	}
	for _, name := range names {
		text := strings.Replace(said[name], "  backoff", "resend:\n      backoff", 1)
		s, err := loadText(t, "crowd:\n  - kind: x\n    share: 100%\n    "+text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want, _ := habitual(name)
		if want.Kind, want.Share = "x", 1; !reflect.DeepEqual(s.Crowd[0], want) {
			t.Errorf("by the page %s is\n%+v, want\n%+v", name, s.Crowd[0], want)
		}
	}
}
