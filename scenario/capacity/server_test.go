package capacity

import (
	"math"
	"math/rand/v2"
	"time"
)

// A server says how a step went.
type server func(Step) Result

// search lets a server answer every step, and returns the steps beside the answer.
func search(o Options, of server) (Answer, []taken) {
	s := New(o)
	for step, more := s.Next(); more; step, more = s.Next() {
		s.Record(of(step))
	}
	return s.Answer(), s.taken
}

// holds is a server with a known knee and without noise.
func holds(knee float64) server {
	return func(step Step) Result { return passes(step.Rate <= knee) }
}

func passes(ok bool) Result {
	if ok {
		return Passed
	}
	return Failed
}

// A stalling server stands still now and then. At a load ρ the buyers who come
// during a stall of length D, and while the queue is worked off after it, are late:
// D/(1-ρ) of the time. A step passes when not more than one in a hundred is.
type stalling struct {
	saturation float64 // arrivals per second
	perSecond  float64 // stalls, a Poisson process
	stall      time.Duration
	noise      float64 // of the saturation from step to step, in the logarithm
}

// stalls are such that a step of 2 s at a load of 95% passes 68% of the time, and
// one of 30 s 7%.
var stalls = stalling{saturation: 85_000, perSecond: .193, stall: 6 * time.Millisecond, noise: .05}

const late = .01 // of the attempts

func (m *stalling) answer(rng *rand.Rand) server {
	return func(step Step) Result {
		load := step.Rate / (m.saturation * math.Exp(m.noise*rng.NormFloat64()))
		return passes(m.slow(load, step.Length, poisson(rng, m.perSecond*step.Length.Seconds())) <= late)
	}
}

// slow is the share of a step that is slow after some stalls in it.
func (m *stalling) slow(load float64, length time.Duration, stalls int) float64 {
	if load >= 1 {
		return 1
	}
	return float64(stalls) * m.stall.Seconds() / (1 - load) / length.Seconds()
}

// passing is the probability that a step passes, by the Poisson distribution and
// an integral over the noise.
func (m *stalling) passing(rate float64, length time.Duration) float64 {
	const points = 401
	var sum, weights float64
	for k := range points {
		z := 8 * (float64(k)/(points-1) - .5)
		weight := math.Exp(-z * z / 2)
		weights += weight
		sum += weight * m.passingAt(rate/(m.saturation*math.Exp(m.noise*z)), length)
	}
	return sum / weights
}

func (m *stalling) passingAt(load float64, length time.Duration) float64 {
	mean := m.perSecond * length.Seconds()
	p, sum := math.Exp(-mean), 0.0
	for n := 0; n < 1000 && m.slow(load, length, n) <= late; n++ {
		sum += p
		p *= mean / float64(n+1)
	}
	return sum
}

// rate is the one at which a step passes with a probability.
func (m *stalling) rate(passing float64, length time.Duration) float64 {
	low, high := 0.0, 2*m.saturation
	for high-low > 1e-6*m.saturation {
		if middle := (low + high) / 2; m.passing(middle, length) >= passing {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// poisson draws from the Poisson distribution, by Knuth's product of uniforms.
func poisson(rng *rand.Rand, mean float64) int {
	n := 0
	for p := rng.Float64(); p > math.Exp(-mean); p *= rng.Float64() {
		n++
	}
	return n
}
