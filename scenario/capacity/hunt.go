package capacity

import "math"

// width is how close the highest rate that passed and the lowest that did not
// come, and how far a hunt goes at first: 5%.
const width = 1.05

// A hunt looks for the knee among rates, from start on: up by a factor from the
// highest that passed, down by it from the lowest that did not, and once there
// are both, to the middle between them (in the logarithm) until they are within
// width. A rate is tried once.
type hunt struct {
	least, most float64
	start       float64 // the first rate; 0: it was tried
	low, high   float64 // the highest that passed, the lowest that did not; 0: none
	factor      float64
	// Its strides grow where gallop is set: 1, 1, 2, 4 … times the factor (in the
	// logarithm), to 2. What lies far away is found after a few rates instead of
	// dozens (Bentley and Yao, An almost optimal algorithm for unbounded searching, 1976).
	gallop bool
	moves  int // in one direction
}

// next is the next rate; false: the hunt is over.
func (h *hunt) next() (float64, bool) {
	switch {
	case h.start > 0:
		return h.start, true
	case h.low == 0:
		return max(roundUp(h.high/h.stride()), h.least), h.high > h.least
	case h.high == 0:
		rate := h.low * h.stride()
		if rate >= h.most {
			return h.most, h.low < h.most
		}
		return roundDown(rate), true
	}
	return roundDown(math.Sqrt(h.low * h.high)), h.high > width*h.low*(1+1e-9)
}

// tried says whether the rate that next asked for passed.
func (h *hunt) tried(rate float64, passed bool) {
	h.start = 0
	h.moves++
	if passed {
		h.low = rate
	} else {
		h.high = rate
	}
}

func (h *hunt) stride() float64 {
	if !h.gallop {
		return h.factor
	}
	return min(math.Pow(h.factor, math.Exp2(float64(max(h.moves-2, 0)))), 2)
}

// from is a hunt that begins close to where this one ended, and stays below the
// ceiling, if there is one.
func (h *hunt) from(start, ceiling float64) hunt {
	most := h.most
	if ceiling > 0 {
		most = max(start, roundUp(ceiling/width))
	}
	return hunt{least: h.least, most: most, start: start, factor: width, gallop: true}
}

// maxRates is the most rates that the hunt tries from its start.
func (h *hunt) maxRates() int {
	far := math.Log(max(h.most/h.start, h.start/h.least))
	rates, gap, whole := 1, 0.0, far
	for walk := *h; far > 0; rates++ {
		walk.moves++
		stride := math.Log(walk.stride())
		far -= stride - rounding
		gap = min(stride, whole)
	}
	for gap = gap + rounding; gap > math.Log(width); rates++ {
		gap = gap/2 + rounding
	}
	return rates
}

// rounding is by how much of itself a rate is rounded at most.
const rounding = 0.01

// Rates are rounded to three digits, for who reads them, and towards the rate
// that they were made from, so that a step of width stays one.
func roundDown(rate float64) float64 {
	return round(rate, func(x float64) float64 { return math.Floor(x + 1e-9) })
}

func roundUp(rate float64) float64 {
	return round(rate, func(x float64) float64 { return math.Ceil(x - 1e-9) })
}

func round(rate float64, whole func(float64) float64) float64 {
	power := math.Floor(math.Log10(rate)) - 2
	if power < 0 { // a whole number over one is the closest to what is written
		return whole(rate*math.Pow(10, -power)) / math.Pow(10, -power)
	}
	return whole(rate/math.Pow(10, power)) * math.Pow(10, power)
}
