package report

import (
	"strings"
	"testing"
)

// TestServiceDoesNotRunThroughTheUnanswered: what is shaded lies above the times
// of what was sent, and reaches the ground where those are not known either.
func TestServiceDoesNotRunThroughTheUnanswered(t *testing.T) {
	for _, test := range []struct {
		reason         string
		lost, dropped  float64
		beside, ground bool
	}{
		{"no reply came: neither has a time", .05, 0, false, true},
		{"never sent: there is no service to miss", 0, .05, true, false},
		{"both: service goes on for a while", .01, .05, true, true},
	} {
		q := poisson(20_000, 20_000, 1000)
		q.lostShare, q.droppedShare = test.lost, test.dropped
		s := q.summary(t)
		last := float64(s.response.count() + s.response.missed())
		curve := percentileCurve(s.service, last, curvePoints)
		axis := newTimeAxis(curve)
		service := axis.points(curve)
		a := axis.unanswered(last/float64(s.response.missed()), last, service)
		if len(a.x) != len(a.from)+1 || len(a.to) != len(a.from) || a.x[len(a.x)-1] != last {
			t.Fatalf("%s: %d instants, %d and %d heights", test.reason, len(a.x), len(a.from), len(a.to))
		}
		var beside, ground bool
		for i, floor := range a.from {
			ground = ground || floor == axis.lo
			for _, at := range service {
				if at.X > a.x[0] && at.X == a.x[i] {
					beside = true
					if floor < at.Y && floor != axis.lo {
						t.Errorf("%s: at %g it is shaded from %g, and service is %g", test.reason, at.X, floor, at.Y)
					}
				}
			}
		}
		if beside != test.beside || ground != test.ground {
			t.Errorf("%s: service beside it %v, shaded to the ground %v", test.reason, beside, ground)
		}
		if says := strings.Contains(latencyCaption(s), "attempts that were sent"); says != (test.dropped > 0) {
			t.Errorf("%s: the caption says so: %v", test.reason, says)
		}
	}
}
