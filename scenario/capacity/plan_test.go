package capacity

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func ExampleDemand_Plan() {
	var d Demand
	if err := d.UnmarshalText([]byte("buyers=600000,window=10s,first=0.5,retries=2")); err != nil {
		fmt.Println(err)
		return
	}
	p := d.Plan(Figures{Selling: 60_000, Refusing: 100_000, Stock: 9000, Scale: []ScaleFigure{{1, 60_000}, {2, 111_000}}})
	p.Write(os.Stdout)
	// Output:
	// buyers                     600,000 buyers      given
	// retries                    2                   given
	// attempts a buyer           3                   reckoned: 1 + retries
	// window                     10 s                given
	// share in the first second  0.5                 given
	// peak                       900,000 attempts/s  reckoned: buyers × attempts a buyer × share in the first second
	// headroom                   0.4                 assumed
	// held while selling         60,000 attempts/s   measured
	// usable while selling       36,000 attempts/s   reckoned: held while selling × (1 - headroom)
	// instances while selling    25 instances        reckoned: peak / usable while selling, rounded up
	// held while refusing        100,000 attempts/s  measured
	// usable while refusing      60,000 attempts/s   reckoned: held while refusing × (1 - headroom)
	// instances while refusing   15 instances        reckoned: peak / usable while refusing, rounded up
	// instances                  25 instances        reckoned: the larger of those while selling and while refusing
	// stock                      9,000 sales         given
	// sold out after             0.15 s              reckoned: stock / the lower of peak and held while selling, where it is one item's
	// held by 1                  60,000 attempts/s   measured
	// usable of 1                36,000 attempts/s   reckoned: held by 1 × (1 - headroom)
	// held by 2                  111,000 attempts/s  measured
	// usable of 2                66,600 attempts/s   reckoned: held by 2 × (1 - headroom)
	// - at most 1% of the attempts in the first second are sales: the others ask for no more than refusing does
	// - all attempts of a buyer are counted into the second in which he comes: who comes again later makes the peak lower
	// - each further instance is taken to carry what one did alone; what several carried together is held by them above, and what was not measured is not known
	// - one item lies in one slot, so one instance sells it: more of them serve more items, and an item that is too hot for one needs its stock in buckets
	// - no number of instances that was measured carries the peak of 900,000/s: the best leaves 66,600/s usable
}

func plan(t *testing.T, text string, f Figures) Plan {
	t.Helper()
	var d Demand
	if err := d.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return d.Plan(f)
}

// line is the one of a name.
func (p *Plan) line(name string) Line {
	for _, l := range p.Lines {
		if l.Name == name {
			return l
		}
	}
	return Line{}
}

func (p *Plan) says(part string) bool { return strings.Contains(strings.Join(p.Notes, "\n"), part) }

func TestPlan(t *testing.T) {
	for _, tt := range []struct {
		reason, text string
		f            Figures
		peak         float64
		instances    int
	}{
		{"all is given", "buyers=600000,window=10s,first=0.5,retries=2,headroom=0.4", Figures{Selling: 60_000, Refusing: 100_000}, 900_000, 25},
		{"without first, as many come each second", "buyers=600000,window=10s,retries=2,headroom=0.4", Figures{Selling: 60_000, Refusing: 100_000}, 180_000, 5},
		{"without window", "buyers=600000,first=0.5,headroom=0", Figures{Selling: 60_000, Refusing: 100_000}, 300_000, 5},
		{"retries and headroom are assumed", "buyers=360000,window=10s", Figures{Selling: 60_000, Refusing: 100_000}, 36_000, 1},
		{"one more than fits", "buyers=360001,window=10s", Figures{Selling: 60_000, Refusing: 100_000}, 36_000.1, 2},
		{"refusing is slower", "buyers=360000,window=10s", Figures{Selling: 60_000, Refusing: 30_000}, 36_000, 2},
		{"only selling is known", "buyers=360000,window=10s", Figures{Selling: 30_000}, 36_000, 2},
		{"only refusing is known", "buyers=360000,window=10s", Figures{Refusing: 30_000}, 36_000, 2},
		{"few", "buyers=1,window=10s", Figures{Selling: 30_000}, .1, 1},
		{"nothing held", "buyers=1,window=10s", Figures{}, .1, 0},
	} {
		p := plan(t, tt.text, tt.f)
		if got := p.line("peak").Value; math.Abs(got-tt.peak) > 1e-6 || p.Instances != tt.instances {
			t.Errorf("%s: peak %g, %d instances; want %g, %d", tt.reason, got, p.Instances, tt.peak, tt.instances)
		}
		if p.line("instances").Value != float64(tt.instances) || p.says("there is nothing to plan with") != (tt.instances == 0) {
			t.Errorf("%s: %+v", tt.reason, p)
		}
	}
}

// Each number says where it is from.
func TestPlanSources(t *testing.T) {
	f := Figures{Selling: 60_000, Refusing: 100_000, Scale: []ScaleFigure{{2, 90_000}}}
	estimated := f
	estimated.Estimated = true
	for _, tt := range []struct {
		text  string
		f     Figures
		wants string
	}{
		{"buyers=600000,window=10s,first=0.5,retries=2,headroom=0.3", f, "buyers given, retries given, attempts a buyer reckoned, window given, share in the first second given, peak reckoned, headroom given, " +
			"held while selling measured, usable while selling reckoned, instances while selling reckoned, held while refusing measured, usable while refusing reckoned, instances while refusing reckoned, instances reckoned, " +
			"held by 2 measured, usable of 2 reckoned"},
		{"buyers=600000,window=10s", estimated, "buyers given, retries assumed, attempts a buyer reckoned, window given, share in the first second reckoned, peak reckoned, headroom assumed, " +
			"held while selling estimated, usable while selling reckoned, instances while selling reckoned, held while refusing estimated, usable while refusing reckoned, instances while refusing reckoned, instances reckoned, " +
			"held by 2 estimated, usable of 2 reckoned"},
	} {
		var got []string
		p := plan(t, tt.text, tt.f)
		for _, l := range p.Lines {
			got = append(got, l.Name+" "+string(l.Source))
			if (l.Formula != "") != (l.Source == Reckoned) {
				t.Errorf("%s is %s, by %q", l.Name, l.Source, l.Formula)
			}
		}
		if strings.Join(got, ", ") != tt.wants {
			t.Errorf("%s:\n got %s\nwant %s", tt.text, strings.Join(got, ", "), tt.wants)
		}
		if p.says("estimates") != tt.f.Estimated {
			t.Errorf("%s: %q", tt.text, p.Notes)
		}
	}
}

// What the numbers do not say is said beside them, and only where it applies.
func TestPlanNotes(t *testing.T) {
	both := Figures{Selling: 60_000, Refusing: 100_000}
	with := func(change func(*Figures)) Figures {
		f := both
		change(&f)
		return f
	}
	scale := []ScaleFigure{{4, 200_000}, {1, 60_000}, {2, 111_000}}
	for _, tt := range []struct {
		note string
		on   string
		f    Figures
		off  string
		fOff Figures
	}{
		{"one item lies in one slot", "buyers=1e6,window=10s", both, "buyers=1e5,window=10s", both},
		{"each further instance is taken to carry what", "buyers=1e6,window=10s", both, "buyers=1e5,window=10s", both},
		{"all attempts of a buyer are counted into", "buyers=1e6,window=10s,retries=1", both, "buyers=1e6,window=10s,retries=0", both},
		{"the driver was the bound", "buyers=1,window=1s", with(func(f *Figures) { f.Limited = true }), "buyers=1,window=1s", both},
		{"only one of selling and refusing is known", "buyers=1,window=1s", Figures{Selling: 1}, "buyers=1,window=1s", both},
		{"only one of selling and refusing is known", "buyers=1,window=1s", Figures{Refusing: 1}, "buyers=1,window=1s", both},
		{"at most 10% of the attempts in the first second are sales", "buyers=1e5,window=10s", with(func(f *Figures) { f.Stock = 1000 }), "buyers=1e5,window=10s", with(func(f *Figures) { f.Stock = 10_000 })},
		{"measured alone, one leaves 36,000/s usable, and the peak is 36,000/s", "buyers=3.6e5,window=10s", with(func(f *Figures) { f.Scale = scale }), "buyers=3.7e5,window=10s", with(func(f *Figures) { f.Scale = scale })},
		{"measured together, 2 of them leave 66,600/s usable, and the peak is 60,000/s", "buyers=6e5,window=10s", with(func(f *Figures) { f.Scale = scale }), "buyers=6e5,window=10s", both},
		{"measured together, 4 of them leave 120,000/s usable", "buyers=12e5,window=10s", with(func(f *Figures) { f.Scale = scale }), "buyers=13e5,window=10s", with(func(f *Figures) { f.Scale = scale })},
		{"no number of instances that was measured carries the peak of 130,000/s: the best leaves 120,000/s usable", "buyers=13e5,window=10s", with(func(f *Figures) { f.Scale = scale }), "buyers=13e5,window=10s", both},
	} {
		if p := plan(t, tt.on, tt.f); !p.says(tt.note) {
			t.Errorf("%s: %q is not said: %q", tt.on, tt.note, p.Notes)
		}
		if p := plan(t, tt.off, tt.fOff); p.says(tt.note) {
			t.Errorf("%s: %q is said", tt.off, tt.note)
		}
	}
}

func TestSoldOutAfter(t *testing.T) {
	for _, tt := range []struct {
		text string
		want float64
	}{{"buyers=1e5,window=10s", .1}, {"buyers=1e7,window=10s", 1000.0 / 60_000}} {
		p := plan(t, tt.text, Figures{Selling: 60_000, Refusing: 100_000, Stock: 1000})
		if got := p.line("sold out after").Value; math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: after %g s, want %g s", tt.text, got, tt.want)
		}
	}
}

// The instances carry the peak, and one fewer does not.
func TestInstancesAreJustEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		retries, headroom, first := rapid.Float64Range(0, 10).Draw(t, "retries"), rapid.Float64Range(0, .9).Draw(t, "headroom"), rapid.Float64Range(.01, 1).Draw(t, "first")
		d := Demand{Buyers: rapid.Float64Range(1, 1e8).Draw(t, "buyers"), First: &first, Retries: &retries, Headroom: &headroom}
		f := Figures{Selling: rapid.Float64Range(1, 1e6).Draw(t, "selling"), Refusing: rapid.Float64Range(1, 1e6).Draw(t, "refusing")}
		p := d.Plan(f)
		peak, usable := d.Buyers*(1+retries)*first, min(f.Selling, f.Refusing)*(1-headroom)
		if n := float64(p.Instances); n < 1 || n*usable < peak*(1-1e-6) || (n-1)*usable > peak*(1+1e-6) {
			t.Fatalf("%g instances of %g/s for %g/s", n, usable, peak)
		}
	})
}

func TestFigures(t *testing.T) {
	for _, tt := range []struct {
		line Line
		want string
	}{
		{Line{Value: 1234567.8, Unit: "attempts/s"}, "1,234,568 attempts/s"},
		{Line{Value: 999.6, Unit: "s"}, "1,000 s"},
		{Line{Value: 123.4}, "123"},
		{Line{Value: 12.34}, "12.3"},
		{Line{Value: .5}, "0.5"},
		{Line{Value: .0012345, Unit: "s"}, "0.00123 s"},
		{Line{Value: 100}, "100"},
		{Line{Value: 0}, "0"},
		{Line{Value: 1, Unit: "instances"}, "1 instance"},
		{Line{Value: 1000, Unit: "instances"}, "1,000 instances"},
	} {
		if got := tt.line.Figure(); got != tt.want {
			t.Errorf("%v is written %q, want %q", tt.line, got, tt.want)
		}
	}
}
