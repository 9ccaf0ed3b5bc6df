package scenario

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// A Crowd is the kinds of buyers that come; all are alike where there are none.
// Its text is KIND:SHARE joined by commas, of the kinds that are built in.
type Crowd []Kind

// A Kind of buyer: how often he comes, when he clicks again, how long he thinks
// and waits, and how a request is sent again whose answer never came.
type Kind struct {
	// Kind is honest, impatient or bot, whose habits the other fields change, or a
	// name of its own.
	Kind  string     `yaml:"kind"`
	Share sale.Share `yaml:"share"`
	// Attempts is how many purchases he makes, whatever the answers; --attempts if
	// not given.
	Attempts *Range `yaml:"attempts,omitempty"`
	// DoubleClick is the share of the kind that sends each purchase twice at the
	// same time; --double-click if not given.
	DoubleClick *sale.Share `yaml:"double_click,omitempty"`
	// ClickAgain are the outcomes after which he makes the same purchase once more,
	// as a new request; Clicks is how often at most, for each purchase.
	ClickAgain []sale.Outcome `yaml:"click_again"`
	Clicks     int            `yaml:"clicks"`
	// Think is how long he thinks before each click but his first.
	Think Span `yaml:"think"`
	// Patience is how long after an attempt was due he waits for its answer, and for
	// what he would do next; --patience if not given, 0: for ever.
	Patience *time.Duration `yaml:"patience,omitempty"`
	Resend   Resend         `yaml:"resend"`
}

// A Resend is a policy for requests whose answer never came.
type Resend struct {
	// Max is how many times it is sent again; --retries if not given.
	Max *int `yaml:"max,omitempty"`
	// Backoff is how long he waits before the first resend, and twice as long
	// before each further one, up to a minute; Jitter is the share of it that is
	// drawn.
	Backoff time.Duration `yaml:"backoff"`
	Jitter  sale.Share    `yaml:"jitter"`
	// Budget is how many resends all buyers of the kind may make for each request
	// they have made so far; 0: no bound.
	Budget sale.Share `yaml:"budget"`
	// New: a resend of a purchase is a new request, not the same again.
	New bool `yaml:"new"`
}

const (
	// maxKinds is more than anybody can look at beside each other.
	maxKinds = 32
	// maxPause is longer than any sale: what is added to an instant stays one.
	maxPause = 24 * time.Hour
)

// UnmarshalText accepts KIND:SHARE joined by commas.
func (c *Crowd) UnmarshalText(text []byte) error {
	var read Crowd
	for part := range strings.SplitSeq(string(text), ",") {
		name, share, found := strings.Cut(part, ":")
		k, builtIn := habitual(name)
		if !found || !builtIn {
			return fmt.Errorf("%q is not a kind and its share like bot:5%%; the kinds are %s, and a scenario file may have others", part, strings.Join(builtInKinds(), ", "))
		}
		if err := k.Share.UnmarshalText([]byte(share)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		read = append(read, k)
	}
	if err := read.check(); err != nil {
		return err
	}
	*c = read
	return nil
}

// habitual is a kind before its fields are read, and whether it is built in.
// Of the built-in ones CROWD.md has the table.
func habitual(name string) (k Kind, builtIn bool) {
	k = Kind{Kind: name}
	switch name {
	case "honest":
		k.Resend.Backoff, k.Resend.Jitter = 100*time.Millisecond, 0.5
	case "impatient":
		k.ClickAgain, k.Clicks = []sale.Outcome{sale.SoldOut, sale.Refused, sale.NotReady, sale.Failed, sale.Indeterminate}, 3
		k.Think, k.Patience = Span{200 * time.Millisecond, time.Second}, new(3*time.Second)
	case "bot":
		k.Attempts, k.DoubleClick, k.Patience = &Range{3, 3}, new(sale.Share(1)), new(time.Duration(0))
		k.ClickAgain, k.Clicks = []sale.Outcome{sale.SoldOut, sale.Refused, sale.NotReady, sale.Failed, sale.Indeterminate}, 5
		k.Think = Span{10 * time.Millisecond, 50 * time.Millisecond}
	default:
		return k, false
	}
	return k, true
}

func builtInKinds() []string { return []string{"honest", "impatient", "bot"} }

// checkCrowd refuses a crowd that cannot come.
func (s *Spec) checkCrowd() error {
	if len(s.Crowd) == 0 {
		return nil
	}
	if err := s.Crowd.check(); err != nil {
		return fmt.Errorf("--crowd: %w", err)
	}
	return nil
}

// sharesSum is how far from 1 the shares of a whole may sum, for they are decimals
// written by people.
const sharesSum = 1e-6

func (c Crowd) check() error {
	if len(c) > maxKinds {
		return fmt.Errorf("%d kinds of buyers are more than the %d there may be", len(c), maxKinds)
	}
	var sum sale.Share
	for i := range c {
		if err := c[i].check(); err != nil {
			return fmt.Errorf("%s: %w", c[i].Kind, err)
		}
		if slices.ContainsFunc(c[:i], func(other Kind) bool { return other.Kind == c[i].Kind }) {
			return fmt.Errorf("there is a kind %s already", c[i].Kind)
		}
		sum += c[i].Share
	}
	if math.Abs(float64(sum)-1) > sharesSum {
		return fmt.Errorf("the shares of the kinds sum to %.6g, not to 1", float64(sum))
	}
	return nil
}

// kindName keeps names out of the way of every report.
var kindName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,15}$`)

// check refuses habits that nobody has.
func (k *Kind) check() error {
	r := &k.Resend
	for _, bad := range []struct {
		is   bool
		text string
	}{
		{!kindName.MatchString(k.Kind), "kind: want a name of up to 16 small letters, digits, - and _, like scalper"},
		{k.Share <= 0, "share: want a share of the buyers like 5%"},
		{k.Attempts != nil && (k.Attempts.Least < 1 || k.Attempts.Most > maxAttempts), fmt.Sprintf("attempts: a buyer makes from 1 to %d purchases", maxAttempts)},
		{slices.Contains(k.ClickAgain, sale.Dropped), "click_again: a buyer who is dropped has left, or the doors are closed"},
		{k.Clicks < 0 || k.Clicks > maxAttempts, fmt.Sprintf("clicks: want from 0 to %d", maxAttempts)},
		{len(k.ClickAgain) > 0 && k.Clicks == 0, "click_again: want clicks as well, how often at most"},
		{k.Clicks > 0 && len(k.ClickAgain) == 0, "clicks: want click_again as well, after which outcomes"},
		{k.Think.Most > maxPause, fmt.Sprintf("think: nobody thinks longer than %s", maxPause)},
		{k.Patience != nil && (*k.Patience < 0 || *k.Patience > maxPause), fmt.Sprintf("patience: want a length of time up to %s, or 0s for no end", maxPause)},
		{r.Max != nil && (*r.Max < 0 || *r.Max > maxRetries), fmt.Sprintf("resend max: a request is sent again from 0 to %d times", maxRetries)},
		{r.Backoff < 0 || r.Backoff > maxPause, fmt.Sprintf("resend backoff: want a length of time up to %s", maxPause)},
	} {
		if bad.is {
			return errors.New(bad.text)
		}
	}
	return nil
}

// everyone are the kinds of buyers with all that they leave to the flags; where
// all are alike, one without a name.
func (s *Spec) everyone() []Kind {
	all := slices.Clone(s.Crowd)
	if len(all) == 0 {
		all = []Kind{{Share: 1}}
	}
	for i := range all {
		all[i].fill(s)
	}
	return all
}

// fill takes from the flags what the kind does not say.
func (k *Kind) fill(s *Spec) {
	if k.Attempts == nil {
		k.Attempts = new(s.Attempts)
	}
	if k.DoubleClick == nil {
		k.DoubleClick = new(s.DoubleClick)
	}
	if k.Patience == nil {
		k.Patience = new(s.Patience)
	}
	if k.Resend.Max == nil {
		k.Resend.Max = new(s.Retries)
	}
}

// kinds are what every reader of the record needs of the crowd.
func (s *Spec) kinds() sale.Crowd {
	var c sale.Crowd
	for _, k := range s.Crowd {
		c.Seed, c.Kinds = *s.Seed, append(c.Kinds, sale.Kind{Name: k.Kind, Share: k.Share})
	}
	return c
}

// suitsCrowd refuses resends that a strategy promises nothing for.
func (s *Spec) suitsCrowd(strat *strategy.Strategy) error {
	if strat.Terms.RetrySafe != sale.RetryNone {
		return nil
	}
	for _, k := range s.everyone() {
		switch {
		case *k.Resend.Max == 0 || k.Resend.New:
		case len(s.Crowd) == 0:
			return fmt.Errorf("--retries: %s promises nothing for a request that is sent again (retry_safe: none)", promiser(strat))
		default:
			return fmt.Errorf("--crowd: %s sends a request again, and %s promises nothing for that (retry_safe: none); max: 0 does not, and new: true makes it another request", k.Kind, promiser(strat))
		}
	}
	return nil
}

// purchases is how many purchases a buyer makes at most, in the mean of the kinds.
func (s *Spec) purchases() float64 {
	var mean float64
	for _, k := range s.everyone() {
		mean += float64(k.Share) * float64(k.Attempts.Most*int64(1+k.Clicks))
	}
	return mean
}

// stride is how many requests a buyer makes at most.
func (s *Spec) stride() (most int64) {
	for _, k := range s.everyone() {
		most = max(most, int64(k.reach().all()))
	}
	return most
}

// clicksTwice reports whether some buyers click twice at the same time.
func (s *Spec) clicksTwice() bool {
	return slices.ContainsFunc(s.everyone(), func(k Kind) bool { return *k.DoubleClick > 0 })
}
