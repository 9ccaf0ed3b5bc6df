package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A Condition ends a sale early when it has held without a break for as long as
// it says.
type Condition struct {
	// Expr is the condition as written.
	Expr string
	// Quantile, from 0 to 1, is that of the times that must exceed Time; 0: the
	// share of the attempts without a business reply must exceed Share.
	Quantile float64
	Time     time.Duration
	Share    float64
	For      time.Duration
}

// abortQuantiles are the percentiles a condition may be about.
var abortQuantiles = map[string]float64{"p50": .5, "p90": .9, "p99": .99, "p999": .999}

// leastAbort is the least time for which a condition can be asked to hold: what it
// is about are figures of one second.
const leastAbort = time.Second

// ParseAbort reads the conditions of --abort, joined by commas, as in
// p99>1s for 5s, errors>20% for 2s. An empty text holds none.
func ParseAbort(text string) (all []Condition, err error) {
	if text == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		c, err := parseCondition(part)
		if err != nil {
			return nil, fmt.Errorf("--abort %q: %w", part, err)
		}
		all = append(all, c)
	}
	return all, nil
}

func parseCondition(text string) (c Condition, err error) {
	words := strings.Fields(text)
	at := slices.Index(words, "for")
	if at < 0 || at != len(words)-2 {
		return c, errors.New("want what must hold and for how long, as in p99>1s for 5s or errors>20% for 2s")
	}
	figure, limit, found := strings.Cut(strings.Join(words[:at], ""), ">")
	if !found {
		return c, errors.New("want a figure above a limit, as in p99>1s or errors>20%")
	}
	c.Expr = fmt.Sprintf("%s>%s for %s", figure, limit, words[at+1])
	if c.For, err = time.ParseDuration(words[at+1]); err != nil || c.For < leastAbort {
		return c, fmt.Errorf("for %s: want a time of %s or more, like 5s: the figures are those of a second", words[at+1], leastAbort)
	}
	quantile, isTime := abortQuantiles[figure]
	switch {
	case isTime:
		c.Quantile = quantile
		if c.Time, err = time.ParseDuration(limit); err != nil || c.Time <= 0 {
			return c, fmt.Errorf("%s>%s: want a time above 0, like 1s or 250ms", figure, limit)
		}
	case figure == "errors":
		var share sale.Share
		if err := share.UnmarshalText([]byte(limit)); err != nil || share >= 1 {
			return c, fmt.Errorf("errors>%s: want a share from 0 to below 1, like 20%% or 0.2", limit)
		}
		c.Share = float64(share)
	default:
		return c, fmt.Errorf("unknown figure %q; want p50, p90, p99, p999 or errors", figure)
	}
	return c, nil
}

// Aborted ends a sale for which a condition held: it is the cause that the
// context of Run is cancelled with.
type Aborted struct {
	Condition
	// Seen says what was seen last.
	Seen string
}

func (a *Aborted) Error() string { return a.Expr + ": " + a.Seen }
