package compare

import "math"

// An Answer is what an estimate says beside a limit.
type Answer string

// The answers.
const (
	Regression   Answer = "regression"    // the interval lies beyond the limit
	NoRegression Answer = "no regression" // the interval lies within the limit
	Inconclusive Answer = "inconclusive"  // it straddles the limit, or there is none
)

// Against says whether the variant is worse than the base by more than limit, a
// share from 0 to 1; lower: less of the figure is better. Worse by 5% is a ratio of
// 0.95 where more is better, and of 1.05 where less is.
func (e Estimate) Against(limit float64, lower bool) Answer {
	at := limitRatio(limit, lower)
	switch beyond := e.Excludes(at); {
	case e.Confidence == 0:
		return Inconclusive
	case beyond && (e.Ratio > at) == lower:
		return Regression
	case beyond || lower && e.High == at || !lower && e.Low == at:
		return NoRegression
	}
	return Inconclusive
}

func limitRatio(limit float64, lower bool) float64 {
	if lower {
		return 1 + limit
	}
	return 1 - limit
}

// Enough reports whether the interval is as narrow as asked, a share of the ratio,
// and rests on UntilRounds.
func (e Estimate) Enough(width float64) bool { return e.Rounds >= UntilRounds && e.Width() <= width }

// UntilRounds is the fewest rounds after which the width of an interval may end a
// comparison. To look after each round and to stop when the interval is narrow
// favours rounds that happen to agree, and so intervals that are too narrow; the
// fewer there are, the more. Simulated, an interval of 95% that ended a comparison
// covers in 94%, from six rounds on in 93%.
const UntilRounds = 10

// likely80 is by how much more of its own half width an estimate must lie from a
// limit to be settled in four of five repetitions and not in one of two:
// (z(0.975) + z(0.8)) / z(0.975).
const likely80 = (1.959964 + 0.841621) / 1.959964

// maxMore is the largest number of rounds that More tells: beyond it nobody waits.
const maxMore = 1000

// More is about how many further rounds would decide an estimate that is
// Inconclusive against a limit; 0 where no number of them can be told. With that
// many, four of five comparisons are decided whose true ratio is this one. The
// interval is taken to narrow with the square root of the rounds.
func (e Estimate) More(limit float64, lower bool) int {
	if e.Rounds > 0 && e.Rounds < MinRounds {
		return MinRounds - e.Rounds
	}
	at, end := limitRatio(limit, lower), e.Low
	if e.Ratio < at {
		end = e.High
	}
	half, away := math.Abs(math.Log(end/e.Ratio)), math.Abs(math.Log(at/e.Ratio))
	needed := float64(e.Rounds) * math.Pow(likely80*half/away, 2)
	if more := math.Ceil(needed) - float64(e.Rounds); more > 0 && more <= maxMore {
		return int(more)
	}
	return 0
}
