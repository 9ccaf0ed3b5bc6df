package arrival

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Model is how buyers come, and so what a latency figure may claim.
type Model string

const (
	// Burst: everybody is due when the doors open.
	Burst Model = "burst"
	// Closed: a fixed number of buyers is inside; the next enters when one leaves.
	Closed Model = "closed"
	// Open: buyers come at instants that do not depend on the server.
	Open Model = "open"
)

// A Schedule says when buyers come. Its text is what --arrivals takes: burst,
// admit:RATE, closed:N, closed:N,N…, file:PATH, or stages joined by commas.
type Schedule struct {
	Model Model
	// Admit, of a burst, is how many buyers a second are let in from a waiting room
	// that all of them are in when the doors open; 0: there is none.
	Admit Rate
	// File is where the curve of an open schedule stands that is still to be read,
	// see Follow; empty: there is none, or it has been read.
	File        string
	filePoisson bool
	// Inside is the most buyers inside at once; of a closed schedule only.
	Inside int
	// Turns, of a closed schedule that has several numbers, are the buyers inside
	// at once while one item after the other is sold: item i has number i modulo
	// their count. nil: all items are on sale together.
	Turns []int
	// Stages follow one another; of an open schedule only.
	Stages []Stage
	text   string
}

// A Stage is a stretch of an open schedule whose rate is a straight line.
type Stage struct {
	// From and To are the rates at its two ends, in arrivals per second.
	From, To float64
	// For is how long the stage lasts; 0: for ever, which only the last may.
	For time.Duration
	// Poisson draws the arrivals at random; otherwise they are evenly spread.
	Poisson bool
}

// Far beyond what one process can offer: a typing error, not a plan.
const (
	maxRate  = 1e8
	maxStage = 365 * 24 * time.Hour
)

// UnmarshalText accepts burst, admit:RATE, closed:N, closed:N,N…, file:PATH,
// file-poisson:PATH, and stages constant:RATE[*TIME], poisson:RATE[*TIME],
// ramp:RATE..RATE*TIME, poisson:RATE..RATE*TIME joined by commas.
func (s *Schedule) UnmarshalText(text []byte) error {
	parsed, err := parse(string(text))
	if err != nil {
		return fmt.Errorf("arrivals %q: %w", text, err)
	}
	*s = parsed
	return nil
}

// MarshalText returns the text of String.
func (s Schedule) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String returns the text the schedule was made from. Once a curve has been read
// that is its stages.
func (s Schedule) String() string {
	switch {
	case s.File == "":
		return s.text
	case s.filePoisson:
		return kindFilePoisson + ":" + s.File
	}
	return kindFile + ":" + s.File
}

// Paced reports whether the clock alone says when the next buyer is let in.
func (s *Schedule) Paced() bool { return s.Model == Open || s.Admit > 0 }

// Length is how long arrivals go on; false for ever.
func (s Schedule) Length() (time.Duration, bool) {
	var sum time.Duration
	if s.File != "" {
		return 0, false
	}
	for _, stage := range s.Stages {
		if stage.For == 0 {
			return 0, false
		}
		sum += stage.For
	}
	return sum, s.Model == Open
}

func parse(text string) (Schedule, error) {
	s := Schedule{text: text}
	if text == "burst" {
		s.Model = Burst
		return s, nil
	}
	switch kind, rest, _ := strings.Cut(text, ":"); kind {
	case "closed":
		s.Model = Closed
		return s, s.parseInside(rest)
	case "admit":
		s.Model = Burst
		return s, s.parseAdmit(rest)
	case kindFile, kindFilePoisson:
		s.Model, s.File, s.filePoisson = Open, rest, kind == kindFilePoisson
		if rest == "" {
			return s, errors.New("want the path of a curve, like file:curve.csv")
		}
		return s, nil
	}
	return s, s.parseStages()
}

func (s *Schedule) parseStages() error {
	s.Model = Open
	for part := range strings.SplitSeq(s.text, ",") {
		if n := len(s.Stages); n > 0 && s.Stages[n-1].For == 0 {
			return errors.New("only the last stage may leave its time out")
		}
		stage, err := parseStage(strings.TrimSpace(part))
		if err != nil {
			return err
		}
		s.Stages = append(s.Stages, stage)
	}
	if !slices.ContainsFunc(s.Stages, func(of Stage) bool { return of.From+of.To > 0 }) {
		return errors.New("a rate of 0 all the time sells nothing")
	}
	return nil
}

func (s *Schedule) parseAdmit(text string) error {
	rate, err := parseRate(text)
	if s.Admit = Rate(rate); err == nil && rate == 0 {
		err = errors.New("a waiting room that lets nobody in sells nothing")
	}
	return err
}

func (s *Schedule) parseInside(text string) error {
	for n := range strings.SplitSeq(text, ",") {
		inside, err := strconv.Atoi(n)
		if err != nil || inside < 1 {
			return fmt.Errorf("%q is not a number of buyers, 1 or more", n)
		}
		s.Turns = append(s.Turns, inside)
	}
	s.Inside = slices.Max(s.Turns)
	if len(s.Turns) == 1 {
		s.Turns = nil
	}
	return nil
}

func parseStage(text string) (Stage, error) {
	kind, rest, _ := strings.Cut(text, ":")
	rates, length, timed := strings.Cut(rest, "*")
	stage := Stage{Poisson: kind == "poisson"}
	if timed {
		d, err := time.ParseDuration(length)
		if err != nil || d <= 0 || d > maxStage {
			return stage, fmt.Errorf("%q is not a time like 10s", length)
		}
		stage.For = d
	}
	if stage.Poisson && strings.Contains(rates, "..") {
		kind = "ramp"
	}
	switch kind {
	case "constant", "poisson":
		rate, err := parseRate(rates)
		if err == nil && rate == 0 {
			err = errors.New("a rate of 0 sells nothing")
		}
		stage.From, stage.To = rate, rate
		return stage, err
	case "ramp":
		return parseRamp(stage, rates, timed)
	}
	return stage, fmt.Errorf("unknown kind %q; known: burst, admit:RATE, closed:N, constant:RATE, poisson:RATE, ramp:RATE..RATE*TIME, file:CURVE.csv, RATE as 20000/s", kind)
}

func parseRamp(stage Stage, rates string, timed bool) (Stage, error) {
	from, to, found := strings.Cut(rates, "..")
	if !found || !timed {
		return stage, errors.New("a ramp needs two rates and a time, like ramp:0/s..20000/s*10s")
	}
	var err error
	if stage.From, err = parseRate(from); err != nil {
		return stage, err
	}
	stage.To, err = parseRate(to)
	return stage, err
}

func parseRate(text string) (float64, error) {
	number, found := strings.CutSuffix(text, "/s")
	rate, err := strconv.ParseFloat(number, 64)
	if !found || err != nil || math.IsNaN(rate) || rate < 0 {
		return 0, fmt.Errorf("%q is not a rate like 20000/s", text)
	}
	if rate > maxRate {
		return 0, fmt.Errorf("a rate of %s is beyond %.0f/s", text, maxRate)
	}
	return rate, nil
}
