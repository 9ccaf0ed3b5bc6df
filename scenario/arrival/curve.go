package arrival

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
)

// How arrivals that follow a curve are spread: evenly, or at random.
const (
	kindFile        = "file"
	kindFilePoisson = "file-poisson"
)

// The largest curve: more is no curve that somebody measured.
const (
	maxCurve  = 8 << 20 // bytes
	maxPoints = 100_000
)

// A point is a rate that was measured at an instant from the first of the curve.
type point struct {
	at   time.Duration
	rate float64
}

// Follow reads the curve of a schedule that names a file: lines of a time and a
// rate, in CSV, between which the rate is a straight line. Its text is from then on
// that of the stages, which hold the curve exactly. An error names the file and the
// line.
//
// A time is in seconds, or an instant as RFC 3339 has it; the first of them is when
// the doors open. The same time twice is a step.
func (s *Schedule) Follow(curve io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(curve, maxCurve+1))
	switch {
	case err != nil:
		return fmt.Errorf("reading %s: %w", s.File, err)
	case len(text) > maxCurve:
		return fmt.Errorf("%s is larger than %d MiB, and no curve", s.File, maxCurve>>20)
	}
	points, err := readCurve(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), s.File)
	if err != nil {
		return err
	}
	*s = Schedule{Model: Open, Stages: stagesOf(points, s.filePoisson)}
	var texts []string
	for _, stage := range s.Stages {
		texts = append(texts, stage.String())
	}
	s.text = strings.Join(texts, ",")
	return nil
}

// stagesOf are the straight lines between the points.
func stagesOf(points []point, poisson bool) (stages []Stage) {
	for i, to := range points[1:] {
		if from := points[i]; to.at > from.at {
			stages = append(stages, Stage{From: from.rate, To: to.rate, For: to.at - from.at, Poisson: poisson})
		}
	}
	return stages
}

// String returns the stage as --arrivals takes it.
func (s Stage) String() string {
	kind, rates := "ramp", Rate(s.From).String()+".."+Rate(s.To).String()
	switch same := s.From == s.To && s.From > 0; {
	case same && s.Poisson:
		kind, rates = "poisson", Rate(s.From).String()
	case same:
		kind, rates = "constant", Rate(s.From).String()
	case s.Poisson:
		kind = "poisson"
	}
	if s.For == 0 {
		return kind + ":" + rates
	}
	return kind + ":" + rates + "*" + s.For.String()
}

// readCurve reads the points of a curve, of which there are two or more.
func readCurve(text []byte, file string) ([]point, error) {
	lines := csv.NewReader(bytes.NewReader(text))
	lines.FieldsPerRecord, lines.Comment, lines.TrimLeadingSpace = -1, '#', true
	c := curveReader{}
	for {
		row, err := lines.Read()
		if err == io.EOF {
			break
		}
		line := 0
		if wrong := (*csv.ParseError)(nil); errors.As(err, &wrong) {
			line, err = wrong.Line, wrong.Err
		} else if line, _ = lines.FieldPos(0); err == nil {
			err = c.row(row)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, line, err)
		}
	}
	if len(c.points) < 2 || c.points[len(c.points)-1].at == 0 {
		return nil, fmt.Errorf("%s: %d points at one time are no curve; want two times or more, each with the rate at it", file, len(c.points))
	}
	if !slices.ContainsFunc(stagesOf(c.points, false), func(s Stage) bool { return s.From+s.To > 0 }) {
		return nil, fmt.Errorf("%s: a rate of 0 all the time sells nothing", file)
	}
	return c.points, nil
}

// A curveReader takes one row after the other.
type curveReader struct {
	points []point
	// began: the first row has been read, be it the names of the columns.
	began bool
	// dated: times are instants, of which first is the first; else first is in
	// seconds since whenever they count from.
	dated bool
	first time.Time
}

// names are the columns as a file may call them.
var names = [2][]string{{"seconds", "time", "timestamp"}, {"rate"}}

func (c *curveReader) row(row []string) error {
	if len(row) != 2 {
		return fmt.Errorf("%d columns; want two, a time and a rate", len(row))
	}
	for i := range row {
		row[i] = strings.TrimSpace(row[i])
	}
	if !c.began {
		c.began = true
		if slices.Contains(names[0], strings.ToLower(row[0])) && slices.Contains(names[1], strings.ToLower(row[1])) {
			return nil
		}
	}
	if len(c.points) == maxPoints {
		return fmt.Errorf("more than %d points", maxPoints)
	}
	at, err := c.time(row[0])
	if err != nil {
		return err
	}
	rate, err := parseRate(strings.TrimSuffix(row[1], "/s") + "/s")
	if err != nil {
		return fmt.Errorf("%q is not a rate in arrivals a second, from 0 to %.0f", row[1], maxRate)
	}
	if n := len(c.points); n > 0 {
		switch before := c.points[n-1].at; {
		case at < before:
			return fmt.Errorf("%s is earlier than the line before it; want times in their order", row[0])
		case n > 1 && at == before && at == c.points[n-2].at:
			return fmt.Errorf("%s is there for the third time; a step has two rates at one time", row[0])
		case at-before > maxStage:
			return fmt.Errorf("%s is %s after the line before it", row[0], at-before)
		}
	}
	c.points = append(c.points, point{at, rate})
	return nil
}

// seconds are decimal, and nothing else that a duration may be.
var seconds = regexp.MustCompile(`^\d{1,10}(\.\d+)?$`)

// time is a time of the file, from its first.
func (c *curveReader) time(text string) (time.Duration, error) {
	instant, err := time.Parse(time.RFC3339, text)
	dated := err == nil
	if !dated {
		since, err := time.ParseDuration(text + "s")
		if !seconds.MatchString(text) || err != nil {
			return 0, fmt.Errorf("%q is not a time: want seconds like 12.5, or an instant like 2026-11-11T00:00:00Z (RFC 3339)", text)
		}
		instant = time.Unix(0, int64(since))
	}
	if len(c.points) == 0 {
		c.dated, c.first = dated, instant
	}
	if dated != c.dated {
		return 0, fmt.Errorf("%q: some times are seconds and others instants; want them alike", text)
	}
	return instant.Sub(c.first), nil
}
