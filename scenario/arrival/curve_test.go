package arrival

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// follow reads a curve as a schedule has it.
func follow(kind, curve string) (Schedule, error) {
	var s Schedule
	if err := s.UnmarshalText([]byte(kind + ":c.csv")); err != nil {
		return s, err
	}
	return s, s.Follow(strings.NewReader(curve))
}

func TestCurve(t *testing.T) {
	for _, tt := range []struct{ reason, kind, curve, want string }{
		{"a header, and straight lines", "file", "seconds,rate\n0,0\n10,500\n20,500\n30,0\n", "ramp:0/s..500/s*10s,constant:500/s*10s,ramp:500/s..0/s*10s"},
		{"no header, and at random", "file-poisson", "0,0\n1,100\n2,100\n", "poisson:0/s..100/s*1s,poisson:100/s*1s"},
		{"a step is the same time twice", "file", "0,100\n1.5,100\n1.5,900/s\n2,900\n", "constant:100/s*1.5s,constant:900/s*500ms"},
		{"nobody for a while", "file", "0,0\n5,0\n5,10\n6,10\n", "ramp:0/s..0/s*5s,constant:10/s*1s"},
		{"the first time is the opening", "file", "time,rate\n1700000000.000000001,1\n1700000000.000000003,2\n", "ramp:1/s..2/s*2ns"},
		{"instants, of any zone", "file", "timestamp,Rate\n2026-11-11T00:00:00+08:00,1\n2026-11-10T16:00:01.5Z,1\n", "constant:1/s*1.5s"},
		{"a spreadsheet's", "file", "\xef\xbb\xbfseconds,rate\r\n# from the gateway's log\r\n\"0\", 1.25 \r\n\r\n1,1.25\r\n", "constant:1.25/s*1s"},
		{"rates that have no short form", "file", "0,0.1\n0.1,0.30000000000000004\n", "ramp:0.1/s..0.30000000000000004/s*100ms"},
	} {
		s, err := follow(tt.kind, tt.curve)
		if err != nil || s.String() != tt.want || s.Model != Open || s.File != "" {
			t.Errorf("%s: %s, %v, want %s", tt.reason, s, err, tt.want)
			continue
		}
		sum := time.Duration(0)
		for _, stage := range s.Stages {
			sum += stage.For
		}
		if length, ends := s.Length(); length != sum || !ends {
			t.Errorf("%s: lasts %v, %v", tt.reason, length, ends)
		}
	}
}

func TestBadCurves(t *testing.T) {
	for curve, want := range map[string]string{
		"":                                "c.csv: 0 points",
		"seconds,rate\n0,1\n":             "c.csv: 1 points at one time",
		"0,1\n0,2\n":                      "c.csv: 2 points at one time",
		"5,1\n5,2\n":                      "c.csv: 2 points at one time",
		"0,0\n1,0\n":                      "c.csv: a rate of 0 all the time sells nothing",
		"0,1\n1\n":                        "c.csv:2: 1 columns; want two, a time and a rate",
		"0,1\n1,1,1\n":                    "c.csv:2: 3 columns",
		"second,rate\n0,1\n1,1":           `c.csv:1: "second" is not a time`,
		"seconds,rate\nseconds,rate\n1,1": `c.csv:2: "seconds" is not a time`,
		"0,1\n\n\n1e3,1":                  `c.csv:4: "1e3" is not a time: want seconds like 12.5, or an instant`,
		"0,1\n-1,1":                       `"-1" is not a time`,
		"0,1\n1h2,1":                      `"1h2" is not a time`,
		"0,1\n9999999999,1":               `"9999999999" is not a time`,
		"0,1\n1,x":                        `c.csv:2: "x" is not a rate in arrivals a second`,
		"0,1\n1,-1":                       `"-1" is not a rate`,
		"0,1\n1,NaN":                      `"NaN" is not a rate`,
		"0,1\n1,1e9":                      `"1e9" is not a rate in arrivals a second, from 0 to 100000000`,
		"0,1\n2,1\n1,1":                   "c.csv:3: 1 is earlier than the line before it",
		"0,1\n1,1\n1,2\n1,3":              "c.csv:4: 1 is there for the third time",
		"0,1\n99999999,1":                 "c.csv:2: 99999999 is 27777h46m39s after",
		"0,1\n2026-11-11T00:00:00Z,1":     "some times are seconds and others instants",
		"0,1\n\"1,1":                      `c.csv:2: extraneous or missing " in quoted-field`,
		strings.Repeat("0,", 4<<20) + ",": "c.csv is larger than 8 MiB",
	} {
		if _, err := follow("file", curve); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: error %v, want one with %q", curve, err, want)
		}
	}
	var many strings.Builder
	for i := range maxPoints + 1 {
		fmt.Fprintf(&many, "%d,1\n", i)
	}
	if _, err := follow("file", many.String()); err == nil || !strings.Contains(err.Error(), "c.csv:100001: more than 100000 points") {
		t.Errorf("%v", err)
	}
}

// A schedule that names a file is that text until the file has been read, whatever
// the path has in it, and ends at no time that is known.
func TestAFileBeforeItIsRead(t *testing.T) {
	for _, text := range []string{"file:a,b:c.csv", "file-poisson:/x y/c.csv"} {
		s := schedule(t, text)
		if _, ends := s.Length(); s.String() != text || s.Model != Open || ends || !s.Paced() {
			t.Errorf("%s: %+v", text, s)
		}
		s.File = "/abs.csv"
		if want, _, _ := strings.Cut(text, ":"); s.String() != want+":/abs.csv" {
			t.Errorf("with another path the text is %s", s)
		}
	}
}

func TestAdmit(t *testing.T) {
	s := schedule(t, "admit:2.5/s")
	if s.Model != Burst || s.Admit != 2.5 || s.String() != "admit:2.5/s" || !s.Paced() {
		t.Errorf("%+v", s)
	}
	for text, want := range map[string]string{"admit:0/s": "lets nobody in", "admit:5": "not a rate", "admit:5/s*1s": "not a rate", "file:": "want the path"} {
		if err := s.UnmarshalText([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"burst", "closed:2"} {
		if s := schedule(t, text); s.Paced() {
			t.Errorf("%s: the clock alone lets nobody in", text)
		}
	}
}

// Whatever was measured, as many come as the area under the curve says, to one; and
// the text of the schedule is the curve, exactly.
func TestCurvesHoldTheirArea(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var file strings.Builder
		at, area, rate := 0.0, 0.0, rapid.Float64Range(0, 500).Draw(t, "rate")
		fmt.Fprintf(&file, "seconds,rate\n0,%v\n", rate)
		for range rapid.IntRange(1, 8).Draw(t, "points") {
			length, next := float64(rapid.IntRange(1, 3000).Draw(t, "ms"))/1000, rapid.Float64Range(0, 500).Draw(t, "rate")
			at, area, rate = at+length, area+length*(rate+next)/2, next
			fmt.Fprintf(&file, "%.3f,%v\n", at, next)
		}
		s, err := follow("file", file.String())
		if err != nil {
			t.Skip(err) // nothing but zeros
		}
		come := take(s.Times(nil), 1<<20)
		if math.Abs(float64(len(come))-area) > 1 {
			t.Fatalf("%d come under an area of %f", len(come), area)
		}
		back := schedule(t, s.String())
		if got, want := fmt.Sprintf("%#v", back.Stages), fmt.Sprintf("%#v", s.Stages); got != want {
			t.Fatalf("%s is read back as\n%s, want\n%s", s, got, want)
		}
	})
}

// Arrivals at random follow the curve as well: of many seeds the mean of their number
// is the area, and its variance as well.
func TestACurveAtRandom(t *testing.T) {
	s, err := follow("file-poisson", "0,0\n1,200\n2,200\n2,0\n3,0\n3,100\n4,100\n")
	if err != nil {
		t.Fatal(err)
	}
	const seeds, mean = 5000, 400.0
	var sum, squares float64
	for seed := range uint64(seeds) {
		n := 0.0
		for at := range s.Times(source(seed)) {
			if at > 2*time.Second && at < 3*time.Second {
				t.Fatalf("one comes at %v, when nobody does", at)
			}
			n++
		}
		sum, squares = sum+n, squares+(n-mean)*(n-mean)
	}
	if got := sum / seeds; math.Abs(got-mean) > 4*math.Sqrt(mean/seeds) {
		t.Errorf("%.2f come on average, want %v", got, mean)
	}
	if got := squares / seeds; math.Abs(got/mean-1) > 4*math.Sqrt(2.0/seeds) {
		t.Errorf("their number has a variance of %.1f, want %v", got, mean)
	}
}

func FuzzCurve(f *testing.F) {
	f.Add("seconds,rate\n0,1\n1,2\n")
	f.Add("2026-11-11T00:00:00Z,1\n2026-11-11T00:00:01Z,0\n")
	f.Fuzz(func(t *testing.T, curve string) {
		s, err := follow("file-poisson", curve)
		if err != nil {
			return
		}
		if back := schedule(t, s.String()); len(back.Stages) != len(s.Stages) {
			t.Errorf("%q: %s is read back with %d stages", curve, s, len(back.Stages))
		}
		take(s.Times(source(1)), 100)
	})
}
